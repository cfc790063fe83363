package import GGUF
import Glibc
import Synchronization

/// Large reads of a model's files past the page cache, several at once.
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

    /// Reads and memory are aligned to this.
    static let page = 4096

    /// Room for `count` bytes at any offset within a page, as a read writes it.
    static func room(_ count: Int) -> Int { (count + page - 1) / page * page + page }

    package let file: GGUFFile
    private let files: ReadFiles
    private let board = ReadBoard()
    private let engine: any ReadEngine
    /// Threads or a ring: what `auto` came to.
    package let method: ReadMethod
    /// Tests of reads that fail although a file seems unchanged.
    package var isUnchecked = false

    /// Reads that keep a disk busy: more bring nothing on the machines measured, see docs/experts.md.
    package static let defaultThreads = 8
    static let ringDepth = 32

    /// - Parameters:
    ///   - count: threads, where they read.
    ///   - direct: false: read through the page cache, as on file systems without O_DIRECT.
    ///   - depth: reads under way at once, where the kernel has a ring.
    /// - Throws: `ComputeError.unreadable` when a file cannot be opened again,
    ///   `.invalidConfiguration` when the kernel does not offer the method.
    package init(
        _ file: GGUFFile, method wanted: ReadMethod = .auto, threads count: Int = defaultThreads,
        direct: Bool = true, depth: Int = ringDepth
    ) throws(ComputeError) {
        self.file = file
        files = try ReadFiles(file, direct: direct)
        let wanted = wanted == .auto ? FileReader.named : wanted
        var ring: ReadRing?
        switch wanted {
        case .ring: ring = try ReadRing(files, board, depth: depth)
        case .threads: break
        case .auto:
            // Through the page cache a ring's one thread would copy everything by itself.
            if files.areDirect, FileReader.offersRing {
                ring = try? ReadRing(files, board, depth: depth)
            }
        }
        method = ring == nil ? .threads : .ring
        engine = ring ?? ReadThreads(files, board, count: count)
    }

    deinit { engine.stop() }

    /// The method that SWINFER_READS names, to measure them.
    private static var named: ReadMethod {
        getenv("SWINFER_READS").flatMap { ReadMethod(rawValue: String(cString: $0)) } ?? .auto
    }

    /// Whether this kernel has rings for this process.
    package static var offersRing: Bool { ReadRing.probe() == 0 }

    /// Makes the kernel refuse all further calls for the ring, for tests.
    package func breakRing() { (engine as? ReadRing)?.breakRing() }

    /// Bytes that were asked for and read so far.
    package var bytesRead: Int { board.bytesRead }

    /// Reads that have been put in line and have not ended.
    var underWay: Int { board.underWay }

    /// Names what is called, on a reading thread, after every read that ends; nil: nothing any more,
    /// once this returns.
    func whenOneEnds(_ body: (@Sendable () -> Void)?) { board.whenOneEnds(body) }

    /// Whether nothing waits to be read.
    package var isIdle: Bool { engine.isIdle }

    /// Puts reads in line. Each completion's count must already include them.
    func submit(_ requests: UnsafeBufferPointer<Request>) {
        if requests.isEmpty { return }
        board.expect(requests.count)
        engine.submit(requests)
    }

    func submit(_ requests: [Request]) { requests.withUnsafeBufferPointer { submit($0) } }

    /// Sleeps until `holds` does, which some read's completion or `wakeAll` brings about.
    func wait(until holds: () -> Bool) { board.wait(until: holds) }

    /// Makes everybody who waits look again.
    func wakeAll() { board.wakeAll() }

    /// Reads some bytes now, in parallel, into memory aligned as `Request.target` is.
    func read(shard: Int, offset: Int, count: Int, into target: UnsafeMutableRawPointer)
        throws(ComputeError)
    {
        let piece = 2 << 20
        // Cut at page boundaries, so that no read writes over another's pages.
        var pieces: [(offset: Int, count: Int, target: UnsafeMutableRawPointer)] = []
        var start = offset
        while start < offset + count {
            let end = min(offset + count, (start + piece) & ~(FileReader.page - 1))
            pieces.append((start, end - start, target + (start - offset)))
            start = end
        }
        try readAll(pieces, shard: shard)
    }

    private func readAll(
        _ pieces: [(offset: Int, count: Int, target: UnsafeMutableRawPointer)], shard: Int
    ) throws(ComputeError) {
        let completion = UnsafeMutablePointer<Completion>.allocate(capacity: 1)
        completion.initialize(to: Completion())
        defer {
            completion.deinitialize(count: 1)
            completion.deallocate()
        }
        let requests = pieces.map {
            Request(
                shard: shard, offset: $0.offset, count: $0.count, target: $0.target, completion: completion)
        }
        completion.pointee.pending.store(requests.count, ordering: .relaxed)
        submit(requests)
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
        let size = file.shards[shard].byteCount
        let places = max(1, size / piece)
        let arena = try Arena(byteCount: max(1, min(byteCount, size) / piece) * piece + FileReader.page)
        // Steps that share no factor with most counts: far apart, each once.
        let pieces = (0..<arena.byteCount / piece).map { index in
            let place = (index &* 7919) % places
            return (place * piece, min(piece, size - place * piece), arena.base + index * piece)
        }
        let start = ContinuousClock.now
        try readAll(pieces, shard: shard)
        let (seconds, atto) = start.duration(to: ContinuousClock.now).components
        return Double(pieces.reduce(0) { $0 + $1.1 }) / max(1e-9, Double(seconds) + Double(atto) * 1e-18)
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
            guard fstat(files.descriptors[index], &status) == 0 else {
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
}
