import Glibc

enum SmallFile {
    /// The first 256 KiB of a file as text; nil if it cannot be read.
    static func text(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var length = 0
        while length < buffer.count {
            let got = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe read(descriptor, bytes.baseAddress! + length, bytes.count - length)
            }
            if got <= 0 { break }
            length += got
        }
        return String(decoding: buffer[..<length], as: UTF8.self)
    }
}
