// Python's str() and repr().
extension Interpreter {
    func str(_ value: Value) throws(TemplateError) -> Text {
        switch value {
        case .string(let text): return text.marked(false)
        case .undefined: return .empty
        default: return try repr(value)
        }
    }

    /// As `str`, but keeps the mark of `Markup`.
    func softStr(_ value: Value) throws(TemplateError) -> Text {
        if case .string(let text) = value { return text }
        return try str(value)
    }

    func repr(_ value: Value) throws(TemplateError) -> Text {
        switch value {
        case .none: return "None"
        case .bool(let value): return value ? "True" : "False"
        case .int(let value): return Text(String(value))
        case .bigInt(let digits): return digits
        case .float(let value): return Text(pythonRepr(of: value))
        default:
            var builder = TextBuilder()
            try appendRepr(value, to: &builder)
            return builder.text()
        }
    }

    private func appendRepr(_ value: Value, to builder: inout TextBuilder) throws(TemplateError) {
        try enterLevel()
        defer { depth -= 1 }
        try step()
        guard builder.count <= limits.valueLength else { return try checkLength(builder.count) }
        switch value {
        case .none, .bool, .int, .bigInt, .float: builder.append(try repr(value))
        case .undefined: builder.append("Undefined")
        case .string(let text):
            try charge(produced: text.count)
            if text.isMarkup { builder.append("Markup(") }
            let isTainted = text.isTainted
            writeRepr(of: text.scalars) { builder.append($0, isTainted: isTainted) }
            if text.isMarkup { builder.append(")") }
        case .list(let list): try append("[", list.items, "]", to: &builder)
        case .tuple(let list):
            try append("(", list.items, list.items.count == 1 ? ",)" : ")", to: &builder)
        case .dict(let dict): try append(dict.keys, dict.values, to: &builder)
        case .object(let object): try appendRepr(object, to: &builder)
        }
    }

    private func append(
        _ opening: String, _ items: [Value], _ closing: String, to builder: inout TextBuilder
    ) throws(TemplateError) {
        builder.append(opening)
        for index in items.indices {
            if index > 0 { builder.append(", ") }
            try appendRepr(items[index], to: &builder)
        }
        builder.append(closing)
    }

    private func append(_ keys: [Value], _ values: [Value], to builder: inout TextBuilder)
        throws(TemplateError)
    {
        builder.append("{")
        for index in keys.indices {
            if index > 0 { builder.append(", ") }
            try appendRepr(keys[index], to: &builder)
            builder.append(": ")
            try appendRepr(values[index], to: &builder)
        }
        builder.append("}")
    }

    private func appendRepr(_ object: Object, to builder: inout TextBuilder) throws(TemplateError) {
        switch object {
        case let range as RangeObject:
            builder.append("range(\(range.start), \(range.stop)\(range.step == 1 ? "" : ", \(range.step)"))")
        case let view as DictViewObject:
            builder.append(view.kind.rawValue)
            var items: [Value] = []
            for index in 0..<view.dict.count { items.append(view[index]) }
            try append("([", items, "])", to: &builder)
        case let namespace as NamespaceObject:
            builder.append("<Namespace ")
            try append(namespace.attributes.keys, namespace.attributes.values, to: &builder)
            builder.append(">")
        case let macro as MacroObject:
            builder.append(
                "<Macro \(macro.macro.name.map { pythonRepr(of: $0.unicodeScalars) } ?? "anonymous")>")
        case let loop as LoopObject:
            builder.append("<LoopContext \(loop.index0 + 1)/\(try loop.length(self))>")
        case let function as FunctionObject: builder.append("<function \(function.name)>")
        case let method as MethodObject:
            builder.append("<built-in method \(method.name) of \(method.receiver.typeName) object>")
        default: builder.append("<\(object.typeName) object>")
        }
    }

    /// HTML escaping, for the filters that ask for it.
    func escaped(_ text: Text) -> Text {
        let isPlain = text.scalars.allSatisfy { scalar in
            switch scalar {
            case "&", "<", ">", "'", "\"": false
            default: true
            }
        }
        if isPlain { return text.marked() }
        var builder = TextBuilder()
        for (index, scalar) in text.scalars.enumerated() {
            let replacement: Text? =
                switch scalar {
                case "&": "&amp;"
                case "<": "&lt;"
                case ">": "&gt;"
                case "'": "&#39;"
                case "\"": "&#34;"
                default: nil
                }
            if let replacement {
                for part in replacement.scalars { builder.append(part, isTainted: text.isTainted(at: index)) }
            } else {
                builder.append(scalar, isTainted: text.isTainted(at: index))
            }
        }
        return builder.text(isMarkup: true)
    }
}
