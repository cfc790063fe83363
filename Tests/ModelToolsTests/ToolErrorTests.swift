import ModelTools
import Testing

@Test func anErrorIsItsText() { #expect("\(ToolError("a: b; c"))" == "a: b; c") }
