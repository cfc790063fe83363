// Python's `format % values`.
extension Interpreter {
    private struct Conversion {
        var key: Text?
        var leftAligned = false
        var plus = false
        var space = false
        var zero = false
        var alternate = false
        var width = 0
        var precision: Int?
        var type: Unicode.Scalar = "s"
    }

    func percentFormat(_ format: Text, _ values: Value) throws(TemplateError) -> Value {
        var arguments: [Value] = [values]
        var isTuple = false
        if case .tuple(let list) = values {
            arguments = list.items
            isTuple = true
        }
        var used = 0
        var usedMapping = false
        let scalars = format.scalars
        var builder = TextBuilder()
        var index = 0
        func take() throws(TemplateError) -> Value {
            guard used < arguments.count else { throw fail("not enough arguments for format string") }
            used += 1
            return arguments[used - 1]
        }
        while index < scalars.count {
            if scalars[index] != "%" {
                let start = index
                while index < scalars.count, scalars[index] != "%" { index += 1 }
                builder.append(format, start..<index)
                continue
            }
            index += 1
            if index < scalars.count, scalars[index] == "%" {
                builder.append(format, index..<index + 1)
                index += 1
                continue
            }
            var conversion = try parseConversion(format, &index, take)
            var value: Value
            if let key = conversion.key {
                guard case .dict(let dict) = values else { throw fail("format requires a mapping") }
                guard let found = dict[.string(key)] else { throw fail("'\(key.string)'") }
                usedMapping = true
                value = found
            } else {
                value = try take()
            }
            // `%%` with flags between.
            if conversion.type == "%" { value = .string("%") }
            if format.isMarkup { value = try escapedArgument(value, &conversion) }
            try checkLength(max(conversion.width, conversion.precision ?? 0))
            builder.append(try convert(value, conversion))
            try guardLength(builder.count)
        }
        if used < arguments.count, !usedMapping {
            // A mapping, or what can be subscripted, need not be used up.
            var isLenient = false
            if !isTuple {
                switch values {
                case .dict, .list: isLenient = true
                case .undefined: isLenient = true
                case .object(let object): isLenient = object is RangeObject
                default: break
                }
            }
            guard isLenient else { throw fail("not all arguments converted during string formatting") }
        }
        return try text(builder.text(isMarkup: format.isMarkup))
    }

    private func escapedArgument(_ value: Value, _ conversion: inout Conversion) throws(TemplateError)
        -> Value
    {
        switch conversion.type {
        case "s": return .string(escaped(try softStr(value)).marked(false))
        case "r", "a":
            conversion.type = "s"
            return .string(escaped(try repr(value)).marked(false))
        default: return value
        }
    }

    private func parseConversion(
        _ format: Text, _ index: inout Int, _ take: () throws(TemplateError) -> Value
    ) throws(TemplateError) -> Conversion {
        let scalars = format.scalars
        var conversion = Conversion()
        func incomplete() -> TemplateError { fail("incomplete format") }
        if index < scalars.count, scalars[index] == "(" {
            let start = index + 1
            var open = 1
            index += 1
            while index < scalars.count, open > 0 {
                if scalars[index] == "(" { open += 1 } else if scalars[index] == ")" { open -= 1 }
                index += 1
            }
            guard open == 0 else { throw fail("incomplete format key") }
            conversion.key = format.slice(start..<index - 1)
        }
        flags: while index < scalars.count {
            switch scalars[index] {
            case "-": conversion.leftAligned = true
            case "+": conversion.plus = true
            case " ": conversion.space = true
            case "0": conversion.zero = true
            case "#": conversion.alternate = true
            default: break flags
            }
            index += 1
        }
        func number() throws(TemplateError) -> Int? {
            if index < scalars.count, scalars[index] == "*" {
                index += 1
                return try integer(try take(), default: 0, "* wants int")
            }
            guard let number = FormatSpec.number(scalars, &index) else { throw fail("width too big") }
            return number
        }
        let width = try number() ?? 0
        if width < 0 { conversion.leftAligned = true }
        conversion.width = Int(clamping: width.magnitude)
        if index < scalars.count, scalars[index] == "." {
            index += 1
            conversion.precision = max(0, try number() ?? 0)
        }
        while index < scalars.count, ["h", "l", "L"].contains(scalars[index]) { index += 1 }
        guard index < scalars.count else { throw incomplete() }
        conversion.type = scalars[index]
        index += 1
        return conversion
    }

