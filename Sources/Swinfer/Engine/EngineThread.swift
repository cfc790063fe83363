import Glibc

/// A thread that takes work in the order in which it comes, and goes on by itself while there is
/// something to do. The thread keeps it alive until it has stopped.
@safe
final class EngineThread<Work>: @unchecked Sendable {
    private var mutex = unsafe pthread_mutex_t()
    private var wake = pthread_cond_t()
    private var queue: [Work] = []
    private var stopping = false
    private let body: (EngineThread<Work>) -> Void

    /// - Parameter body: runs on the thread; it calls `next` until that gives nil.
    init(_ body: @escaping @Sendable (EngineThread<Work>) -> Void) {
        self.body = body
        unsafe pthread_mutex_init(&mutex, nil)
        unsafe pthread_cond_init(&wake, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(&wake)
        unsafe pthread_mutex_destroy(&mutex)
    }

    func start() {
        let box = Box { self.body(self) }
        let argument = unsafe Unmanaged.passRetained(box).toOpaque()
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { raw in
                unsafe Unmanaged<Box>.fromOpaque(raw!).takeRetainedValue().body()
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
    func next(idle: Bool) -> [Work]? {
        unsafe pthread_mutex_lock(&mutex)
        defer { unsafe pthread_mutex_unlock(&mutex) }
        while idle, queue.isEmpty, !stopping { unsafe pthread_cond_wait(&wake, &mutex) }
        if stopping, queue.isEmpty, idle { return nil }
        defer { queue.removeAll(keepingCapacity: true) }
        return queue
    }
}

/// A closure that a C function can be handed.
private final class Box {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
}
