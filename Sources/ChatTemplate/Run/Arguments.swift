/// What a call passes.
struct Arguments {
    struct Keyword {
        var name: String
        var value: Value
        /// The key of a dict passed with `**`: it may be the caller's data.
        var source: Text?

        var key: Value { .string(source ?? Text(name)) }
    }

    var positional: [Value] = []
    var keywords: [Keyword] = []

    init(_ positional: [Value] = [], keywords: [Keyword] = []) {
        self.positional = positional
        self.keywords = keywords
    }

    mutating func takeKeyword(_ name: String) -> Value? {
        guard let index = keywords.firstIndex(where: { $0.name == name }) else { return nil }
        return keywords.remove(at: index).value
    }
}

extension Interpreter {
    /// Matches a call with a builtin's parameters; nil stands for one that was left out.
    func bind(
        _ arguments: Arguments, to function: String, _ names: [String], required: Int = 0
    ) throws(TemplateError) -> [Value?] {
        guard arguments.positional.count <= names.count else {
            throw fail(
                "\(function)() takes at most \(names.count) arguments (\(arguments.positional.count) given)")
        }
        var result: [Value?] = arguments.positional
        for _ in result.count..<names.count { result.append(nil) }
        for keyword in arguments.keywords {
            let (name, value) = (keyword.name, keyword.value)
            guard let index = names.firstIndex(of: name) else {
                throw fail("\(function)() got an unexpected keyword argument '\(name)'")
            }
            guard result[index] == nil else {
                throw fail("\(function)() got multiple values for argument '\(name)'")
            }
            result[index] = value
        }
        for index in 0..<required where result[index] == nil {
            throw fail("\(function)() missing required argument: '\(names[index])'")
        }
        return result
    }

    func expectNoArguments(_ arguments: Arguments, _ function: String) throws(TemplateError) {
        guard arguments.positional.isEmpty, arguments.keywords.isEmpty else {
            throw fail("\(function)() takes no arguments")
        }
    }

    /// An argument that must be an integer, with a default if it was left out.
    func integer(_ value: Value?, default initial: Int, _ what: String) throws(TemplateError) -> Int {
        guard let value else { return initial }
        guard let integer = value.integer else {
            throw fail("'\(value.typeName)' object cannot be interpreted as an integer: \(what)")
        }
        return integer
    }

    func string(_ value: Value?, _ what: String) throws(TemplateError) -> Text {
        guard case .string(let text) = value else {
            throw fail("\(what) must be str, not \(value?.typeName ?? "missing")")
        }
        return text
    }
}
