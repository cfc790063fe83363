import CURing
import Glibc
import Synchronization

/// Reads through an io_uring, by one thread that hands the kernel a bounded number of them at once.
///
/// Where the kernel stops taking reads, the thread performs what is left itself.
@safe
final class ReadRing: ReadEngine, @unchecked Sendable {
    private let queue = ReadQueue()
    private let loop: Loop
    private var thread: pthread_t?

    /// - Parameter depth: reads that the kernel has at once.
    /// - Throws: `ComputeError.invalidConfiguration` where the kernel offers no io_uring.
    init(_ files: ReadFiles, _ board: ReadBoard, depth: Int) throws(ComputeError) {
        loop = try Loop(files, board, queue, depth: depth)
        thread = startThread { [loop] in loop.run() }
    }

    /// The errno with which the kernel refuses rings (ENOSYS, EPERM), ENOTSUP where it knows none of
    /// the operations that are needed, or 0.
    static func probe() -> Int32 {
        var ring = io_uring()
        let status = io_uring_queue_init(2, &ring, 0)
        if status != 0 { return -status }
        defer { io_uring_queue_exit(&ring) }
        guard let known = io_uring_get_probe_ring(&ring) else { return ENOTSUP }
        defer { io_uring_free_probe(known) }
        let needed = [IORING_OP_READ, IORING_OP_POLL_ADD]
        return needed.allSatisfy { io_uring_opcode_supported(known, Int32($0.rawValue)) != 0 } ? 0 : ENOTSUP
    }

    /// What the kernel has beyond what a few threads would read waits for its turn, too.
    var isIdle: Bool { queue.isEmpty && loop.underWay.load(ordering: .relaxed) <= FileReader.defaultThreads }

    func submit(_ requests: UnsafeBufferPointer<FileReader.Request>) {
        queue.append(requests)
        loop.wake()
    }

    func stop() {
        queue.stop()
        loop.wake()
        if let thread { pthread_join(thread, nil) }
        thread = nil
    }

    /// Makes the kernel refuse all further calls for the ring, for tests.
    func breakRing() { loop.breakRing() }
}

extension ReadRing {
    /// What the thread does; nobody else touches the ring.
    @safe
    private final class Loop: @unchecked Sendable {
        private let files: ReadFiles
        private let board: ReadBoard
        private let queue: ReadQueue
        private let ring: UnsafeMutablePointer<io_uring>
        /// Counts calls of `wake`; the ring polls it.
        private let bell: Int32
        private let bellTag = UInt64.max
        /// Reads under way, and the places that are free.
        private var reads: [OngoingRead?]
        private var free: [Int]
        /// Places that are not free.
        let underWay = Atomic<Int>(0)
        /// What the kernel has not taken from the ring yet, in order: places, and -1 for the bell.
        private var prepared: [Int] = []

        init(_ files: ReadFiles, _ board: ReadBoard, _ queue: ReadQueue, depth: Int) throws(ComputeError) {
            // Before anything is stored: then a refusal does not run `deinit`.
            let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
            ring.initialize(to: io_uring())
            // One more, for the bell.
            let status = io_uring_queue_init(UInt32(depth + 1), ring, 0)
            let bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
            if status != 0 || bell < 0 {
                let failure = status != 0 ? -status : errno
                if status == 0 { io_uring_queue_exit(ring) }
                if bell >= 0 { close(bell) }
                ring.deallocate()
                throw .invalidConfiguration(
                    "this system offers no io_uring (\(String(cString: strerror(failure)))); read with threads"
                )
            }
            self.ring = ring
            self.bell = bell
            self.files = files
            self.board = board
            self.queue = queue
            reads = Array(repeating: nil, count: depth)
            free = Array((0..<depth).reversed())
        }

        deinit {
            io_uring_queue_exit(ring)
            close(bell)
            ring.deallocate()
        }

        func wake() { eventfd_write(bell, 1) }

        func breakRing() {
            let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
            dup2(null, ring.pointee.ring_fd)
            close(null)
        }

        func run() {
            listen()
            while true {
                while !free.isEmpty, let request = queue.next(waiting: false) { begin(request) }
                if free.count == reads.count, queue.isStopped, queue.isEmpty { return }
                let status = io_uring_submit_and_wait(ring, 1)
                if status >= 0 || takesMoreLater(-status) {
                    if status >= 0 {
                        prepared.removeFirst(min(prepared.count, Int(status)))
                    } else {
                        usleep(200)
                    }
                    while let (tag, result) = answer() { take(tag, result) }
                } else {
                    return runWithoutRing()
                }
            }
        }

        private func takesMoreLater(_ failure: Int32) -> Bool {
            [EINTR, EAGAIN, EBUSY, ENOMEM].contains(failure)
        }

        /// Asks to be told when the bell rings.
        private func listen() {
            guard let entry = io_uring_get_sqe(ring) else { return }
            io_uring_prep_poll_add(entry, bell, UInt32(POLLIN))
            io_uring_sqe_set_data64(entry, bellTag)
            prepared.append(-1)
        }

        private func begin(_ request: FileReader.Request) {
            guard let place = free.popLast() else { return }
            reads[place] = files.begin(request)
            underWay.wrappingAdd(1, ordering: .relaxed)
            prepare(place)
        }

        private func prepare(_ place: Int) {
            guard let read = reads[place], let entry = io_uring_get_sqe(ring) else { return }
            io_uring_prep_read(
                entry, files.descriptors[read.request.shard], read.address, UInt32(read.count),
                UInt64(read.offset))
            io_uring_sqe_set_data64(entry, UInt64(place))
            prepared.append(place)
        }

        /// The kernel's next answer, if there is one.
        private func answer() -> (tag: UInt64, result: Int)? {
            var entry: UnsafeMutablePointer<io_uring_cqe>?
            guard io_uring_peek_cqe(ring, &entry) == 0, let entry else { return nil }
            defer { io_uring_cqe_seen(ring, entry) }
            return (entry.pointee.user_data, Int(entry.pointee.res))
        }

        private func take(_ tag: UInt64, _ result: Int) {
            if tag == bellTag {
                var count: eventfd_t = 0
                eventfd_read(bell, &count)
                listen()
            } else if finish(Int(tag), result) {
                prepare(Int(tag))
            }
        }

        /// - Returns: whether there is more to read.
        private func finish(_ place: Int, _ result: Int) -> Bool {
            guard var read = reads[place] else { return false }
            let failure = files.step(&read, result)
            reads[place] = read
            guard let failure else { return true }
            end(place, read, failure)
            return false
        }

        /// The kernel takes no more: what it has comes to its end, and the rest is read here.
        private func runWithoutRing() {
            for place in prepared where place >= 0 { performHere(place) }
            while free.count < reads.count {
                guard let (tag, result) = answer() else {
                    usleep(1000)
                    continue
                }
                if tag != bellTag, finish(Int(tag), result) { performHere(Int(tag)) }
            }
            while let request = queue.next(waiting: true) { board.finish(request, files.perform(request)) }
        }

        private func performHere(_ place: Int) {
            guard let read = reads[place] else { return }
            end(place, read, files.perform(read.request))
        }

        private func end(_ place: Int, _ read: OngoingRead, _ failure: Int) {
            reads[place] = nil
            free.append(place)
            underWay.wrappingSubtract(1, ordering: .relaxed)
            board.finish(read.request, failure)
        }
    }
}
