// Python's `format(value, spec)`.
extension Interpreter {
    func format(_ value: Value, _ scalars: [Unicode.Scalar]) throws(TemplateError) -> Text {
        if scalars.isEmpty { return try str(value) }
        guard let spec = FormatSpec(scalars) else { throw fail("Invalid format specifier") }
        try checkLength(max(spec.width, spec.precision ?? 0))
        switch value {
        case .string(let text): return try format(text, spec)
        case .bool, .int:
            if value.integer == nil || spec.type == "s" { break }
            if case .bool = value, spec.type == nil { return try format(try str(value), spec) }
            return try format(value.integer ?? 0, spec)
        case .float(let number): return try format(number, spec, type: spec.type)
        default: break
        }
        guard value.number == nil else { throw unknownCode(spec.type, value.typeName) }
        throw fail("unsupported format string passed to \(value.typeName).__format__")
    }

    private func unknownCode(_ type: Unicode.Scalar?, _ typeName: String) -> TemplateError {
        fail(
            "Unknown format code '\(type.map { String(Character($0)) } ?? "")' for object of type '\(typeName)'"
        )
    }

    private func format(_ text: Text, _ spec: FormatSpec) throws(TemplateError) -> Text {
        guard spec.type == nil || spec.type == "s" else { throw unknownCode(spec.type, "str") }
        guard spec.align != "=" || spec.fill == "0" else {
            throw fail("'=' alignment not allowed in string format specifier")
        }
        var spec = spec
        if spec.align == "=" { spec.align = "<" }
        let cut = text.slice(0..<min(text.count, spec.precision ?? text.count))
        return spec.padded(cut.marked(false), initial: "<")
    }

    private func format(_ value: Int, _ spec: FormatSpec) throws(TemplateError) -> Text {
        guard let type = spec.type, type != "d", type != "n" else {
            guard spec.precision == nil else {
                throw fail("Precision not allowed in integer format specifier")
            }
            return number(String(value.magnitude), isNegative: value < 0, spec)
        }
        switch type {
        case "b", "o", "x", "X":
            let radix = type == "b" ? 2 : type == "o" ? 8 : 16
            let digits = String(value.magnitude, radix: radix, uppercase: type == "X")
            return number(
                digits, isNegative: value < 0, spec,
                prefix: spec.alternate ? "0" + String(Character(type)) : "",
                group: 4)
        case "c":
            guard let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else {
                throw fail("%c arg not in range(0x110000)")
            }
            return spec.padded(Text([scalar]), initial: "<")
        default: return try format(Double(value), spec, type: type)
        }
    }

    private func format(_ value: Double, _ spec: FormatSpec, type: Unicode.Scalar?) throws(TemplateError)
        -> Text
    {
        // Exact digits take long arithmetic.
        try charge(produced: 1000)
        var precision = spec.precision ?? 6
        var digits: String
        switch type {
        case nil:
            if spec.precision == nil {
                digits = pythonRepr(of: value.magnitude)
            } else {
                precision = max(1, precision)
                digits = formatted(value, .general, precision: precision, alternate: spec.alternate)
                // Without a type there is at least one digit after the point.
                if !value.isNaN, !value.isInfinite, !digits.utf8.contains(46), !digits.utf8.contains(101) {
                    if digits.utf8.count < precision {
                        digits += ".0"
                    } else {
                        digits = formatted(value, .exponential, precision: precision - 1)
                        digits = trimmedExponential(digits)
                    }
                }
            }
        case "f", "F": digits = formatted(value, .fixed, precision: precision, alternate: spec.alternate)
        case "e", "E":
            digits = formatted(value, .exponential, precision: precision, alternate: spec.alternate)
        case "g", "G", "n":
            digits = formatted(value, .general, precision: precision, alternate: spec.alternate)
        case "%":
            digits = formatted(value * 100, .fixed, precision: precision, alternate: spec.alternate) + "%"
        default: throw unknownCode(type, "float")
        }
        if let type, type == "F" || type == "E" || type == "G" { digits = digits.uppercased() }
        let isNegative = value.sign == .minus && !value.isNaN
        return number(digits, isNegative: isNegative, spec)
    }

    private func trimmedExponential(_ text: String) -> String {
        let parts = text.split(separator: "e", maxSplits: 1)
        guard parts.count == 2 else { return text }
        var mantissa = parts[0]
        if mantissa.utf8.contains(46) {
            while mantissa.hasSuffix("0") { mantissa = mantissa.dropLast() }
            if mantissa.hasSuffix(".") { mantissa = mantissa.dropLast() }
        }
        return mantissa + "e" + parts[1]
    }

    private func number(
        _ digits: String, isNegative: Bool, _ spec: FormatSpec, prefix: String = "", group: Int = 3
    ) -> Text {
        let sign = isNegative ? "-" : spec.sign == "-" ? "" : String(Character(spec.sign))
        var digits = digits
        if let separator = spec.grouping {
            let whole = digits.prefix { $0.isHexDigit && $0.isASCII && $0 != "e" || group == 4 }
            let rest = digits.dropFirst(whole.count)
            let filled = spec.fill == "0" && spec.align == "="
            let width = filled ? spec.width - sign.utf8.count - prefix.utf8.count - rest.utf8.count : 0
            digits = grouped(String(whole), by: separator, every: group, width: width) + rest
        }
        let lead = sign + prefix
        return spec.padded(Text(lead + digits), initial: ">", signLength: lead.utf8.count)
    }
}
