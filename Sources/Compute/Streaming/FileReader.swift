package import GGUF
import Glibc
import Synchronization

/// Large reads of a model's files past the page cache, by a few threads of its own.
///
/// Reads go to the disk directly (O_DIRECT) where the file system can, so that nothing is held
/// twice; where it cannot, they go through the page cache, which is told to forget them.
@safe
package final class FileReader: @unchecked Sendable {
    /// Something that is complete once a number of reads are.
    struct Completion: ~Copyable {
        /// Reads under way.
        let pending = Atomic<Int>(0)
        /// What a read failed with: an errno, `shortRead`, or 0.
        let failure = Atomic<Int>(0)
    }

    /// A failure that has no errno: the file ended early.
    static let shortRead = 1 << 16

    struct Request: BitwiseCopyable {
        var shard: Int
        /// First byte of the file, and how many.
        var offset: Int
        var count: Int
        /// Where the first byte goes: at the same offset within a page as in the file. Bytes before
        /// and after, in the pages that the read touches, are overwritten.
        var target: UnsafeMutableRawPointer
        var completion: UnsafeMutablePointer<Completion>
    }

    /// O_DIRECT, which Glibc shows to GNU programs only; its number differs between CPUs.
    #if arch(arm64) || arch(arm)
    private static let direct: Int32 = 0o200000
    #else
    private static let direct: Int32 = 0o40000
    #endif

    /// Reads and memory are aligned to this.
    static let page = 4096

    /// Room for `count` bytes at any offset within a page, as a read writes it.
    static func room(_ count: Int) -> Int { (count + page - 1) / page * page + page }

    package let file: GGUFFile
    private let descriptors: [Int32]
    private let isDirect: UnsafeMutablePointer<Bool>
    private var threads: [pthread_t] = []
    private let shared: UnsafeMutablePointer<Shared>
    let threadCount: Int
    /// Tests of reads that fail although a file seems unchanged.
    package var isUnchecked = false

    private struct Shared: ~Copyable {
        var mutex = pthread_mutex_t()
        /// Signalled when there are requests, and when one is done that somebody waits for.
        var work = pthread_cond_t()
        var done = pthread_cond_t()
        var queue: [Request] = []
        var head = 0
        var stop = false
        let waiting = Atomic<Int>(0)
        let bytesRead = Atomic<Int>(0)
    }

    /// Threads that keep a disk busy: more bring nothing on the machines measured, see docs/experts.md.
    package static let defaultThreads = 8

    /// - Parameter direct: false: read through the page cache, as on file systems without O_DIRECT.
    /// - Throws: `ComputeError.unreadable` when a file cannot be opened again.
    package init(_ file: GGUFFile, threads count: Int = defaultThreads, direct wanted: Bool = true)
        throws(ComputeError)
    {
        self.file = file
        threadCount = count
        isDirect = .allocate(capacity: file.shards.count)
        shared = .allocate(capacity: 1)
        shared.initialize(to: Shared())
        pthread_mutex_init(&shared.pointee.mutex, nil)
        pthread_cond_init(&shared.pointee.work, nil)
        pthread_cond_init(&shared.pointee.done, nil)
        shared.pointee.queue.reserveCapacity(1024)
        var opened: [Int32] = []
        for shard in file.shards.indices {
            // The same file, even if its name has gone to another since.
            let path = "/proc/self/fd/\(file.fileDescriptor(ofShard: shard))"
            var descriptor = wanted ? open(path, O_RDONLY | O_CLOEXEC | FileReader.direct) : -1
            isDirect[shard] = descriptor >= 0
            if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
            if descriptor < 0 { descriptor = fcntl(file.fileDescriptor(ofShard: shard), F_DUPFD_CLOEXEC, 0) }
            opened.append(descriptor)
        }
        descriptors = opened
        if let bad = opened.firstIndex(of: -1) {
            throw .unreadable(file: file.shardPaths[bad], reason: String(cString: strerror(errno)))
        }
        for _ in 0..<max(1, count) {
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { raw in
                    Unmanaged<FileReader>.fromOpaque(raw!).takeUnretainedValue().main()
                    return nil
                }, Unmanaged.passUnretained(self).toOpaque())
            precondition(status == 0, "cannot start a reading thread: errno \(status)")
            threads.append(thread)
        }
    }

    deinit {
        pthread_mutex_lock(&shared.pointee.mutex)
        shared.pointee.stop = true
        pthread_cond_broadcast(&shared.pointee.work)
        pthread_mutex_unlock(&shared.pointee.mutex)
        for thread in threads { pthread_join(thread, nil) }
        for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
        pthread_cond_destroy(&shared.pointee.work)
        pthread_cond_destroy(&shared.pointee.done)
        pthread_mutex_destroy(&shared.pointee.mutex)
        shared.deinitialize(count: 1)
        shared.deallocate()
        isDirect.deallocate()
    }

    /// Bytes that were asked for and read so far.
    package var bytesRead: Int { shared.pointee.bytesRead.load(ordering: .relaxed) }

    /// Whether nothing waits to be read.
    package var isIdle: Bool {
        pthread_mutex_lock(&shared.pointee.mutex)
        defer { pthread_mutex_unlock(&shared.pointee.mutex) }
        return shared.pointee.head == shared.pointee.queue.count
    }

    /// Puts reads in line. Each completion's count must already include them.
    func submit(_ requests: UnsafeBufferPointer<Request>) {
        if requests.isEmpty { return }
        pthread_mutex_lock(&shared.pointee.mutex)
        shared.pointee.queue.append(contentsOf: requests)
        if requests.count == 1 {
            pthread_cond_signal(&shared.pointee.work)
        } else {
            pthread_cond_broadcast(&shared.pointee.work)
        }
        pthread_mutex_unlock(&shared.pointee.mutex)
    }

    /// Sleeps until `holds` does, which some read's completion or `wakeAll` brings about.
    func wait(until holds: () -> Bool) {
        if holds() { return }
        pthread_mutex_lock(&shared.pointee.mutex)
        shared.pointee.waiting.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !holds() { pthread_cond_wait(&shared.pointee.done, &shared.pointee.mutex) }
        shared.pointee.waiting.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(&shared.pointee.mutex)
    }

    /// Makes everybody who waits look again.
    func wakeAll() {
        if shared.pointee.waiting.load(ordering: .sequentiallyConsistent) == 0 { return }
        pthread_mutex_lock(&shared.pointee.mutex)
        pthread_cond_broadcast(&shared.pointee.done)
        pthread_mutex_unlock(&shared.pointee.mutex)
    }

    /// Reads some bytes now, in parallel, into memory aligned as `Request.target` is.
    func read(shard: Int, offset: Int, count: Int, into target: UnsafeMutableRawPointer)
        throws(ComputeError)
    {
        let piece = 2 << 20
        let completion = UnsafeMutablePointer<Completion>.allocate(capacity: 1)
        completion.initialize(to: Completion())
        defer {
            completion.deinitialize(count: 1)
            completion.deallocate()
        }
        // Cut at page boundaries, so that no read writes over another's pages.
        var requests: [Request] = []
        var start = offset
        while start < offset + count {
            let end = min(offset + count, (start + piece) & ~(FileReader.page - 1))
            requests.append(
                Request(
                    shard: shard, offset: start, count: end - start, target: target + (start - offset),
                    completion: completion))
            start = end
        }
        completion.pointee.pending.store(requests.count, ordering: .relaxed)
        requests.withUnsafeBufferPointer { submit($0) }
        wait { completion.pointee.pending.load(ordering: .sequentiallyConsistent) == 0 }
        let failure = completion.pointee.failure.load(ordering: .relaxed)
        if failure != 0 { throw error(failure, shard: shard) }
    }

    /// Bytes per second of parallel reads of an expert's size, spread over the files.
    ///
    /// - Parameter byteCount: how much to read.
    package func measureBandwidth(byteCount: Int = 192 << 20) throws(ComputeError) -> Double {
        let piece = 1 << 20
        let shard = file.shards.indices.max { file.shards[$0].byteCount < file.shards[$1].byteCount } ?? 0
        let pieces = max(1, min(byteCount, file.shards[shard].byteCount) / piece)
        let places = max(1, file.shards[shard].byteCount / piece)
        let arena = try Arena(byteCount: pieces * piece + FileReader.page)
        let completion = UnsafeMutablePointer<Completion>.allocate(capacity: 1)
        completion.initialize(to: Completion())
        defer {
            completion.deinitialize(count: 1)
            completion.deallocate()
        }
        // Steps that share no factor with most counts: far apart, each once.
        let requests = (0..<pieces).map { index -> Request in
            let place = (index &* 7919) % places
            let count = min(piece, file.shards[shard].byteCount - place * piece)
            return Request(
                shard: shard, offset: place * piece, count: count, target: arena.base + index * piece,
                completion: completion)
        }
        completion.pointee.pending.store(requests.count, ordering: .relaxed)
        let start = ContinuousClock.now
        requests.withUnsafeBufferPointer { submit($0) }
        wait { completion.pointee.pending.load(ordering: .sequentiallyConsistent) == 0 }
        let (seconds, atto) = start.duration(to: ContinuousClock.now).components
        let failure = completion.pointee.failure.load(ordering: .relaxed)
        if failure != 0 { throw error(failure, shard: shard) }
        let total = requests.reduce(0) { $0 + $1.count }
        return Double(total) / max(1e-9, Double(seconds) + Double(atto) * 1e-18)
    }

    func error(_ failure: Int, shard: Int) -> ComputeError {
        .unreadable(
            file: file.shardPaths[shard],
            reason: failure == FileReader.shortRead
                ? "it ends before its weights do" : String(cString: strerror(Int32(failure))))
    }

    /// - Throws: `ComputeError.unreadable` when a file is not as it was when the model was loaded.
    func checkUnchanged() throws(ComputeError) {
        if isUnchecked { return }
        for (index, shard) in file.shards.enumerated() {
            var status = stat()
            guard fstat(descriptors[index], &status) == 0 else {
                throw .unreadable(file: shard.path, reason: String(cString: strerror(errno)))
            }
            guard Int(status.st_size) == shard.byteCount,
                Int(status.st_mtim.tv_sec) == shard.modificationSeconds,
                Int(status.st_mtim.tv_nsec) == shard.modificationNanoseconds
            else {
                throw .unreadable(file: shard.path, reason: "it has changed since it was loaded")
            }
        }
    }

    private func main() {
        while let request = next() {
            let failure = perform(request)
            let completion = request.completion
            if failure != 0 { completion.pointee.failure.store(failure, ordering: .relaxed) }
            shared.pointee.bytesRead.wrappingAdd(request.count, ordering: .relaxed)
            // The memory of the completion may go as soon as nothing is pending.
            let left = completion.pointee.pending.wrappingSubtract(1, ordering: .sequentiallyConsistent)
            if left.newValue == 0 { wakeAll() }
        }
    }

    private func next() -> Request? {
        pthread_mutex_lock(&shared.pointee.mutex)
        defer { pthread_mutex_unlock(&shared.pointee.mutex) }
        while shared.pointee.head == shared.pointee.queue.count {
            if shared.pointee.stop { return nil }
            pthread_cond_wait(&shared.pointee.work, &shared.pointee.mutex)
        }
        let request = shared.pointee.queue[shared.pointee.head]
        shared.pointee.head += 1
        if shared.pointee.head == shared.pointee.queue.count {
            shared.pointee.queue.removeAll(keepingCapacity: true)
            shared.pointee.head = 0
        }
        return request
    }

    /// 0, or why the bytes are not there.
    private func perform(_ request: Request) -> Int {
        let descriptor = descriptors[request.shard]
        if isDirect[request.shard] {
            let start = request.offset & ~(FileReader.page - 1)
            let lead = request.offset - start
            let failure = read(
                descriptor, request.target - lead, start, wanted: lead + request.count,
                whole: (lead + request.count + FileReader.page - 1) & ~(FileReader.page - 1),
                aligned: true)
            if failure != Int(EINVAL) { return failure }
            // The file system opens files for direct reads and then refuses them.
            let flags = fcntl(descriptor, F_GETFL)
            if fcntl(descriptor, F_SETFL, flags & ~FileReader.direct) != 0 { return failure }
            isDirect[request.shard] = false
        }
        let failure = read(
            descriptor, request.target, request.offset, wanted: request.count, whole: request.count,
            aligned: false)
        posix_fadvise(descriptor, request.offset, request.count, Int32(POSIX_FADV_DONTNEED))
        return failure
    }

    /// Reads at least `wanted` bytes in reads of up to `whole`.
    private func read(
        _ descriptor: Int32, _ target: UnsafeMutableRawPointer, _ start: Int, wanted: Int, whole: Int,
        aligned: Bool
    ) -> Int {
        var done = 0
        while done < wanted {
            let got = pread(descriptor, target + done, whole - done, start + done)
            if got < 0 {
                if errno == EINTR { continue }
                return Int(errno)
            }
            if got == 0 { return FileReader.shortRead }
            done += got
            if done < wanted, aligned {
                // A direct read goes on where a page begins.
                let rest = done & (FileReader.page - 1)
                if rest >= got { return FileReader.shortRead }
                done -= rest
            }
        }
        return 0
    }
}
