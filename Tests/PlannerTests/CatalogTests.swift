import Planner
import Testing
