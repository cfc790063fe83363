import Foundation
import Glibc

/// A file that is written piece by piece, with the digest of what it holds.
struct PartFile: Sendable {
    let path: String
    private(set) var length = 0
    private var hash = SHA256()
    private let descriptor: Int32

    /// Opens or makes the file; what is in it is read once for the digest.
    init(path: String) throws {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let got = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            }
            if got < 0 { throw Self.failure(path) }
            if got == 0 { break }
            hash.update(buffer.span.extracting(..<got))
            length += got
        }
    }

    /// Of everything written.
    var digest: String { hash.finish() }

    mutating func append(_ data: Data) throws {
        hash.update(data.span)
        var rest = data[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(length))
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw Self.failure(path)
            }
            rest = rest.dropFirst(written)
            length += written
        }
    }

    /// Back to nothing.
    mutating func clear() throws {
        guard ftruncate(descriptor, 0) == 0 else { throw Self.failure(path) }
        length = 0
        hash = SHA256()
    }

    /// Whether the disk holds what is still to come.
    func checkRoom(for size: Int) throws {
        let folder = (path as NSString).deletingLastPathComponent
        guard let free = Self.freeBytes(folder.isEmpty ? "." : folder), free < size - length else { return }
        throw DownloadError.diskFull(path: path, needed: size - length, free: free)
    }

    func flush() throws {
        if fsync(descriptor) != 0 { throw Self.failure(path) }
        close(descriptor)
    }

    func remove() throws {
        close(descriptor)
        if unsafe unlink(path) != 0 { throw Self.failure(path) }
    }

    func move(to place: String) throws {
        try flush()
        if unsafe rename(path, place) != 0 { throw Self.failure(place) }
    }

    private static func failure(_ path: String) -> DownloadError {
        .cannotWrite(path: path, reason: unsafe String(cString: strerror(errno)))
    }

    /// Bytes of a file; nil when there is none.
    static func size(_ path: String) -> Int? {
        var information = stat()
        return unsafe stat(path, &information) == 0 ? Int(information.st_size) : nil
    }

    /// Bytes that may be written to a folder's file system.
    static func freeBytes(_ folder: String) -> Int? {
        var information = statvfs()
        guard unsafe statvfs(folder, &information) == 0 else { return nil }
        return Int(information.f_bavail) * Int(information.f_frsize)
    }
}

/// What a folder's disk holds.
public enum DiskSpace {
    /// Bytes that may be written there; nil when the folder cannot be asked.
    public static func freeBytes(_ folder: String) -> Int? { PartFile.freeBytes(folder) }
}