    private func convert(_ value: Value, _ conversion: Conversion) throws(TemplateError) -> Text {
        switch conversion.type {
        case "s": return pad(try str(value), conversion)
        case "r": return pad(try repr(value), conversion)
        case "a": return pad(ascii(try repr(value)), conversion)
        case "%": return "%"
        case "c":
            if case .string(let text) = value {
                guard text.count == 1 else { throw fail("%c requires int or char") }
                return pad(text.marked(false), conversion)
            }
            guard let code = value.integer, let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init)
            else {
                throw fail("%c requires int or char")
            }
            return pad(Text([scalar]), conversion)
        case "d", "i", "u", "x", "X", "o": return try convertInteger(value, conversion)
        case "e", "E", "f", "F", "g", "G": return try convertFloat(value, conversion)
        default:
            throw fail(
                "unsupported format character '\(String(Character(conversion.type)))' (0x\(String(conversion.type.value, radix: 16)))"
            )
        }
    }

    private func pad(_ text: Text, _ conversion: Conversion) -> Text {
        var text = text
        if let precision = conversion.precision, precision < text.count { text = text.slice(0..<precision) }
        return fill(text, conversion, lead: 0, zero: false)
    }

    private func fill(_ text: Text, _ conversion: Conversion, lead: Int, zero: Bool) -> Text {
        let missing = conversion.width - text.count
        guard missing > 0 else { return text }
        var builder = TextBuilder()
        if conversion.leftAligned {
            builder.append(text)
            builder.append(repeating: " ", count: missing)
        } else if zero {
            builder.append(text, 0..<lead)
            builder.append(repeating: "0", count: missing)
            builder.append(text, lead..<text.count)
        } else {
            builder.append(repeating: " ", count: missing)
            builder.append(text)
        }
        return builder.text()
    }

    private func sign(_ isNegative: Bool, _ conversion: Conversion) -> String {
        isNegative ? "-" : conversion.plus ? "+" : conversion.space ? " " : ""
    }

    private func convertInteger(_ value: Value, _ conversion: Conversion) throws(TemplateError) -> Text {
        var integer: Int
        switch value {
        case .bool, .int: integer = value.integer ?? 0
        case .bigInt(let digits) where conversion.type == "d": return pad(digits, conversion)
        case .float(let number) where !["x", "X", "o"].contains(conversion.type):
            guard number.isFinite else { throw fail("cannot convert float to integer") }
            guard let whole = Int(exactly: number.rounded(.towardZero)) else {
                throw fail("integer overflow")
            }
            integer = whole
        case .undefined(let undefined): throw fail(undefined.message)
        default:
            let needed =
                ["x", "X", "o"].contains(conversion.type)
                ? "an integer is required" : "a real number is required"
            throw fail("%\(String(Character(conversion.type))) format: \(needed), not \(value.typeName)")
        }
        let type = conversion.type
        let radix = type == "o" ? 8 : type == "x" || type == "X" ? 16 : 10
        var digits = String(integer.magnitude, radix: radix, uppercase: type == "X")
        if let precision = conversion.precision, digits.utf8.count < precision {
            digits = String(repeating: "0", count: precision - digits.utf8.count) + digits
        }
        let prefix = conversion.alternate && radix != 10 ? "0" + String(Character(type)) : ""
        let lead = sign(integer < 0, conversion) + prefix
        integer = 0
        return fill(Text(lead + digits), conversion, lead: lead.utf8.count, zero: conversion.zero)
    }

    private func convertFloat(_ value: Value, _ conversion: Conversion) throws(TemplateError) -> Text {
        // Exact digits take long arithmetic.
        try charge(produced: 1000)
        let number: Double
        switch value {
        case .undefined(let undefined): throw fail(undefined.message)
        default:
            guard let known = value.number else { throw fail("must be real number, not \(value.typeName)") }
            number = known.double
        }
        let precision = conversion.precision ?? 6
        var digits: String
        switch conversion.type {
        case "f", "F":
            digits = formatted(number, .fixed, precision: precision, alternate: conversion.alternate)
        case "e", "E":
            digits = formatted(number, .exponential, precision: precision, alternate: conversion.alternate)
        default: digits = formatted(number, .general, precision: precision, alternate: conversion.alternate)
        }
        if ["F", "E", "G"].contains(conversion.type) { digits = digits.uppercased() }
        let lead = sign(number.sign == .minus && !number.isNaN, conversion)
        return fill(
            Text(lead + digits), conversion, lead: lead.utf8.count, zero: conversion.zero && number.isFinite)
    }

    /// Python's `ascii()`: what is not ASCII as escapes.
    func ascii(_ text: Text) -> Text {
        var result: [Unicode.Scalar] = []
        for scalar in text.scalars {
            if scalar.isASCII { result.append(scalar) } else { appendHexEscape(scalar) { result.append($0) } }
        }
        return text.opaque(result)
    }
}
