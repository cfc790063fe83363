/// Puts lines together to messages: a backslash at a line's end goes on in the next one, and lines of
/// only `"""` surround a message of several lines.
package struct MessageAssembler: Sendable {
    private var lines: [String] = []
    private var isQuoted = false

    package init() {}

    /// Whether a message has begun and not ended.
    package var isOpen: Bool { isQuoted || !lines.isEmpty }

    /// The message that ends with this line.
    package mutating func add(_ line: String) -> String? {
        if line.filter({ !$0.isWhitespace }) == "\"\"\"" {
            isQuoted.toggle()
            return isQuoted ? nil : finish()
        }
        if isQuoted {
            lines.append(line)
            return nil
        }
        // Two backslashes are one that ends the line.
        if line.hasSuffix("\\"), !line.hasSuffix("\\\\") {
            lines.append(String(line.dropLast()))
            return nil
        }
        lines.append(line.hasSuffix("\\\\") ? String(line.dropLast()) : line)
        return finish()
    }

    /// What has begun, when no more lines come.
    package mutating func finish() -> String? {
        defer {
            lines = []
            isQuoted = false
        }
        return isOpen ? lines.joined(separator: "\n") : nil
    }
}
