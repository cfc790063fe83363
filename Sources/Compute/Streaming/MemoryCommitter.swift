import Glibc
import Synchronization

/// Commits an arena's pages in the background, before anything is read into them.
///
/// The kernel zeroes a page when it is first touched, which for an expert costs as much time as the
/// products of a prompt with it. Beside the reads of a model's dense weights it costs nothing.
@safe
final class MemoryCommitter: Sendable {
    private let isStopped = Atomic<Bool>(false)
    private let thread = Mutex<pthread_t?>(nil)

    private static let piece = 16 << 20
    /// MADV_POPULATE_WRITE: leaves what is there as it is. Kernels before 5.14 do not know it.
    private static let populate: Int32 = 23

    init(_ arena: Arena) {
        let started = startThread { [self] in
            for start in stride(from: 0, to: arena.byteCount, by: MemoryCommitter.piece) {
                if isStopped.load(ordering: .relaxed) { return }
                let count = min(MemoryCommitter.piece, arena.byteCount - start)
                if madvise(arena.base + start, count, MemoryCommitter.populate) != 0, errno != EINTR {
                    return
                }
            }
        }
        thread.withLock { $0 = started }
    }

    /// Stops, and waits until it has.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        thread.withLock {
            if let thread = $0 { pthread_join(thread, nil) }
            $0 = nil
        }
    }
}
