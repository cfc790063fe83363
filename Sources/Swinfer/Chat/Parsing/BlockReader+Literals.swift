import ChatTemplate

/// How values are written in a language's own syntax.
enum LiteralSyntax {
    case python
    /// Bare names, and strings between quotes of several characters, in which nothing is escaped.
    case gemma(quote: String)
}

extension BlockReader {
    mutating func literalValue(_ syntax: LiteralSyntax, depth: Int) throws(BlockStop) -> TemplateValue {
        guard depth < 64 else { throw .malformed }
        if let text = try literalString(syntax) { return .string(text) }
        switch (try peek(), syntax) {
        case (UInt8(ascii: "{"), _): return try literalObject(syntax, depth: depth)
        case (UInt8(ascii: "["), _): return try literalArray("[", "]", syntax, depth)
        case (UInt8(ascii: "("), .python): return try literalArray("(", ")", syntax, depth)
        default: return try plainValue()
        }
    }

    mutating func literalObject(_ syntax: LiteralSyntax, depth: Int) throws(BlockStop) -> TemplateValue {
        var object = TemplateObject()
        try items("{", "}") { reader throws(BlockStop) in
            let key = try reader.literalKey(syntax)
            reader.skipSpace()
            object.entries.append(.init(key: key, value: try reader.literalValue(syntax, depth: depth + 1)))
        }
        return .object(object)
    }

    private mutating func literalArray(
        _ open: String, _ close: String, _ syntax: LiteralSyntax, _ depth: Int
    ) throws(BlockStop) -> TemplateValue {
        var values: [TemplateValue] = []
        try items(open, close) { reader throws(BlockStop) in
            values.append(try reader.literalValue(syntax, depth: depth + 1))
        }
        return .array(values)
    }

    /// nil: what comes next is no string.
    private mutating func literalString(_ syntax: LiteralSyntax) throws(BlockStop) -> String? {
        switch syntax {
        case .gemma(let quote): return try optional(quote) ? text(until: quote) : nil
        case .python:
            let byte = try peek()
            return try byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") ? pythonString() : nil
        }
    }

    /// A key and its colon.
    private mutating func literalKey(_ syntax: LiteralSyntax) throws(BlockStop) -> String {
        if let key = try literalString(syntax) {
            skipSpace()
            try literal(":")
            return key
        }
        guard case .gemma = syntax else { throw .malformed }
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

    /// Items between brackets, with commas between them and maybe one behind the last.
    mutating func items(
        _ open: String, _ close: String, _ item: (inout BlockReader) throws(BlockStop) -> Void
    ) throws(BlockStop) {
        try literal(open)
        skipSpace()
        while try !optional(close) {
            try item(&self)
            skipSpace()
            guard try optional(",") else { return try literal(close) }
            skipSpace()
        }
    }

    /// A number or a word such as `True` or `null`.
    mutating func plainValue() throws(BlockStop) -> TemplateValue {
        let start = position
        while true {
            let byte = try peek()
            guard byte.isNamePart || byte == UInt8(ascii: "+") else { break }
            skipByte()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch text {
        case "True", "true": return true
        case "False", "false": return false
        case "None", "null": return nil
        default:
            guard let value = try? TemplateValue(json: text) else { throw .malformed }
            return value
        }
    }
}
