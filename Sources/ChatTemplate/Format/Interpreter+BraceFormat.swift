// Python's `str.format`, as the sandbox runs it.
extension Interpreter {
    func braceFormat(_ format: Text, _ arguments: Arguments) throws(TemplateError) -> Value {
        var automatic = 0
        var builder = TextBuilder()
        try braceFormat(format, arguments, &automatic, nesting: 2, into: &builder)
        return try text(builder.text(isMarkup: format.isMarkup))
    }

    private func braceFormat(
        _ format: Text, _ arguments: Arguments, _ automatic: inout Int, nesting: Int,
        into builder: inout TextBuilder
    ) throws(TemplateError) {
        guard nesting >= 0 else { throw fail("Max string recursion exceeded") }
        let scalars = format.scalars
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            guard scalar == "{" || scalar == "}" else {
                let start = index
                while index < scalars.count, scalars[index] != "{", scalars[index] != "}" { index += 1 }
                builder.append(format, start..<index)
                continue
            }
            if index + 1 < scalars.count, scalars[index + 1] == scalar {
                builder.append(format, index..<index + 1)
                index += 2
                continue
            }
            guard scalar == "{" else { throw fail("Single '}' encountered in format string") }
            let start = index + 1
            guard start < scalars.count else { throw fail("Single '{' encountered in format string") }
            var open = 1
            index = start
            while index < scalars.count, open > 0 {
                if scalars[index] == "{" { open += 1 } else if scalars[index] == "}" { open -= 1 }
                index += 1
            }
            guard open == 0 else { throw fail("expected '}' before end of string") }
            try field(
                format.slice(start..<index - 1), arguments, &automatic, nesting, format.isMarkup, &builder)
            try guardLength(builder.count)
        }
    }

    private func field(
        _ field: Text, _ arguments: Arguments, _ automatic: inout Int, _ nesting: Int, _ isMarkup: Bool,
        _ builder: inout TextBuilder
    ) throws(TemplateError) {
        let scalars = field.scalars
        var end = 0
        var brackets = 0
        while end < scalars.count {
            if scalars[end] == "[" { brackets += 1 } else if scalars[end] == "]" { brackets = 0 }
            if brackets == 0, scalars[end] == "!" || scalars[end] == ":" { break }
            end += 1
        }
        var value = try lookUp(Array(scalars[..<end]), arguments, &automatic)
        var rest = scalars[end...]
        if rest.first == "!" {
            guard let conversion = rest.dropFirst().first else {
                throw fail("end of string while looking for conversion specifier")
            }
            rest = rest.dropFirst(2)
            guard rest.isEmpty || rest.first == ":" else {
                throw fail("expected ':' after conversion specifier")
            }
            switch conversion {
            case "s": value = .string(try str(value))
            case "r": value = .string(try repr(value))
            case "a": value = .string(ascii(try repr(value)))
            default: throw fail("Unknown conversion specifier '\(String(Character(conversion)))'")
            }
        }
        var spec = TextBuilder()
        if rest.first == ":" {
            let text = Text(Array(rest.dropFirst()))
            try braceFormat(text, arguments, &automatic, nesting: nesting - 1, into: &spec)
        }
        if isMarkup {
            if case .string(let text) = value, text.isMarkup {
                builder.append(text)
            } else {
                builder.append(escaped(try format(value, spec.scalars)))
            }
        } else {
            builder.append(try format(value, spec.scalars))
        }
    }

    /// `name.attribute[item]...`; an empty name is the next positional argument.
    private func lookUp(
        _ path: [Unicode.Scalar], _ arguments: Arguments, _ automatic: inout Int
    ) throws(TemplateError) -> Value {
        var index = 0
        func word(until stops: [Unicode.Scalar]) -> String {
            var view = String.UnicodeScalarView()
            while index < path.count, !stops.contains(path[index]) {
                view.append(path[index])
                index += 1
            }
            return String(view)
        }
        let first = word(until: [".", "["])
        var value: Value
        if first.isEmpty || first.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) {
            let isAutomatic = first.isEmpty
            guard automatic >= 0 || !isAutomatic, automatic <= 0 || isAutomatic else {
                throw fail("cannot switch between manual field specification and automatic field numbering")
            }
            let position = isAutomatic ? automatic : Int(first) ?? Int.max
            automatic = isAutomatic ? automatic + 1 : -1
            guard position < arguments.positional.count else {
                throw fail("Replacement index \(position) out of range for positional args tuple")
            }
            value = arguments.positional[position]
        } else {
            try charge(inspected: arguments.keywords.count)
            guard let argument = arguments.keywords.first(where: { $0.name == first }) else {
                throw fail(pythonRepr(of: first.unicodeScalars))
            }
            value = argument.value
        }
        while index < path.count {
            let opening = path[index]
            index += 1
            if opening == "." {
                let name = word(until: [".", "["])
                guard !name.isEmpty else { throw fail("Empty attribute in format string") }
                value = try attribute(value, name)
            } else {
                let key = word(until: ["]"])
                guard index < path.count else { throw fail("Missing ']' in format string") }
                index += 1
                guard !key.isEmpty else { throw fail("Empty attribute in format string") }
                let isNumber = key.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
                value = try item(value, isNumber ? Int(key).map { .int($0) } ?? .string(key) : .string(key))
                guard index == path.count || path[index] == "." || path[index] == "[" else {
                    throw fail("Only '.' or '[' may follow ']' in format field specifier")
                }
            }
        }
        return value
    }
}
