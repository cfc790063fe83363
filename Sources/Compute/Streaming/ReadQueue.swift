import Glibc

/// Requests that wait for their turn.
@safe
final class ReadQueue: @unchecked Sendable {
    private struct State: ~Copyable {
        var mutex = pthread_mutex_t()
        var work = pthread_cond_t()
        var requests: [FileReader.Request] = []
        var head = 0
        var isStopped = false
    }

    private let state: UnsafeMutablePointer<State>

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: State())
        pthread_mutex_init(&state.pointee.mutex, nil)
        pthread_cond_init(&state.pointee.work, nil)
        state.pointee.requests.reserveCapacity(1024)
    }

    deinit {
        pthread_cond_destroy(&state.pointee.work)
        pthread_mutex_destroy(&state.pointee.mutex)
        state.deinitialize(count: 1)
        state.deallocate()
    }

    var isEmpty: Bool {
        lock()
        defer { unlock() }
        return hasNone
    }

    /// No requests come any more.
    var isStopped: Bool {
        lock()
        defer { unlock() }
        return state.pointee.isStopped
    }

    func append(_ requests: UnsafeBufferPointer<FileReader.Request>) {
        lock()
        defer { unlock() }
        state.pointee.requests.append(contentsOf: requests)
        if requests.count == 1 {
            pthread_cond_signal(&state.pointee.work)
        } else {
            pthread_cond_broadcast(&state.pointee.work)
        }
    }

    func stop() {
        lock()
        defer { unlock() }
        state.pointee.isStopped = true
        pthread_cond_broadcast(&state.pointee.work)
    }

    /// The next request.
    ///
    /// - Parameter waiting: for one to come; nil means then that none comes any more.
    func next(waiting: Bool) -> FileReader.Request? {
        lock()
        defer { unlock() }
        while hasNone {
            if state.pointee.isStopped || !waiting { return nil }
            pthread_cond_wait(&state.pointee.work, &state.pointee.mutex)
        }
        let request = state.pointee.requests[state.pointee.head]
        state.pointee.head += 1
        if hasNone {
            state.pointee.requests.removeAll(keepingCapacity: true)
            state.pointee.head = 0
        }
        return request
    }

    private var hasNone: Bool { state.pointee.head == state.pointee.requests.count }
    private func lock() { pthread_mutex_lock(&state.pointee.mutex) }
    private func unlock() { pthread_mutex_unlock(&state.pointee.mutex) }
}
