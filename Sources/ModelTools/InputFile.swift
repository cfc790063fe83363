import Glibc

/// A file that is read at offsets, each checked against its size.
final class InputFile: Sendable {
    let path: String
    let byteCount: Int
    private let descriptor: Int32

    init(_ path: String) throws(ToolError) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ToolError(
                "\(path): cannot be opened: \(systemMessage(errno)); check the name and its permissions")
        }
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            byteCount = 0
            throw ToolError("\(path): is no regular file; name a file")
        }
        byteCount = Int(facts.st_size)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Bytes at an offset.
    ///
    /// - Throws: ``ToolError`` when the file ends before, or cannot be read.
    func read(at offset: Int, count: Int) throws(ToolError) -> [UInt8] {
        guard offset >= 0, count >= 0, count <= byteCount - offset else {
            throw ToolError(
                "\(path): ends at byte \(byteCount), \(count) bytes are expected at \(offset); get it again")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress! + done, count - done, off_t(offset + done))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                throw ToolError("\(path): cannot be read at byte \(offset + done); check the disk")
            }
            done += got
        }
        return bytes
    }

    func integer<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type) throws(ToolError)
        -> Integer
    {
        let bytes = try read(at: offset, count: MemoryLayout<Integer>.size)
        return bytes.reversed().reduce(Integer.zero) { $0 << 8 | Integer(truncatingIfNeeded: $1) }
    }
}

/// A system error's text.
func systemMessage(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
