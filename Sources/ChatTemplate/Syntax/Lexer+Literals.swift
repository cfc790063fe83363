extension Lexer {
    /// End of digits with single underscores between them, or nil without a digit at `offset`.
    private func digits(from offset: Int, _ isDigit: (Unicode.Scalar) -> Bool) -> Int? {
        guard let first = peek(offset), isDigit(first) else { return nil }
        var end = offset + 1
        while let next = peek(end) {
            if isDigit(next) {
                end += 1
            } else if next == "_", let after = peek(end + 1), isDigit(after) {
                end += 2
            } else {
                break
            }
        }
        return end
    }

    private func literal(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        for scalar in source[range] where scalar != "_" { view.append(scalar) }
        return String(view)
    }

    mutating func number() throws(TemplateError) {
        let start = index
        if start == 0 || source[start - 1] != ".", let end = floatEnd(start) {
            index = end
            // Swift reads what this grammar allows, so nil cannot come; infinity stands for "too large".
            emit(.float(Double(literal(start..<end)) ?? .infinity), at: start)
            return
        }
        if source[start] == "0", let mark = peek(start + 1) {
            let radix: Int? =
                switch mark {
                case "x", "X": 16
                case "o", "O": 8
                case "b", "B": 2
                default: nil
                }
            let first = peek(start + 2) == "_" ? start + 3 : start + 2
            if let radix, let end = digits(from: first, { $0.isDigit(radix: radix) }) {
                index = end
                guard let value = Int(literal(first..<end), radix: radix) else {
                    throw position(start).error(.syntax, "integer literal is too large")
                }
                emit(.integer(value), at: start)
                return
            }
        }
        // A number does not begin with zero, unless it is all zeros.
        let isZero = source[start] == "0"
        let end = digits(from: start) { isZero ? $0 == "0" : $0.isASCIIDigit } ?? start + 1
        index = end
        let digits = literal(start..<end)
        if let value = Int(digits) {
            emit(.integer(value), at: start)
        } else {
            emit(.bigInteger(Text(digits)), at: start)
        }
    }

    private func floatEnd(_ start: Int) -> Int? {
        guard let whole = digits(from: start, \.isASCIIDigit) else { return nil }
        var end = whole
        if peek(whole) == ".", let fraction = digits(from: whole + 1, \.isASCIIDigit) { end = fraction }
        if let mark = peek(end), mark == "e" || mark == "E" {
            var exponent = end + 1
            if let sign = peek(exponent), sign == "+" || sign == "-" { exponent += 1 }
            if let exponentEnd = digits(from: exponent, \.isASCIIDigit) { return exponentEnd }
        }
        return end > whole ? end : nil
    }

    mutating func string() throws(TemplateError) {
        let start = index
        let quote = source[start]
        var end = start + 1
        while end < source.count, source[end] != quote {
            end += source[end] == "\\" ? 2 : 1
        }
        guard end < source.count else {
            throw position(start).error(
                .syntax, "unexpected char \(pythonRepr(of: [quote])): the string has no end")
        }
        index = end + 1
        let value = try unescape(start + 1..<end)
        emit(.string(Text(value)), at: start)
    }

    /// Python's "unicode-escape" decoding.
    private mutating func unescape(_ range: Range<Int>) throws(TemplateError) -> [Unicode.Scalar] {
        guard source[range].contains("\\") else { return Array(source[range]) }
        var result: [Unicode.Scalar] = []
        var offset = range.lowerBound
        while offset < range.upperBound {
            let scalar = source[offset]
            offset += 1
            guard scalar == "\\", offset < range.upperBound else {
                result.append(scalar)
                continue
            }
            let escape = source[offset]
            offset += 1
            switch escape {
            case "\n": break
            case "\\", "'", "\"": result.append(escape)
            case "a": result.append("\u{07}")
            case "b": result.append("\u{08}")
            case "f": result.append("\u{0C}")
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "t": result.append("\t")
            case "v": result.append("\u{0B}")
            case "x": result.append(try hexEscape(&offset, 2, range.upperBound))
            case "u": result.append(try hexEscape(&offset, 4, range.upperBound))
            case "U": result.append(try hexEscape(&offset, 8, range.upperBound))
            case "N":
                throw position(range.lowerBound).error(.syntax, "\\N{...} escapes are not supported")
            case "0"..."7":
                var value = escape.value - 48
                var count = 1
                while count < 3, offset < range.upperBound, source[offset].isDigit(radix: 8) {
                    value = value * 8 + source[offset].value - 48
                    offset += 1
                    count += 1
                }
                result.append(Unicode.Scalar(value) ?? "\u{FFFD}")
            default:
                result.append("\\")
                if escape.isASCII {
                    result.append(escape)
                } else {
                    // Python first writes non-ASCII characters as escapes; the backslash before eats one.
                    let hex = String(escape.value, radix: 16)
                    let (mark, width) =
                        escape.value < 0x100 ? ("x", 2) : escape.value < 0x1_0000 ? ("u", 4) : ("U", 8)
                    let zeros = String(repeating: "0", count: width - hex.utf8.count)
                    result.append(contentsOf: (mark + zeros + hex).unicodeScalars)
                }
            }
        }
        return result
    }

    private mutating func hexEscape(_ offset: inout Int, _ count: Int, _ end: Int) throws(TemplateError)
        -> Unicode.Scalar
    {
        var value: UInt32 = 0
        let start = offset
        while offset < start + count {
            guard offset < end, let digit = Character(source[offset]).hexDigitValue, source[offset].isASCII
            else {
                throw position(start).error(
                    .syntax, "truncated escape: \(count) hexadecimal digits are needed")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw position(start).error(.syntax, "escape of a character that is not a Unicode scalar value")
        }
        return scalar
    }
}
