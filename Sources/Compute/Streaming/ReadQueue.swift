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

    var isEmpty: Bool { locked { $0.head == $0.requests.count } }

    /// No requests come any more.
    var isStopped: Bool { locked { $0.isStopped } }

    func append(_ requests: UnsafeBufferPointer<FileReader.Request>) {
        locked {
            $0.requests.append(contentsOf: requests)
            if requests.count == 1 { pthread_cond_signal(&$0.work) } else { pthread_cond_broadcast(&$0.work) }
        }
    }

    func stop() {
        locked {
            $0.isStopped = true
            pthread_cond_broadcast(&$0.work)
        }
    }

    /// The next request.
    ///
    /// - Parameter waiting: for one to come; nil means then that none comes any more.
    func next(waiting: Bool) -> FileReader.Request? {
        locked {
            while $0.head == $0.requests.count {
                if $0.isStopped || !waiting { return nil }
                pthread_cond_wait(&$0.work, &$0.mutex)
            }
            let request = $0.requests[$0.head]
            $0.head += 1
            if $0.head == $0.requests.count {
                $0.requests.removeAll(keepingCapacity: true)
                $0.head = 0
            }
            return request
        }
    }

    private func locked<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(&state.pointee.mutex)
        defer { pthread_mutex_unlock(&state.pointee.mutex) }
        return body(&state.pointee)
    }
}
