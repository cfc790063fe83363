import ChatTemplate

/// The tokens of Gemma's formats.
struct GemmaTags: Sendable, Equatable {
    var start: String
    var end: String
    /// Around strings, which are not escaped otherwise.
    var quote: String

    static let gemma4 = GemmaTags(start: "<|tool_call>", end: "<tool_call|>", quote: "<|\"|>")
    static let functionGemma = GemmaTags(
        start: "<start_function_call>", end: "<end_function_call>", quote: "<escape>")
}

extension BlockReader {
    /// `<|tool_call>call:f{p:<|"|>text<|"|>,q:1}<tool_call|>`.
    mutating func gemmaCall(_ tags: GemmaTags) throws(BlockStop) {
        try literal(tags.start)
        skipSpace()
        try literal("call:")
        let name = try name()
        skipSpace()
        let arguments = try gemmaObject(tags, depth: 0)
        emit(ToolCall(name: name, arguments: arguments.json))
        let end = position
        skipSpace()
        if try !optional(tags.end) { back(to: end) }
    }

    private mutating func gemmaObject(_ tags: GemmaTags, depth: Int) throws(BlockStop) -> TemplateValue {
        try literal("{")
        skipSpace()
        var object = TemplateObject()
        while try !optional("}") {
            let key = try gemmaKey(tags)
            skipSpace()
            object.entries.append(.init(key: key, value: try gemmaValue(tags, depth: depth + 1)))
            skipSpace()
            if try optional(",") {
                skipSpace()
            } else if try !optional("}") {
                throw .malformed
            } else {
                break
            }
        }
        return .object(object)
    }

    /// A key and its colon.
    private mutating func gemmaKey(_ tags: GemmaTags) throws(BlockStop) -> String {
        if try optional(tags.quote) {
            let key = try text(until: tags.quote)
            skipSpace()
            try literal(":")
            return key
        }
        let start = position
        while try peek() != UInt8(ascii: ":") {
            guard try ![UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "<"), 0x0A].contains(peek()) else {
                throw .malformed
            }
            skipByte()
        }
        defer { skipByte() }
        return String(decoding: bytes[start..<position], as: UTF8.self).trimmed
    }

    private mutating func gemmaValue(_ tags: GemmaTags, depth: Int) throws(BlockStop) -> TemplateValue {
        guard depth < 64 else { throw .malformed }
        if try optional(tags.quote) { return .string(try text(until: tags.quote)) }
        switch try peek() {
        case UInt8(ascii: "{"): return try gemmaObject(tags, depth: depth)
        case UInt8(ascii: "["):
            skipByte()
            skipSpace()
            var items: [TemplateValue] = []
            while try !optional("]") {
                items.append(try gemmaValue(tags, depth: depth + 1))
                skipSpace()
                if try optional(",") {
                    skipSpace()
                } else if try !optional("]") {
                    throw .malformed
                } else {
                    break
                }
            }
            return .array(items)
        default: return try plainValue()
        }
    }
}
