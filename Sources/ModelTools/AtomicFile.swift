import Glibc

/// A file that is written under a name of its own and takes its place when it is whole; until then
/// nothing is under its name but what was there before.
final class AtomicFile {
    private let path: String
    private let temporaryPath: String
    private var descriptor: Int32

    init(_ path: String) throws(ToolError) {
        self.path = path
        temporaryPath = "\(path).\(getpid()).part"
        descriptor = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw failure("created") }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unsafe unlink(temporaryPath)
    }

    func write(_ bytes: [UInt8]) throws(ToolError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress! + done, min(1 << 30, bytes.count - done))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("written") }
            done += count
        }
    }

    func finish() throws(ToolError) {
        guard fsync(descriptor) == 0, unsafe rename(temporaryPath, path) == 0 else {
            throw failure("written")
        }
        close(descriptor)
        descriptor = -1
    }

    private func failure(_ what: String) -> ToolError {
        ToolError(
            "\(path): cannot be \(what): \(systemMessage(errno)); check the folder, its permissions and free space"
        )
    }
}
