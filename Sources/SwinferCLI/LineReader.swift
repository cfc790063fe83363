import Glibc

/// Reads a file line by line as it comes, however long it is.
struct LineReader: ~Copyable {
    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []
    /// What was not given out yet begins here, and has no line feed up to `searched`.
    private var start = 0
    private var searched = 0
    private var isAtEnd = false

    /// - Parameter path: a file; nil and `-` are standard input.
    init(path: String?) throws {
        if let path, path != "-" {
            descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            name = path
            guard descriptor >= 0 else {
                throw CommandError("\(path): cannot be read: \(unsafe String(cString: strerror(errno)))")
            }
        } else {
            descriptor = STDIN_FILENO
            name = "standard input"
        }
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// The next line without its end; nil when there is none.
    mutating func next() throws -> [UInt8]? {
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[start..<end]
                start = end + 1
                searched = start
                return Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
            }
            searched = buffer.count
            guard try fill() else {
                let line = Array(buffer[start...])
                start = buffer.count
                return line.isEmpty ? nil : line
            }
        }
    }

    /// Everything that is left.
    mutating func rest() throws -> [UInt8] {
        while try fill() {}
        defer { start = buffer.count }
        return Array(buffer[start...])
    }

    /// Reads on; false at the end.
    private mutating func fill() throws -> Bool {
        guard !isAtEnd else { return false }
        buffer.removeFirst(start)
        searched -= start
        start = 0
        let size = max(1 << 16, buffer.count)
        let count = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: size))
        var got: Int
        repeat {
            got = unsafe buffer.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress?.advanced(by: count), size)
            }
        } while got < 0 && errno == EINTR
        buffer.removeLast(size - max(got, 0))
        guard got >= 0 else {
            throw CommandError("\(name): cannot be read: \(unsafe String(cString: strerror(errno)))")
        }
        isAtEnd = got == 0
        return got > 0
    }
}
