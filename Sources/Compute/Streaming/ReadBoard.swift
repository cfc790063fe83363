import Glibc
import Synchronization

/// Where reads are told done, and where others wait for them.
@safe
final class ReadBoard: @unchecked Sendable {
    private struct State: ~Copyable {
        var mutex = pthread_mutex_t()
        var done = pthread_cond_t()
        let waiting = Atomic<Int>(0)
        let bytesRead = Atomic<Int>(0)
        let underWay = Atomic<Int>(0)
    }

    private let state: UnsafeMutablePointer<State>
    private let hungry = Mutex<(@Sendable () -> Void)?>(nil)

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: State())
        pthread_mutex_init(&state.pointee.mutex, nil)
        pthread_cond_init(&state.pointee.done, nil)
    }

    deinit {
        pthread_cond_destroy(&state.pointee.done)
        pthread_mutex_destroy(&state.pointee.mutex)
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Bytes that were asked for and read so far.
    var bytesRead: Int { state.pointee.bytesRead.load(ordering: .relaxed) }

    /// Requests that have been put in line and have not ended.
    var underWay: Int { state.pointee.underWay.load(ordering: .relaxed) }

    func expect(_ count: Int) { state.pointee.underWay.wrappingAdd(count, ordering: .relaxed) }

    /// A request has come to its end.
    ///
    /// - Parameter failure: an errno, `FileReader.shortRead`, or 0.
    func finish(_ request: FileReader.Request, _ failure: Int) {
        let completion = request.completion
        if failure != 0 { completion.pointee.failure.store(failure, ordering: .relaxed) }
        state.pointee.bytesRead.wrappingAdd(request.count, ordering: .relaxed)
        state.pointee.underWay.wrappingSubtract(1, ordering: .relaxed)
        // The memory of the completion may go as soon as nothing is pending.
        let left = completion.pointee.pending.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        if left.newValue == 0 { wakeAll() }
        hungry.withLock { $0?() }
    }

    /// Names what is called, on a reading thread, after every request that ends; nil: nothing any more,
    /// once this returns.
    func whenOneEnds(_ body: (@Sendable () -> Void)?) { hungry.withLock { $0 = body } }

    /// Sleeps until `holds` does, which some read's completion or `wakeAll` brings about.
    func wait(until holds: () -> Bool) {
        if holds() { return }
        pthread_mutex_lock(&state.pointee.mutex)
        state.pointee.waiting.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !holds() { pthread_cond_wait(&state.pointee.done, &state.pointee.mutex) }
        state.pointee.waiting.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(&state.pointee.mutex)
    }

    /// Makes everybody who waits look again.
    func wakeAll() {
        if state.pointee.waiting.load(ordering: .sequentiallyConsistent) == 0 { return }
        pthread_mutex_lock(&state.pointee.mutex)
        pthread_cond_broadcast(&state.pointee.done)
        pthread_mutex_unlock(&state.pointee.mutex)
    }
}
