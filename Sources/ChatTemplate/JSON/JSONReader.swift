/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String
    /// Offset of the first byte that does not fit.
    public var offset: Int

    public var description: String { "invalid JSON at byte \(offset): \(message)" }
}

extension TemplateValue {
    /// Reads a JSON text. Keys keep their order, integers and floating-point numbers stay apart,
    /// and `NaN`, `Infinity` and `-Infinity` are read as Python's json module does.
    ///
    /// - Parameter maximumDepth: how deep arrays and objects may nest.
    public init(json: String, maximumDepth: Int = 128) throws(JSONError) {
        var reader = JSONReader(Array(json.utf8), maximumDepth: maximumDepth)
        self = try reader.readAll()
    }

    /// As `init(json:)`, from UTF-8 bytes.
    public init(jsonBytes bytes: [UInt8], maximumDepth: Int = 128) throws(JSONError) {
        var reader = JSONReader(bytes, maximumDepth: maximumDepth)
        self = try reader.readAll()
    }
}

private struct JSONReader {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var index = 0
    private var depth = 0

    init(_ bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func readAll() throws(JSONError) -> TemplateValue {
        let value = try readValue()
        skipSpace()
        guard index == bytes.count else { throw error("unexpected text after the value") }
        return value
    }

    private func error(_ message: String) -> JSONError {
        JSONError(message: message, offset: index)
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 32 || (byte >= 9 && byte <= 10) || byte == 13 { index += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = peek, UInt32(byte) == character.value else { return false }
        index += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - index >= count else { return false }
        let matches = word.withUTF8Buffer { buffer in
            for offset in 0..<count where unsafe buffer[offset] != bytes[index + offset] { return false }
            return true
        }
        if matches { index += count }
        return matches
    }

    private mutating func readValue() throws(JSONError) -> TemplateValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try readObject()
        case UInt8(ascii: "["): return try readArray()
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t") where take(word: "true"): return .bool(true)
        case UInt8(ascii: "f") where take(word: "false"): return .bool(false)
        case UInt8(ascii: "n") where take(word: "null"): return .null
        case UInt8(ascii: "N") where take(word: "NaN"): return .double(.nan)
        case UInt8(ascii: "I") where take(word: "Infinity"): return .double(.infinity)
        case UInt8(ascii: "-") where take(word: "-Infinity"): return .double(-.infinity)
        case nil: throw error("unexpected end of text")
        case .some(let byte) where byte == UInt8(ascii: "-") || (byte >= 48 && byte <= 57):
            return try readNumber()
        default: throw error("a value was expected")
        }
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
    }

    private mutating func readArray() throws(JSONError) -> TemplateValue {
        try enter()
        defer { depth -= 1 }
        index += 1
        var items: [TemplateValue] = []
        skipSpace()
        if take("]") { return .array(items) }
        while true {
            items.append(try readValue())
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw error("',' or ']' was expected") }
        }
    }

    private mutating func readObject() throws(JSONError) -> TemplateValue {
        try enter()
        defer { depth -= 1 }
        index += 1
        var entries: [TemplateObject.Entry] = []
        skipSpace()
        if take("}") { return .object(TemplateObject(entries)) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw error("a key in double quotes was expected") }
            let key = try readString()
            skipSpace()
            guard take(":") else { throw error("':' was expected") }
            entries.append(TemplateObject.Entry(key: key, value: try readValue()))
            skipSpace()
            if take("}") { return .object(TemplateObject(entries)) }
            guard take(",") else { throw error("',' or '}' was expected") }
        }
    }

    private mutating func skipDigits() -> Int {
        let start = index
        while let byte = peek, byte >= 48, byte <= 57 { index += 1 }
        return index - start
    }

    private mutating func readNumber() throws(JSONError) -> TemplateValue {
        let start = index
        _ = take("-")
        if !take("0") {
            guard skipDigits() > 0 else { throw error("a digit was expected") }
        }
        var isInteger = true
        if take(".") {
            isInteger = false
            guard skipDigits() > 0 else { throw error("a digit was expected") }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            guard skipDigits() > 0 else { throw error("a digit was expected") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger { return Int(text).map { .int($0) } ?? .bigInt(text) }
        // The grammar above is a part of Swift's; too large a number is infinite, as in Python.
        return .double(Double(text) ?? .infinity)
    }

    private mutating func readString() throws(JSONError) -> String {
        index += 1
        var result: [UInt8] = []
        var start = index
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                result += bytes[start..<index]
                index += 1
                guard let string = String(validating: result, as: UTF8.self) else {
                    throw error("a string is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                result += bytes[start..<index]
                index += 1
                try readEscape(into: &result)
                start = index
            case 0..<0x20: throw error("a control character must be escaped")
            default: index += 1
            }
        }
        throw error("a string has no end")
    }

    private mutating func readEscape(into result: inout [UInt8]) throws(JSONError) {
        guard let byte = peek else { throw error("a string has no end") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(8)
        case UInt8(ascii: "f"): result.append(12)
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "r"): result.append(13)
        case UInt8(ascii: "t"): result.append(9)
        case UInt8(ascii: "u"):
            var value = try readHex()
            if value >= 0xD800, value < 0xDC00, take(word: "\\u") {
                let low = try readHex()
                guard low >= 0xDC00, low < 0xE000 else { throw error("half of a surrogate pair") }
                value = 0x1_0000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair") }
            result += Array(String(Character(scalar)).utf8)
        default:
            index -= 1
            throw error("unknown escape")
        }
    }

    private mutating func readHex() throws(JSONError) -> UInt32 {
        guard bytes.count - index >= 4 else { throw error("four hexadecimal digits were expected") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
                throw error("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}
