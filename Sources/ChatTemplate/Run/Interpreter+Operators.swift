#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A number for arithmetic: Python's bools are integers.
enum Number {
    case int(Int)
    case float(Double)

    var double: Double {
        switch self {
        case .int(let value): Double(value)
        case .float(let value): value
        }
    }
}

extension Value {
    var number: Number? {
        if let integer { return .int(integer) }
        if case .float(let value) = self { return .float(value) }
        return nil
    }
}

extension Interpreter {
    func unary(_ operation: UnaryOperator, _ operand: Value) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = operand { throw fail(undefined.message) }
        switch (operation, operand.number) {
        case (.plus, .int(let value)): return .int(value)
        case (.plus, .float(let value)): return .float(value)
        case (.minus, .float(let value)): return .float(-value)
        case (.minus, .int(let value)): return .int(try checked(Int(0).subtractingReportingOverflow(value)))
        case (_, nil):
            if case .bigInt(let digits) = operand { return operation == .plus ? operand : negated(digits) }
            throw fail("bad operand type for unary \(operation.rawValue): '\(operand.typeName)'")
        }
    }

    private func negated(_ digits: Text) -> Value {
        let text = digits.string
        if text.hasPrefix("-") { return .bigInt(Text(String(text.dropFirst()))) }
        return Int("-" + text).map { .int($0) } ?? .bigInt(Text("-" + text))
    }

    func checked(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError) -> Int {
        guard !result.overflow else { throw fail("integer overflow: the result does not fit 64 bits") }
        return result.partialValue
    }

    func binary(_ operation: BinaryOperator, _ a: Value, _ b: Value) throws(TemplateError) -> Value {
        if let x = a.number, let y = b.number { return try arithmetic(operation, x, y) }
        if operation == .mod, case .string(let format) = a { return try percentFormat(format, b) }
        if case .undefined(let undefined) = a { throw fail(undefined.message) }
        if case .undefined(let undefined) = b { throw fail(undefined.message) }
        switch (operation, a, b) {
        case (.add, .string(let x), .string(let y)): return try join(x, y)
        case (.add, .list(let x), .list(let y)): return try list(x.items + y.items)
        case (.add, .tuple(let x), .tuple(let y)): return try tuple(x.items + y.items)
        case (.add, .string, _): throw fail("can only concatenate str (not \"\(b.typeName)\") to str")
        case (.add, .list, _): throw fail("can only concatenate list (not \"\(b.typeName)\") to list")
        case (.add, .tuple, _): throw fail("can only concatenate tuple (not \"\(b.typeName)\") to tuple")
        case (.mul, _, _):
            if let count = b.integer { return try repeated(a, count) }
            if let count = a.integer { return try repeated(b, count) }
        default: break
        }
        if isBigNumber(a), isBigNumber(b) {
            throw fail("integer overflow: numbers beyond 64 bits only print")
        }
        throw fail(
            "unsupported operand type(s) for \(operation.rawValue): '\(a.typeName)' and '\(b.typeName)'")
    }

    private func isBigNumber(_ value: Value) -> Bool {
        if case .bigInt = value { true } else { value.number != nil }
    }

    /// Concatenation; with `Markup` on one side, the other is escaped.
    func join(_ a: Text, _ b: Text) throws(TemplateError) -> Value {
        let isMarkup = a.isMarkup || b.isMarkup
        try checkLength(a.count + b.count)
        var builder = TextBuilder()
        builder.append(isMarkup && !a.isMarkup ? escaped(a) : a)
        builder.append(isMarkup && !b.isMarkup ? escaped(b) : b)
        return .string(builder.text(isMarkup: isMarkup))
    }

    private func repeated(_ value: Value, _ count: Int) throws(TemplateError) -> Value {
        let count = max(0, count)
        func total(_ length: Int) throws(TemplateError) -> Int {
            let (total, overflow) = length.multipliedReportingOverflow(by: count)
            try checkLength(overflow ? Int.max >> 3 : total)
            return total
        }
        switch value {
        case .string(let text):
            guard try total(text.count) > 0 else { return .string(Text([], isMarkup: text.isMarkup)) }
            var builder = TextBuilder()
            for _ in 0..<count { builder.append(text) }
            return .string(builder.text(isMarkup: text.isMarkup))
        case .list(let list), .tuple(let list):
            var items: [Value] = []
            if try total(list.items.count) > 0 {
                for _ in 0..<count { items += list.items }
            }
            if case .tuple = value { return try tuple(items) }
            return try self.list(items)
        default: throw fail("unsupported operand type(s) for *: '\(value.typeName)' and 'int'")
        }
    }

    // MARK: Numbers

    private func arithmetic(_ operation: BinaryOperator, _ a: Number, _ b: Number) throws(TemplateError)
        -> Value
    {
        if case .int(let x) = a, case .int(let y) = b { return try arithmetic(operation, x, y) }
        let (x, y) = (a.double, b.double)
        switch operation {
        case .add: return .float(x + y)
        case .sub: return .float(x - y)
        case .mul: return .float(x * y)
        case .div:
            guard y != 0 else { throw fail("float division by zero") }
            return .float(x / y)
        case .floorDiv:
            guard y != 0 else { throw fail("float floor division by zero") }
            return .float(floatDivision(x, y).quotient)
        case .mod:
            guard y != 0 else { throw fail("float modulo") }
            return .float(floatDivision(x, y).remainder)
        case .pow: return .float(try power(x, y))
        }
    }

    private func arithmetic(_ operation: BinaryOperator, _ x: Int, _ y: Int) throws(TemplateError) -> Value {
        switch operation {
        case .add: return .int(try checked(x.addingReportingOverflow(y)))
        case .sub: return .int(try checked(x.subtractingReportingOverflow(y)))
        case .mul: return .int(try checked(x.multipliedReportingOverflow(by: y)))
        case .div:
            guard y != 0 else { throw fail("division by zero") }
            return .float(quotient(x, y))
        case .floorDiv:
            guard y != 0 else { throw fail("integer division or modulo by zero") }
            let quotient = try checked(x.dividedReportingOverflow(by: y))
            return .int(x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient)
        case .mod:
            guard y != 0 else { throw fail("integer modulo by zero") }
            let remainder = y == -1 ? 0 : x % y
            return .int(remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder)
        case .pow:
            if y < 0 {
                guard x != 0 else { throw fail("0.0 cannot be raised to a negative power") }
                return .float(try power(Double(x), Double(y)))
            }
            return .int(try power(x, y))
        }
    }

    /// The quotient rounded once, also where the operands have more digits than a double.
    private func quotient(_ x: Int, _ y: Int) -> Double {
        let (a, b) = (x.magnitude, y.magnitude)
        if a <= 1 << 53, b <= 1 << 53 { return Double(x) / Double(y) }
        // At least 55 bits of quotient, and one more that tells whether anything is left.
        let shift = max(0, 55 + a.leadingZeroBitCount - b.leadingZeroBitCount)
        let (whole, rest) = (UInt128(a) << UInt128(shift)).quotientAndRemainder(dividingBy: UInt128(b))
        let bits = UInt64(truncatingIfNeeded: whole) << 1 | (rest == 0 ? 0 : 1)
        let result = Double(sign: .plus, exponent: -shift - 1, significand: Double(bits))
        return (x < 0) != (y < 0) ? -result : result
    }

    func power(_ base: Int, _ exponent: Int) throws(TemplateError) -> Int {
        if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
        if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
        var result = 1
        for _ in 0..<min(exponent, 64) { result = try checked(result.multipliedReportingOverflow(by: base)) }
        return result
    }

    private func power(_ base: Double, _ exponent: Double) throws(TemplateError) -> Double {
        if base == 0, exponent < 0 { throw fail("0.0 cannot be raised to a negative power") }
        let result = pow(base, exponent)
        if result.isInfinite, base.isFinite, exponent.isFinite { throw fail("Numerical result out of range") }
        if result.isNaN, !base.isNaN, !exponent.isNaN { throw fail("complex numbers are not supported") }
        return result
    }

    /// Python's `divmod` of floats: the remainder has the divisor's sign.
    private func floatDivision(_ x: Double, _ y: Double) -> (quotient: Double, remainder: Double) {
        var remainder = fmod(x, y)
        var quotient = (x - remainder) / y
        if remainder != 0 {
            if (y < 0) != (remainder < 0) {
                remainder += y
                quotient -= 1
            }
        } else {
            remainder = Double(signOf: y, magnitudeOf: 0)
        }
        if quotient != 0 {
            let floor = quotient.rounded(.down)
            quotient = quotient - floor > 0.5 ? floor + 1 : floor
        } else {
            quotient = Double(signOf: x / y, magnitudeOf: 0)
        }
        return (quotient, remainder)
    }
}
