import GGUF
import Glibc

/// A model's files, opened to be read past the page cache where their file systems can.
@safe
final class ReadFiles: @unchecked Sendable {
    /// O_DIRECT, which Glibc shows to GNU programs only; its number differs between CPUs.
    #if arch(arm64) || arch(arm)
    private static let direct: Int32 = 0o200000
    #else
    private static let direct: Int32 = 0o40000
    #endif

    let descriptors: [Int32]
    private let isDirect: UnsafeMutablePointer<Bool>

    /// - Parameter wanted: false: read through the page cache.
    /// - Throws: `ComputeError.unreadable` when a file cannot be opened again.
    init(_ file: GGUFFile, direct wanted: Bool) throws(ComputeError) {
        isDirect = .allocate(capacity: file.shards.count)
        var opened: [Int32] = []
        for shard in file.shards.indices {
            // The same file, even if its name has gone to another since.
            let path = "/proc/self/fd/\(file.fileDescriptor(ofShard: shard))"
            var descriptor = wanted ? open(path, O_RDONLY | O_CLOEXEC | ReadFiles.direct) : -1
            isDirect[shard] = descriptor >= 0
            if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
            if descriptor < 0 { descriptor = fcntl(file.fileDescriptor(ofShard: shard), F_DUPFD_CLOEXEC, 0) }
            opened.append(descriptor)
        }
        descriptors = opened
        if let bad = opened.firstIndex(of: -1) {
            throw .unreadable(file: file.shardPaths[bad], reason: String(cString: strerror(errno)))
        }
    }

    deinit {
        for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
        isDirect.deallocate()
    }

    /// Whether all files are read past the page cache.
    var areDirect: Bool { descriptors.indices.allSatisfy { isDirect[$0] } }

    func begin(_ request: FileReader.Request) -> OngoingRead {
        OngoingRead(request, direct: isDirect[request.shard])
    }

    /// Takes the kernel's answer to a read.
    ///
    /// - Parameter result: bytes, or a negative errno.
    /// - Returns: nil: there is more to ask for; else 0, or why the bytes are not there.
    func step(_ read: inout OngoingRead, _ result: Int) -> Int? {
        switch read.take(result) {
        case .goesOn: return nil
        case .refusedDirect:
            guard giveUpDirect(read.request.shard) else { return Int(EINVAL) }
            read = begin(read.request)
            return nil
        case .ended(let failure):
            if !read.isDirect {
                posix_fadvise(
                    descriptors[read.request.shard], read.request.offset, read.request.count,
                    Int32(POSIX_FADV_DONTNEED))
            }
            return failure
        }
    }

    private func giveUpDirect(_ shard: Int) -> Bool {
        let flags = fcntl(descriptors[shard], F_GETFL)
        if fcntl(descriptors[shard], F_SETFL, flags & ~ReadFiles.direct) != 0 { return false }
        isDirect[shard] = false
        return true
    }

    /// Reads here and now.
    ///
    /// - Returns: 0, or why the bytes are not there.
    func perform(_ request: FileReader.Request) -> Int {
        var read = begin(request)
        while true {
            let got = pread(descriptors[request.shard], read.address, read.count, read.offset)
            if let failure = step(&read, got < 0 ? -Int(errno) : got) { return failure }
        }
    }
}
