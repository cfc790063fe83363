#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file open for reading and mapped whole. Closed and unmapped when the last reference goes.
///
/// The mapping is shared with the page cache: nothing is copied. As with any mapped file, the process
/// gets `SIGBUS` when somebody cuts the file short while it is in use.
@safe final class FileMapping: Sendable {
    let path: String
    let fileDescriptor: Int32
    let byteCount: Int
    let identity: GGUFFile.Shard
    private nonisolated(unsafe) let base: UnsafeRawPointer

    init(path: String) throws(GGUFError) {
        // The system reads a path up to its first NUL: that would be another file.
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw .cannotOpen(path: path, operation: "open", code: ENOENT)
        }
        // Without O_NONBLOCK, opening a FIFO waits for a writer, perhaps for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, operation: "open", code: errno) }
        do throws(GGUFError) {
            let status = try Self.examine(descriptor, path: path)
            let size = Int(status.st_size)
            guard let address = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
                unsafe address != MAP_FAILED
            else { throw .cannotOpen(path: path, operation: "map", code: errno) }
            unsafe base = UnsafeRawPointer(address)
            byteCount = size
            fileDescriptor = descriptor
            identity = GGUFFile.Shard(path: path, status: status)
            self.path = path
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount)
        close(fileDescriptor)
    }

    /// The file's bytes, valid while the mapping lives.
    var buffer: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: byteCount) }

    /// The file's bytes.
    var bytes: RawSpan {
        @_lifetime(borrow self) get {
            let span = unsafe RawSpan(_unsafeBytes: buffer)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    private static func examine(_ descriptor: Int32, path: String) throws(GGUFError) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .cannotOpen(path: path, operation: "examine", code: errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .notRegularFile(path: path, kind: "directory")
        case S_IFIFO: throw .notRegularFile(path: path, kind: "FIFO")
        case S_IFSOCK: throw .notRegularFile(path: path, kind: "socket")
        default: throw .notRegularFile(path: path, kind: "device")
        }
        guard status.st_size > 0 else { throw .notGGUF(path: path, found: "an empty file") }
        return status
    }
}

extension GGUFFile.Shard {
    fileprivate init(path: String, status: stat) {
        #if canImport(Darwin)
        let modified = status.st_mtimespec
        #else
        let modified = status.st_mtim
        #endif
        self.init(
            path: path, byteCount: Int(status.st_size), modificationSeconds: Int(modified.tv_sec),
            modificationNanoseconds: Int(modified.tv_nsec), device: UInt64(status.st_dev),
            inode: UInt64(status.st_ino))
    }
}
