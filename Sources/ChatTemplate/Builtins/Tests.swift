// jinja2's tests, after `is`.
extension Interpreter {
    private func onlyValue(_ arguments: Arguments, _ name: String) throws(TemplateError) {
        try expectNoArguments(arguments, "test_\(name)")
    }

    private func operand(_ arguments: Arguments, _ name: String) throws(TemplateError) -> Value {
        guard arguments.positional.count == 1, arguments.keywords.isEmpty else {
            throw fail("\(name) expected 2 arguments, got \(arguments.positional.count + 1)")
        }
        return arguments.positional[0]
    }

    func testBoolean(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "boolean")
        if case .bool = value { return true }
        return false
    }

    func testCallable(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "callable")
        switch value {
        case .undefined: return true
        case .object(let object): return object.isCallable
        default: return false
        }
    }

    func testDefined(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "defined")
        return !value.isUndefined
    }

    func testUndefined(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "undefined")
        return value.isUndefined
    }

    func testDivisibleBy(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        guard let divisor = try bind(arguments, to: "test_divisibleby", ["num"], required: 1)[0] else {
            return false
        }
        return try isEqual(try binary(.mod, value, divisor), .int(0))
    }

    func testEven(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "even")
        return try isEqual(try binary(.mod, value, .int(2)), .int(0))
    }

    func testOdd(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "odd")
        return try isEqual(try binary(.mod, value, .int(2)), .int(1))
    }

    func testEscaped(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "escaped")
        return value.text?.isMarkup ?? false
    }

    func testTrue(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "true")
        if case .bool(true) = value { return true }
        return false
    }

    func testFalse(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "false")
        if case .bool(false) = value { return true }
        return false
    }

    func testFilter(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "filter")
        try checkHashable(value)
        return value.text.map { Builtins.filters[$0.string] != nil } ?? false
    }

    func testTest(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "test")
        try checkHashable(value)
        return value.text.map { Builtins.tests[$0.string] != nil } ?? false
    }

    func testInteger(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "integer")
        switch value {
        case .int, .bigInt: return true
        default: return false
        }
    }

    func testFloat(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "float")
        if case .float = value { return true }
        return false
    }

    func testNumber(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "number")
        if case .bigInt = value { return true }
        return value.number != nil
    }

    func testString(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "string")
        return value.text != nil
    }

    func testMapping(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "mapping")
        if case .dict = value { return true }
        return false
    }

    func testNone(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "none")
        return value.isNone
    }

    func testIterable(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "iterable")
        return ValueIterator(value) != nil
    }

    func testSequence(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "sequence")
        switch value {
        case .undefined, .string, .list, .tuple, .dict: return true
        case .object(let object): return object is RangeObject
        default: return false
        }
    }

    func testLower(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "lower")
        return try str(value).isPythonLower
    }

    func testUpper(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try onlyValue(arguments, "upper")
        return try str(value).isPythonUpper
    }

    func testIn(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        guard let container = try bind(arguments, to: "test_in", ["seq"], required: 1)[0] else {
            return false
        }
        return try contains(container, value)
    }

    /// Identity. Numbers and strings count as identical when they are equal and of one type.
    func testSameAs(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        guard let other = try bind(arguments, to: "test_sameas", ["other"], required: 1)[0] else {
            return false
        }
        switch (value, other) {
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)): return a === b
        case (.dict(let a), .dict(let b)): return a === b
        case (.undefined(let a), .undefined(let b)): return a === b
        case (.bool, .bool), (.int, .int), (.float, .float), (.string, .string), (.none, .none),
            (.object, .object):
            return try isEqual(value, other)
        default: return false
        }
    }

    func testEqual(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try compare(.equal, value, try operand(arguments, "eq"))
    }

    func testNotEqual(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try compare(.notEqual, value, try operand(arguments, "ne"))
    }

    func testGreater(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try compare(.greater, value, try operand(arguments, "gt"))
    }

    func testGreaterEqual(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try compare(.greaterEqual, value, try operand(arguments, "ge"))
    }

    func testLess(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try compare(.less, value, try operand(arguments, "lt"))
    }

    func testLessEqual(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        try compare(.lessEqual, value, try operand(arguments, "le"))
    }
}
