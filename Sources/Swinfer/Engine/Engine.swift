import Compute
import Glibc

/// Runs every generation of a model on a thread of its own, in shared batches.
final class Engine: Sendable {
    private let core: EngineCore

    init(_ executor: Executor) {
        core = EngineCore(executor)
        core.start()
    }

    deinit { core.stop() }

    func submit(_ generation: Generation) { core.enqueue(.generation(generation)) }

    func makeSequence() throws -> SequenceCache { try core.executor.makeSequence() }

    /// Runs something on the engine's thread, between batches.
    func perform<Result: Sendable>(_ body: @escaping @Sendable (Executor) throws -> Result) async throws
        -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            core.enqueue(
                .task { executor in
                    continuation.resume(with: Swift.Result { try body(executor) })
                })
        }
    }
}

/// What the engine and its thread share; the thread keeps it alive until it has stopped.
@safe
private final class EngineCore: @unchecked Sendable {
    enum Work {
        case generation(Generation)
        case task((Executor) -> Void)
    }

    let executor: Executor
    private var mutex = unsafe pthread_mutex_t()
    private var wake = pthread_cond_t()
    private var queue: [Work] = []
    private var stopping = false

    init(_ executor: Executor) {
        self.executor = executor
        unsafe pthread_mutex_init(&mutex, nil)
        unsafe pthread_cond_init(&wake, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(&wake)
        unsafe pthread_mutex_destroy(&mutex)
    }

    func start() {
        let argument = unsafe Unmanaged.passRetained(self).toOpaque()
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { raw in
                let core = unsafe Unmanaged<EngineCore>.fromOpaque(raw!).takeRetainedValue()
                core.main()
                return nil
            }, argument)
        precondition(status == 0, "cannot start the engine's thread: errno \(status)")
        pthread_detach(thread)
    }

    func enqueue(_ work: Work) {
        unsafe pthread_mutex_lock(&mutex)
        queue.append(work)
        unsafe pthread_cond_signal(&wake)
        unsafe pthread_mutex_unlock(&mutex)
    }

    func stop() {
        unsafe pthread_mutex_lock(&mutex)
        stopping = true
        unsafe pthread_cond_signal(&wake)
        unsafe pthread_mutex_unlock(&mutex)
    }

    /// New work; waits for some when there is nothing else to do. nil: stop.
    private func next(idle: Bool) -> [Work]? {
        unsafe pthread_mutex_lock(&mutex)
        defer { unsafe pthread_mutex_unlock(&mutex) }
        while idle, queue.isEmpty, !stopping { unsafe pthread_cond_wait(&wake, &mutex) }
        if stopping, queue.isEmpty, idle { return nil }
        defer { queue.removeAll(keepingCapacity: true) }
        return queue
    }

    private func main() {
        executor.adoptCurrentThread()
        var active: [Generation] = []
        while let work = next(idle: active.isEmpty) {
            for item in work {
                switch item {
                case .generation(let generation): active.append(generation)
                case .task(let body): body(executor)
                }
            }
            for generation in active where generation.isCancelled { generation.finish(.cancelled) }
            active.removeAll(where: \.isFinished)
            if !active.isEmpty { step(&active) }
        }
    }

    /// One batch: a token of every generation that is past its prompt, then pieces of prompts
    /// with the room that is left, shared fairly.
    private func step(_ active: inout [Generation]) {
        var room = executor.options.batchLength
        var chosen: [(generation: Generation, count: Int)] = []
        for generation in active where generation.waiting == 1 && room > 0 {
            chosen.append((generation, 1))
            room -= 1
        }
        var reading = active.filter { $0.waiting > 1 }
        while !reading.isEmpty, room > 0 {
            let generation = reading.removeFirst()
            let count = min(generation.waiting, max(1, room / (reading.count + 1)))
            chosen.append((generation, count))
            room -= count
        }
        do {
            try unsafe executor.run(Batch(chosen.map { $0.generation.piece(limit: $0.count) }))
        } catch {
            for (generation, _) in chosen { generation.fail(error) }
            active.removeAll(where: \.isFinished)
            return
        }
        var output = 0
        for (generation, count) in chosen {
            if generation.wantsLogits(after: count) {
                unsafe generation.advance(count, logits: UnsafeBufferPointer(executor.logits(output: output)))
                output += 1
            } else {
                unsafe generation.advance(count, logits: nil)
            }
        }
        // Those that got no room this time go first the next.
        let served = Set(chosen.map { ObjectIdentifier($0.generation) })
        active = active.filter { !served.contains(ObjectIdentifier($0)) } + chosen.map(\.generation)
        active.removeAll(where: \.isFinished)
    }
}
