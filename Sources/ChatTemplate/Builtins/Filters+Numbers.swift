// jinja2's filters on numbers.
extension Interpreter {
    func filterAbs(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "abs")
        switch value.number {
        case .int(let integer):
            return .int(integer < 0 ? try checked(Int(0).subtractingReportingOverflow(integer)) : integer)
        case .float(let number): return .float(number.magnitude)
        case nil:
            if case .bigInt(let digits) = value {
                return .bigInt(digits.scalars.first == "-" ? digits.slice(1..<digits.count) : digits)
            }
            throw fail("bad operand type for abs(): '\(value.typeName)'")
        }
    }

    func filterInt(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "int", ["default", "base"])
        let initial = bound[0] ?? .int(0)
        switch value {
        case .undefined(let undefined): throw fail(undefined.message)
        case .bigInt: return value
        case .string(let source):
            try charge(inspected: source.count)
            if let result = pythonInt(source.scalars, base: try integer(bound[1], default: 10, "base")) {
                return result
            }
            guard let number = pythonFloat(source.scalars), number.isFinite else { return initial }
            return try truncated(number)
        case .float(let number):
            if number.isNaN { return initial }
            guard number.isFinite else { throw fail("cannot convert float infinity to integer") }
            return try truncated(number)
        default: return value.integer.map { .int($0) } ?? initial
        }
    }

    private func truncated(_ number: Double) throws(TemplateError) -> Value {
        let whole = number.rounded(.towardZero)
        if let integer = Int(exactly: whole) { return .int(integer) }
        // Exact, as Python's integers are.
        try charge(produced: 1000)
        var decimal = ExactDecimal(whole)
        decimal.round(places: 0)
        let digits = String(decoding: decimal.digits.map { $0 + 48 }, as: UTF8.self)
        return .bigInt(Text((whole < 0 ? "-" : "") + digits))
    }

    func filterFloat(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let initial = try bind(arguments, to: "float", ["default"])[0] ?? .float(0)
        switch value {
        case .undefined(let undefined): throw fail(undefined.message)
        case .bigInt(let digits): return .float(Double(digits.string) ?? .infinity)
        case .string(let source):
            try charge(inspected: source.count)
            return pythonFloat(source.scalars).map { .float($0) } ?? initial
        default: return value.number.map { .float($0.double) } ?? initial
        }
    }

    func filterRound(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "round", ["precision", "method"])
        let method = bound[1] == nil ? "common" : try str(bound[1] ?? .none).string
        guard ["common", "ceil", "floor"].contains(method) else {
            throw fail("method must be common, ceil or floor")
        }
        guard let number = value.number else {
            throw fail("type \(value.typeName) doesn't define __round__ method")
        }
        if method == "common" {
            guard let given = bound[0], !given.isNone else {
                if bound[0] == nil { return try rounded(number, 0) }
                if case .float(let value) = number {
                    guard value.isFinite else { throw fail("cannot convert float to integer") }
                    return try truncated(value.rounded(.toNearestOrEven))
                }
                return try rounded(number, 0)
            }
            return try rounded(number, try integer(given, default: 0, "precision"))
        }
        let precision = try integer(bound[0], default: 0, "precision")
        let scale = try binary(.pow, .int(10), .int(precision))
        let scaled = try binary(.mul, value, scale).number?.double ?? 0
        guard scaled.isFinite else { throw fail("cannot convert float to integer") }
        let whole = scaled.rounded(method == "ceil" ? .up : .down)
        return .float(whole / (scale.number?.double ?? 1))
    }

    private func rounded(_ number: Number, _ places: Int) throws(TemplateError) -> Value {
        switch number {
        case .int(let value):
            guard places < 0 else { return .int(value) }
            guard places > -19 else { return .int(0) }
            let unit = try power(10, -places)
            // Half to even, on exact integers.
            let remainder = ((value % unit) + unit) % unit
            let lower = value.subtractingReportingOverflow(remainder)
            let up =
                remainder > unit - remainder
                || (remainder == unit - remainder && (lower.partialValue / unit) % 2 != 0)
            return .int(
                up ? try checked(try checked(lower).addingReportingOverflow(unit)) : try checked(lower))
        case .float(let value):
            // Beyond these every double is unchanged, or nothing is left of it.
            guard value.isFinite, places < 400 else { return .float(value) }
            try charge(produced: 1000)
            guard places > -400 else { return .float(Double(signOf: value, magnitudeOf: 0)) }
            var decimal = ExactDecimal(value)
            decimal.round(places: places)
            let digits = String(decoding: decimal.digits.map { $0 + 48 }, as: UTF8.self)
            let result = Double("\(digits)e\(-decimal.scale)") ?? value
            guard result.isFinite else { throw fail("rounded value too large to represent") }
            return .float(value.sign == .minus ? -result : result)
        }
    }

    func filterFileSize(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let isBinary = try isTrue(try bind(arguments, to: "filesizeformat", ["binary"])[0] ?? .bool(false))
        try charge(produced: 1000)
        guard case .float(let bytes) = try filterFloat(value, Arguments([.none])) else {
            throw fail("could not convert to float: \(try repr(value).string)")
        }
        let base: Double = isBinary ? 1024 : 1000
        if bytes == 1 { return .string("1 Byte") }
        if bytes < base {
            guard let whole = Int(exactly: bytes.rounded(.towardZero)) else { throw fail("integer overflow") }
            return .string("\(whole) Bytes")
        }
        let prefixes = Array(isBinary ? "KMGTPEZY" : "kMGTPEZY")
        var unit = base
        for (index, prefix) in prefixes.enumerated() {
            unit *= base
            if bytes < unit || index == prefixes.count - 1 {
                let number = formatted(base * bytes / unit, .fixed, precision: 1)
                return .string("\(number) \(prefix)\(isBinary ? "i" : "")B")
            }
        }
        return value
    }
}
