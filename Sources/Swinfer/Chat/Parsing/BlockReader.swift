import ChatTemplate

/// Why reading a block of calls stopped before its end.
enum BlockStop: Error {
    /// More text decides.
    case incomplete
    /// This is no such block, whatever follows.
    case malformed
}

/// Reads a block of tool calls in a text that is still growing.
///
/// A syntax reads the block from its start each time more text has come, and throws
/// `BlockStop.incomplete` where that ends. What took long to find is remembered, so each byte is
/// looked at about once.
struct BlockReader: Sendable {
    private(set) var bytes: [UInt8]
    private(set) var position = 0
    /// No more text comes.
    var isFinal = false
    let tools: ToolSchemas

    /// Complete calls, in order.
    private(set) var calls: [ToolCall] = []
    /// Where the last of them ends.
    private(set) var committed = 0
    /// How many of them this run has come by.
    private var passed = 0

    /// By where a search began: how far it got, and what it found.
    private var searches: [Int: Int] = [:]
    private var scans: [Int: (scanner: JSONScanner, offset: Int)] = [:]

    init(_ bytes: ArraySlice<UInt8>, tools: ToolSchemas) {
        self.bytes = Array(bytes)
        self.tools = tools
    }

    mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Begins to read from the block's start again.
    mutating func restart() {
        position = 0
        passed = 0
    }

    /// Notes a complete call.
    mutating func emit(_ call: ToolCall) {
        if passed == calls.count {
            calls.append(call)
            committed = position
        }
        passed += 1
    }

    /// Takes back what was read since; calls that were noted stay.
    mutating func back(to position: Int) { self.position = position }

    /// The byte that comes next.
    func peek() throws(BlockStop) -> UInt8 {
        guard position < bytes.count else { throw isFinal ? .malformed : .incomplete }
        return bytes[position]
    }

    /// Whether nothing follows, for certain.
    var isAtEnd: Bool { isFinal && position == bytes.count }

    mutating func skipSpace() {
        while position < bytes.count, bytes[position].isSpace { position += 1 }
    }

    mutating func skipByte() { position += 1 }

    /// Reads exactly this.
    mutating func literal(_ text: String) throws(BlockStop) {
        if try !optional(text) { throw .malformed }
    }

    /// Reads this if it comes next.
    mutating func optional(_ text: String) throws(BlockStop) -> Bool {
        let text = text.utf8
        let available = min(text.count, bytes.count - position)
        guard bytes[position..<position + available].elementsEqual(text.prefix(available)) else {
            return false
        }
        guard available == text.count else {
            if isFinal { return false }
            throw .incomplete
        }
        position += text.count
        return true
    }

    /// The text up to a marker, which is read too.
    mutating func text(until marker: String) throws(BlockStop) -> String {
        let start = position
        let pattern = Array(marker.utf8)
        var offset = searches[start] ?? start
        while offset + pattern.count <= bytes.count {
            if bytes[offset] == pattern[0], bytes[offset..<offset + pattern.count].elementsEqual(pattern) {
                searches[start] = offset
                position = offset + pattern.count
                return String(decoding: bytes[start..<offset], as: UTF8.self)
            }
            offset += 1
        }
        searches[start] = offset
        throw isFinal ? .malformed : .incomplete
    }

    /// All that is left, once nothing follows.
    mutating func rest() throws(BlockStop) -> String {
        guard isFinal else { throw .incomplete }
        defer { position = bytes.count }
        return String(decoding: bytes[position...], as: UTF8.self)
    }

    /// The name of a function or a parameter: without space and what formats are made of.
    mutating func name() throws(BlockStop) -> String {
        let start = position
        while let byte = position < bytes.count ? bytes[position] : nil, byte.isNamePart { position += 1 }
        guard position - start <= 256 else { throw .malformed }
        guard position < bytes.count || isFinal else { throw .incomplete }
        guard position > start else { throw .malformed }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A JSON object or array.
    mutating func json() throws(BlockStop) -> TemplateValue {
        let start = position
        guard try [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(peek()) else { throw .malformed }
        var (scanner, offset) = scans[start] ?? (JSONScanner(), start)
        while case .incomplete = scanner.verdict, offset < bytes.count {
            scanner.read(bytes[offset])
            offset += 1
        }
        scans[start] = (scanner, offset)
        switch scanner.verdict {
        case .invalid: throw .malformed
        case .incomplete: throw isFinal ? .malformed : .incomplete
        case .complete:
            guard let value = try? TemplateValue(jsonBytes: Array(bytes[start..<offset])) else {
                throw .malformed
            }
            position = offset
            return value
        }
    }
}

extension UInt8 {
    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

    /// Letters, digits, `_ - . : /` and everything beyond ASCII.
    var isNamePart: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ":"), UInt8(ascii: "/"), 0x80...:
            true
        default: false
        }
    }
}
