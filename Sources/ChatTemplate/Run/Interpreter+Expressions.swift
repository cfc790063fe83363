extension Interpreter {
    func evaluate(_ expression: Expression, _ activation: Activation) throws(TemplateError) -> Value {
        try step()
        switch expression.kind {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .int(value)
        case .bigInteger(let digits): return .bigInt(digits)
        case .float(let value): return .float(value)
        case .string(let text): return .string(text)
        case .name(let name, let reference):
            let place = program.references[reference]
            if let value = activation.owner(place.hops).slots[place.slot] { return value }
            return undefined("'\(name)' is undefined")
        default:
            try enterLevel()
            defer { depth -= 1 }
            return try evaluateInner(expression, activation)
        }
    }

    private func evaluateInner(_ expression: Expression, _ activation: Activation) throws(TemplateError)
        -> Value
    {
        switch expression.kind {
        case .attribute(let object, let name):
            let value = try evaluate(object, activation)
            at = expression.at
            return try attribute(value, name)
        case .item(let object, let key): return try item(object, key, expression.at, activation)
        case .slice(let object, let start, let stop, let step):
            return try slice(object, start, stop, step, expression.at, activation)
        case .call(let callee, let arguments): return try call(callee, arguments, expression.at, activation)
        case .filter(let operand, _, _):
            guard let operand else { throw expression.at.error(.runtime, "a filter without an operand") }
            return try apply(expression, to: try evaluate(operand, activation), activation)
        case .test(let operand, let name, let arguments):
            let value = try evaluate(operand, activation)
            let arguments = try evaluate(arguments, activation)
            at = expression.at
            return .bool(try test(name, value, arguments))
        case .not(let operand): return .bool(!(try isTrue(try evaluate(operand, activation))))
        case .and(let left, let right):
            let value = try evaluate(left, activation)
            return try isTrue(value) ? try evaluate(right, activation) : value
        case .or(let left, let right):
            let value = try evaluate(left, activation)
            return try isTrue(value) ? value : try evaluate(right, activation)
        case .unary(let operation, let operand):
            let value = try evaluate(operand, activation)
            at = expression.at
            return try unary(operation, value)
        case .binary(let operation, let left, let right):
            let a = try evaluate(left, activation)
            let b = try evaluate(right, activation)
            at = expression.at
            return try binary(operation, a, b)
        case .compare(let first, let rest): return try compare(first, rest, expression.at, activation)
        case .conditional(let test, let then, let otherwise):
            if try isTrue(try evaluate(test, activation)) { return try evaluate(then, activation) }
            if let otherwise { return try evaluate(otherwise, activation) }
            return undefined(
                "the inline if-expression on line \(expression.at.line) evaluated to false and no else section was defined."
            )
        case .concat(let parts): return try concat(parts, activation)
        case .list(let items): return try list(try evaluate(items, activation))
        case .tuple(let items): return try tuple(try evaluate(items, activation))
        case .dict(let pairs): return try dict(pairs, activation)
        case .none, .bool, .integer, .bigInteger, .float, .string, .name: return .none
        }
    }

    private func evaluate(_ expressions: [Expression], _ activation: Activation) throws(TemplateError)
        -> [Value]
    {
        var values: [Value] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression, activation)) }
        return values
    }

    private func dict(
        _ pairs: [(key: Expression, value: Expression)], _ activation: Activation
    ) throws(TemplateError) -> Value {
        var builder = DictBuilder()
        for pair in pairs {
            let key = try evaluate(pair.key, activation)
            let value = try evaluate(pair.value, activation)
            at = pair.key.at
            try checkHashable(key)
            builder.set(key, value)
        }
        return try dict(builder)
    }

    private func concat(_ parts: [Expression], _ activation: Activation) throws(TemplateError) -> Value {
        var builder = TextBuilder()
        for value in try evaluate(parts, activation) {
            builder.append(try str(value))
            guard builder.count <= limits.valueLength else { break }
        }
        return try text(builder.text())
    }

    private func compare(
        _ first: Expression, _ rest: [(CompareOperator, Expression)], _ position: Position,
        _ activation: Activation
    ) throws(TemplateError) -> Value {
        var left = try evaluate(first, activation)
        for (operation, expression) in rest {
            let right = try evaluate(expression, activation)
            at = position
            guard try compare(operation, left, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func call(
        _ callee: Expression, _ arguments: CallArguments, _ position: Position, _ activation: Activation
    ) throws(TemplateError) -> Value {
        let function = try evaluate(callee, activation)
        let values = try evaluate(arguments, activation)
        at = position
        return try call(function, values)
    }

    /// A filter, or a chain of them whose innermost operand is `value` (the text of a block).
    func apply(_ filter: Expression, to value: Value, _ activation: Activation) throws(TemplateError) -> Value
    {
        guard case .filter(let operand, let name, let arguments) = filter.kind else { return value }
        var value = value
        if let operand, isBlockFilter(operand) { value = try apply(operand, to: value, activation) }
        let values = try evaluate(arguments, activation)
        at = filter.at
        return try self.filter(name, value, values)
    }

    private func isBlockFilter(_ expression: Expression) -> Bool {
        guard case .filter(let operand, _, _) = expression.kind else { return false }
        return operand.map { isBlockFilter($0) } ?? true
    }

    func filter(_ name: String, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard let filter = Builtins.filters[name] else { throw fail("No filter named '\(name)' found.") }
        return try filter(self)(value, arguments)
    }

    func test(_ name: String, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool {
        guard let test = Builtins.tests[name] else { throw fail("No test named '\(name)' found.") }
        return try test(self)(value, arguments)
    }
}
