/// Reads a JSON text (RFC 8259), strictly; errors have line and column.
struct JSONParser {
    private let text: [UInt8]
    private var index = 0
    private var depth = 0

    static let longest = 1 << 24
    static let deepest = 200

    static func parse(_ text: String) throws(GrammarError) -> JSONValue {
        guard text.utf8.count <= longest else {
            throw GrammarError(.limit, "the schema has more than \(longest) bytes")
        }
        var parser = JSONParser(text: Array(text.utf8))
        parser.skipSpace()
        let value = try parser.parseValue()
        parser.skipSpace()
        guard parser.index == parser.text.count else {
            throw parser.error("the end is expected, not \(parser.found)")
        }
        return value
    }

    private init(text: [UInt8]) { self.text = text }

    private mutating func parseValue() throws(GrammarError) -> JSONValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw error("more than \(Self.deepest) levels", .limit) }
        switch peek {
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: return try parseNumber()
        }
    }

    private mutating func parseObject() throws(GrammarError) -> JSONValue {
        index += 1
        skipSpace()
        var members: [JSONMember] = []
        var names: Set<[UInt8]> = []
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            let start = index
            guard peek == UInt8(ascii: "\"") else { throw error("a member's name is expected, not \(found)") }
            let name = try parseString()
            guard names.insert(Array(name.utf8)).inserted else {
                throw error("the member \(name) is there twice", at: start)
            }
            skipSpace()
            if !take(":") { throw error("':' is expected, not \(found)") }
            skipSpace()
            members.append(JSONMember(name: name, value: try parseValue()))
            skipSpace()
            if take("}") { return .object(members) }
            if !take(",") { throw error("',' or '}' is expected, not \(found)") }
        }
    }

    private mutating func parseArray() throws(GrammarError) -> JSONValue {
        index += 1
        skipSpace()
        var values: [JSONValue] = []
        if take("]") { return .array([]) }
        while true {
            skipSpace()
            values.append(try parseValue())
            skipSpace()
            if take("]") { return .array(values) }
            if !take(",") { throw error("',' or ']' is expected, not \(found)") }
        }
    }

    private mutating func parseWord(_ word: String, _ value: JSONValue) throws(GrammarError) -> JSONValue {
        guard text[index...].starts(with: word.utf8) else {
            throw error("a value is expected, not \(found)")
        }
        index += word.utf8.count
        return value
    }

    private mutating func parseNumber() throws(GrammarError) -> JSONValue {
        let start = index
        func fail() -> GrammarError {
            error(start == index ? "a value is expected, not \(found)" : "no number")
        }
        _ = take("-")
        if !take("0"), skipDigits() == 0 { throw fail() }
        if take("."), skipDigits() == 0 { throw fail() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            if skipDigits() == 0 { throw fail() }
        }
        let number = String(decoding: text[start..<index], as: UTF8.self)
        guard let value = ExactDecimal(number) else {
            throw error("the number has more than \(ExactDecimal.longest) digits", .limit, at: start)
        }
        return .number(value, text: number)
    }

    private mutating func skipDigits() -> Int {
        let start = index
        while let byte = peek, 48...57 ~= byte { index += 1 }
        return index - start
    }

    private mutating func parseString() throws(GrammarError) -> String {
        let start = index
        index += 1
        var bytes: [UInt8] = []
        while true {
            guard let byte = peek else { throw error("the string has no end", at: start) }
            if byte == UInt8(ascii: "\"") { break }
            if byte < 0x20 { throw error("a control character inside a string") }
            index += 1
            if byte == UInt8(ascii: "\\") {
                bytes += ScalarSet.utf8(try parseEscape())
            } else {
                bytes.append(byte)
            }
        }
        index += 1
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func parseEscape() throws(GrammarError) -> UInt32 {
        let start = index - 1
        let escape = peek
        index += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(escape ?? 0)
        case UInt8(ascii: "b"): return 8
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "u"):
            let value = try parseHex(start)
            if value & 0xF800 != 0xD800 { return value }
            if value & 0xFC00 == 0xD800, take("\\"), take("u") {
                let low = try parseHex(start)
                if low & 0xFC00 == 0xDC00 { return 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF }
            }
            throw error("half of a character", at: start)
        default: throw error("the escape is unknown", at: start)
        }
    }

    private mutating func parseHex(_ start: Int) throws(GrammarError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw error("four hexadecimal digits are expected", at: start)
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    // MARK: Text

    private var peek: UInt8? { index < text.count ? text[index] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
    }

    private var found: String {
        let rest = String(decoding: text[min(index, text.count)...].prefix(4), as: UTF8.self)
        return rest.unicodeScalars.first.map { "'\($0)'" } ?? "the end"
    }

    private func error(
        _ message: String, _ kind: GrammarError.Kind = .syntax, at place: Int? = nil
    ) -> GrammarError {
        var line = 1
        var column = 1
        for byte in text[..<min(place ?? index, text.count)] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return GrammarError(kind, message, at: .text(line: line, column: column))
    }
}
