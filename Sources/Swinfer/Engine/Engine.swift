import Compute

/// Runs every generation of a model on a thread of its own, in shared batches.
final class Engine: Sendable {
    enum Work {
        case generation(Generation)
        case open(SessionMemory)
        case close(SessionMemory)
        case task((Scheduler) -> Void)
    }

    private let thread: EngineThread<Work>
    private let executor: Executor
    /// Why contexts of this model cannot be shifted; nil: they can.
    let shiftRefusal: String?
    /// Whether more than the text itself tells what to try ahead.
    let hasDrafter: Bool
    /// What tells a caller's logger and metrics; nil: nobody wants to know.
    let monitor: EngineMonitor?

    init(
        _ executor: Executor, drafter: (any Drafter)? = nil, options: SchedulerOptions,
        monitor: EngineMonitor?
    ) {
        self.executor = executor
        self.monitor = monitor
        shiftRefusal = executor.shiftRefusal
        hasDrafter = drafter != nil
        thread = EngineThread { thread in
            executor.adoptCurrentThread()
            var scheduler: Scheduler? = Scheduler(executor, drafter: drafter, options: options)
            while let work = thread.next(idle: scheduler?.isIdle ?? true) {
                for item in work { scheduler?.take(item) }
                scheduler?.step()
                if let monitor, let scheduler { monitor.update(scheduler.statistics) }
            }
            scheduler = nil
        }
        thread.start()
    }

    deinit { thread.stop() }

    func submit(_ generation: Generation) { thread.enqueue(.generation(generation)) }

    /// The memory of a new session.
    func open() throws -> SessionMemory {
        let memory = SessionMemory(try executor.makeSequence())
        thread.enqueue(.open(memory))
        return memory
    }

    /// The session is gone; others may go on from its text.
    func close(_ memory: SessionMemory) { thread.enqueue(.close(memory)) }

    /// Runs something on the engine's thread, between batches.
    func perform<Result: Sendable>(_ body: @escaping @Sendable (Executor) throws -> Result) async throws
        -> Result
    {
        try await schedule { try body($0.executor) }
    }

    /// Runs something with the scheduler, between batches.
    func schedule<Result: Sendable>(_ body: @escaping @Sendable (Scheduler) throws -> Result) async throws
        -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            thread.enqueue(
                .task { scheduler in
                    continuation.resume(with: Swift.Result { try body(scheduler) })
                })
        }
    }
}
