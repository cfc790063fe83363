import Glibc
import Synchronization

/// Writes to the standard streams.
enum Terminal {
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    static let inputIsTerminal = isatty(STDIN_FILENO) == 1

    /// Text to standard output, at once.
    ///
    /// - Throws: `OutputError` when the reader has gone or the disk is full.
    static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) throws {
        try write(bytes: Array(text.utf8), to: descriptor)
    }

    /// Bytes to standard output, at once.
    static func write(bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) throws {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if written < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw OutputError(code: errno)
            }
            bytes = bytes.dropFirst(written)
        }
    }

    /// A line to standard error; what cannot be told is not worth failing for.
    static func note(_ text: String) { try? write(text + "\n", to: STDERR_FILENO) }
}

struct OutputError: Error, CustomStringConvertible {
    let code: Int32
    var description: String { unsafe "cannot write the output: \(String(cString: strerror(code)))" }
}

/// A bar on standard error, when that is a terminal.
final class ProgressBar: Sendable {
    private let label: String
    private let shown = Mutex(-1)

    init(_ label: String) { self.label = label }

    /// - Parameter fraction: how far it is, 0...1.
    func update(_ fraction: Double) {
        guard Terminal.errorIsTerminal else { return }
        let percent = Int(fraction * 100)
        shown.withLock { last in
            guard percent != last else { return }
            last = percent
            let filled = percent * 30 / 100
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
            try? Terminal.write("\r\(label) [\(bar)] \(percent) %", to: STDERR_FILENO)
        }
    }

    /// Clears the line.
    func finish() {
        shown.withLock { last in
            if last >= 0 { try? Terminal.write("\r\u{1B}[2K", to: STDERR_FILENO) }
            last = -1
        }
    }
}
