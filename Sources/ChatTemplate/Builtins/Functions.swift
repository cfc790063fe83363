// The functions of the environment.
extension Interpreter {
    /// As jinja2's sandbox: no range may have more items.
    private static let longestRange = 100_000

    func functionRange(_ arguments: Arguments) throws(TemplateError) -> Value {
        guard arguments.keywords.isEmpty else { throw fail("range() takes no keyword arguments") }
        let values = arguments.positional
        guard (1...3).contains(values.count) else {
            throw fail("range expected 1 to 3 arguments, got \(values.count)")
        }
        var bounds: [Int] = []
        for value in values {
            if case .undefined(let undefined) = value { throw fail(undefined.message) }
            bounds.append(try integer(value, default: 0, "range"))
        }
        let (start, stop) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
        let step = bounds.count == 3 ? bounds[2] : 1
        guard step != 0 else { throw fail("range() arg 3 must not be zero") }
        var count = 0
        if step > 0 ? start < stop : start > stop {
            // Of opposite signs the bounds may be further apart than Int reaches.
            let distance = step > 0 ? UInt(bitPattern: stop &- start) : UInt(bitPattern: start &- stop)
            let items = (distance - 1) / step.magnitude
            guard items < UInt(Interpreter.longestRange) else {
                throw fail(
                    "Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(Interpreter.longestRange))."
                )
            }
            count = Int(items) + 1
        }
        return .object(RangeObject(start: start, stop: stop, step: step, count: count))
    }

    private func pairs(_ arguments: Arguments, _ function: String) throws(TemplateError) -> DictBuilder {
        guard arguments.positional.count <= 1 else {
            throw fail("\(function) expected at most 1 argument, got \(arguments.positional.count)")
        }
        var builder = DictBuilder()
        switch arguments.positional.first {
        case nil: break
        case .dict(let dict): builder = DictBuilder(dict)
        case .some(let value):
            for item in try items(value) {
                try step()
                let pair = try items(item)
                guard pair.count == 2 else {
                    throw fail("dictionary update sequence element has length \(pair.count); 2 is required")
                }
                try checkHashable(pair[0])
                builder.set(pair[0], pair[1])
            }
        }
        for keyword in arguments.keywords { builder.set(keyword.key, keyword.value) }
        return builder
    }

    func functionDict(_ arguments: Arguments) throws(TemplateError) -> Value {
        try dict(try pairs(arguments, "dict"))
    }

    func functionFromKeys(_ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "fromkeys", ["iterable", "value"], required: 1)
        var builder = DictBuilder()
        for key in try items(bound[0] ?? .none) {
            try step()
            try checkHashable(key)
            builder.set(key, bound[1] ?? .none)
        }
        return try dict(builder)
    }

    func functionNamespace(_ arguments: Arguments) throws(TemplateError) -> Value {
        let attributes = try pairs(arguments, "dict")
        let namespace = NamespaceObject()
        register(namespace)
        for index in attributes.keys.indices {
            guard case .string(let name) = attributes.keys[index] else { continue }
            try set(name, attributes.values[index], on: namespace)
        }
        return .object(namespace)
    }

    func functionCycler(_ arguments: Arguments) throws(TemplateError) -> Value {
        guard arguments.keywords.isEmpty else { throw fail("cycler() takes no keyword arguments") }
        guard !arguments.positional.isEmpty else { throw fail("at least one item has to be provided") }
        return .object(CyclerObject(try listObject(arguments.positional)))
    }

    func functionJoiner(_ arguments: Arguments) throws(TemplateError) -> Value {
        let separator = try bind(arguments, to: "joiner", ["sep"])[0] ?? .string(", ")
        let joiner = JoinerObject(separator)
        try checkDepth(joiner.depth)
        return .object(joiner)
    }

    func functionRaise(_ arguments: Arguments) throws(TemplateError) -> Value {
        let message = try bind(arguments, to: "raise_exception", ["message"], required: 1)[0] ?? .none
        throw at.error(.raised, try str(message).string)
    }

    func functionTimeNow(_ arguments: Arguments) throws(TemplateError) -> Value {
        let format = try string(
            try bind(arguments, to: "strftime_now", ["format"], required: 1)[0], "strftime() argument 1")
        guard let now else { throw fail("'strftime_now' is undefined") }
        return try text(format.opaque(Array(now.formatted(format.string).unicodeScalars)))
    }
}
