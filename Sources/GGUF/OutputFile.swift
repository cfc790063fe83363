#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that is written under a name of its own and takes its place when it is whole.
package final class OutputFile {
    /// Where it will be.
    let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    /// Whether the file took its place or was removed.
    private var settled = false

    private static let bufferBytes = 1 << 20

    /// Whether what is there stays for a later run, unless it takes its place.
    var keepsPartial = false

    /// - Parameter resumeKey: what a later run of the same work is known by; nil: none will go on with it
    package init(beside path: String, resumeKey: String? = nil) throws(GGUFError) {
        self.path = path
        guard !path.isEmpty, !path.utf8.contains(0) else { throw Self.failure(path, "create it", ENOENT) }
        if let resumeKey {
            temporaryPath = "\(path).\(resumeKey).partial"
            descriptor = unsafe open(temporaryPath, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw Self.failure(path, "create it", errno) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                descriptor = -1
                settled = true
                throw .cannotWrite(
                    path: path, item: "the file",
                    reason: "another process is writing it (\(temporaryPath)); wait for that or end it")
            }
            return
        }
        var attempt = 0
        repeat {
            let candidate = "\(path).\(getpid())-\(attempt).part"
            // O_EXCL: neither follow a link nor cut a file that somebody else writes.
            let opened = unsafe open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if opened >= 0 {
                temporaryPath = candidate
                descriptor = opened
                return
            }
            attempt += 1
        } while errno == EEXIST && attempt < 100
        throw Self.failure(path, "create it", errno)
    }

    deinit {
        discard()
    }

    /// Writes the header, unless a former run left it with some tensors.
    ///
    /// - Parameter ends: where each tensor ends, with its padding
    /// - Returns: how many tensors are there already
    func begin(_ header: [UInt8], ends: [Int]) throws(GGUFError) -> Int {
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var whole = 0
        if size >= header.count, startsWith(header) {
            while whole < ends.count, ends[whole] <= size { whole += 1 }
        }
        let kept = whole == 0 ? 0 : ends[whole - 1]
        guard size == 0 || (ftruncate(descriptor, kept) == 0 && lseek(descriptor, kept, SEEK_SET) == kept)
        else { throw Self.failure(path, "go on with it", errno) }
        if whole == 0 { try write(header) }
        return whole
    }

    private func startsWith(_ header: [UInt8]) -> Bool {
        var found = [UInt8](repeating: 0, count: header.count)
        let count = unsafe found.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
        }
        return count == header.count && found == header
    }

    package func write(_ bytes: [UInt8]) throws(GGUFError) {
        try unsafe write(bytes.span.bytes)
    }

    package func write(_ bytes: RawSpan) throws(GGUFError) {
        if buffer.count + bytes.byteCount > Self.bufferBytes { try flush() }
        if bytes.byteCount >= Self.bufferBytes { return try writeNow(bytes) }
        unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    }

    /// Brings everything to the disk and closes the file.
    package func finish() throws(GGUFError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw Self.failure(path, "flush it to disk", errno) }
        let closing = descriptor
        descriptor = -1
        guard close(closing) == 0 else { throw Self.failure(path, "close it", errno) }
    }

    /// Takes the place of what was at ``path``.
    package func rename() throws(GGUFError) {
        guard Self.systemRename(temporaryPath, path) == 0 else {
            throw Self.failure(path, "rename it", errno)
        }
        settled = true
    }

    /// Removes what was written, unless it has taken its place.
    package func discard() {
        if keepsPartial, !settled { try? flush() }
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        if !settled, !keepsPartial { unsafe _ = unlink(temporaryPath) }
        settled = true
    }

    private func flush() throws(GGUFError) {
        var pending: [UInt8] = []
        swap(&pending, &buffer)
        try unsafe writeNow(pending.span.bytes)
        pending.removeAll(keepingCapacity: true)
        swap(&pending, &buffer)
    }

    private func writeNow(_ bytes: RawSpan) throws(GGUFError) {
        var rest = bytes
        while rest.byteCount > 0 {
            // Linux takes at most 2 GiB a call.
            let part = rest.extracting(first: 1 << 30)
            let written = unsafe part.withUnsafeBytes {
                unsafe systemWrite(descriptor, $0.baseAddress, $0.count)
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw Self.failure(path, "write to it", errno)
            }
            rest = rest.extracting(droppingFirst: written)
        }
    }

    private static func failure(_ path: String, _ what: String, _ code: Int32) -> GGUFError {
        .cannotWrite(
            path: path, item: "the file",
            reason: "cannot \(what): \(systemMessage(code)); check the folder, its permissions and free space"
        )
    }

    private static func systemRename(_ old: String, _ new: String) -> Int32 {
        #if canImport(Glibc)
        unsafe Glibc.rename(old, new)
        #elseif canImport(Musl)
        unsafe Musl.rename(old, new)
        #else
        unsafe Darwin.rename(old, new)
        #endif
    }

    private func systemWrite(_ descriptor: Int32, _ base: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
        unsafe Glibc.write(descriptor, base, count)
        #elseif canImport(Musl)
        unsafe Musl.write(descriptor, base, count)
        #else
        unsafe Darwin.write(descriptor, base, count)
        #endif
    }
}
