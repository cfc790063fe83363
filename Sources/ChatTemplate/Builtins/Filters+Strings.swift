// jinja2's filters on text.
extension Interpreter {
    func filterUpper(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "upper")
        return try text(try folded(value).uppercased)
    }

    /// Changing case looks up each character's properties.
    private func folded(_ value: Value) throws(TemplateError) -> Text {
        let source = try softStr(value)
        try charge(produced: source.count * 4)
        return source
    }

    func filterLower(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "lower")
        return try text(try folded(value).lowercased)
    }

    func filterCapitalize(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "capitalize")
        return try text(try folded(value).capitalized)
    }

    /// Not `str.title`: words begin after space, hyphens and opening brackets only.
    func filterTitle(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "title")
        let source = try folded(value)
        var builder = TextBuilder()
        func isBreak(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isPythonSpace || scalar == "-" || scalar == "(" || scalar == "{" || scalar == "["
                || scalar == "<"
        }
        var index = 0
        while index < source.count {
            let start = index
            let isGap = isBreak(source.scalars[index])
            while index < source.count, isBreak(source.scalars[index]) == isGap { index += 1 }
            if isGap {
                builder.append(source, start..<index)
            } else {
                builder.append(source.slice(start..<start + 1).uppercased)
                builder.append(source.slice(start + 1..<index).lowercased)
            }
        }
        return try text(builder.text())
    }

    func filterTrim(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let source = try softStr(value)
        let characters = try bind(arguments, to: "trim", ["chars"])[0]
        return .string(try strip(source, characters, left: true, right: true).marked(source.isMarkup))
    }

    func filterString(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "string")
        return try text(try softStr(value))
    }

    func filterReplace(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "replace", ["old", "new", "count"], required: 2)
        let limit: Int
        if case .some(let count) = bound[2], !count.isNone {
            limit = try integer(count, default: -1, "count")
        } else {
            limit = -1
        }
        return .string(
            try replace(try str(value), try str(bound[0] ?? .none), try str(bound[1] ?? .none), limit: limit))
    }

    func filterCenter(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let width = try bind(arguments, to: "center", ["width"])[0] ?? .int(80)
        return try stringMethod(try softStr(value), "center", Arguments([width]))
    }

    func filterFormat(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let format = try softStr(value)
        guard !arguments.keywords.isEmpty else {
            return try percentFormat(format, try tuple(arguments.positional))
        }
        guard arguments.positional.isEmpty else {
            throw fail("can't handle positional and keyword arguments at the same time")
        }
        var builder = DictBuilder()
        for keyword in arguments.keywords { builder.set(keyword.key, keyword.value) }
        return try percentFormat(format, try dict(builder))
    }

    func filterIndent(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "indent", ["width", "first", "blank"])
        var indention: Text
        if case .string(let text) = bound[0] {
            indention = text
        } else {
            let width = max(0, try integer(bound[0], default: 4, "width"))
            try checkLength(width)
            indention = Text(Array(repeating: " ", count: width))
        }
        guard case .string(let source) = value else {
            if case .undefined(let undefined) = value { throw fail(undefined.message) }
            throw fail("unsupported operand type(s) for +=: '\(value.typeName)' and 'str'")
        }
        if source.isMarkup { indention = escapedUnlessMarkup(indention) }
        let indentsBlank = try isTrue(bound[2] ?? .bool(false))
        let indentsFirst = try isTrue(bound[1] ?? .bool(false))
        // A line end more makes the last line count even where it is empty.
        var withEnd = TextBuilder()
        withEnd.append(source)
        withEnd.append("\n")
        let lines = try splitLines(withEnd.text())
        var builder = TextBuilder()
        for (index, line) in lines.enumerated() {
            if index > 0 { builder.append("\n") }
            if index == 0 ? indentsFirst : indentsBlank || !line.isEmpty { builder.append(indention) }
            builder.append(line)
            guard builder.count <= limits.valueLength else { break }
        }
        return try text(builder.text(isMarkup: source.isMarkup))
    }

    private func escapedUnlessMarkup(_ text: Text) -> Text {
        text.isMarkup ? text : text.marked()
    }

    func filterTruncate(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "truncate", ["length", "killwords", "end", "leeway"])
        let length = try integer(bound[0], default: 255, "length")
        let end = bound[2] == nil ? "..." : try string(bound[2], "end")
        var leeway = 5
        if let given = bound[3], !given.isNone { leeway = try integer(given, default: 5, "leeway") }
        guard length >= end.count else { throw fail("expected length >= \(end.count), got \(length)") }
        guard leeway >= 0 else { throw fail("expected leeway >= 0, got \(leeway)") }
        let count = try self.length(value)
        if count <= length || count - length <= leeway { return value }
        guard case .string(let source) = value else {
            throw fail("can only truncate str, not \(value.typeName)")
        }
        var kept = source.slice(0..<length - end.count)
        if !(try isTrue(bound[1] ?? .bool(false))), let space = kept.scalars.lastIndex(of: " ") {
            kept = kept.slice(0..<space)
        }
        return try join(kept.marked(source.isMarkup), end)
    }

    func filterWordCount(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "wordcount")
        let source = try softStr(value)
        try charge(inspected: source.count)
        var count = 0
        var inWord = false
        for scalar in source.scalars {
            let isWord = scalar.isPythonAlphanumeric || scalar == "_"
            if isWord, !inWord { count += 1 }
            inWord = isWord
        }
        return .int(count)
    }

    func filterSafe(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "safe")
        return try text(try str(value).marked())
    }

    func filterEscape(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "escape")
        if case .string(let source) = value, source.isMarkup { return value }
        return try text(escaped(try str(value)))
    }

    func filterForceEscape(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "forceescape")
        return try text(escaped(try str(value)))
    }

    func filterStripTags(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "striptags")
        let source = try str(value)
        var builder = TextBuilder()
        var position = 0
        while let start = try find("<", in: source, position..<source.count) {
            let isComment =
                source.count - start >= 4
                && source.scalars[start..<start + 4].elementsEqual("<!--".unicodeScalars)
            let mark: Text = isComment ? "-->" : ">"
            guard
                let end = try find(
                    mark, in: source, min(start + (isComment ? 4 : 1), source.count)..<source.count)
            else { break }
            builder.append(source, position..<start)
            position = end + mark.count
        }
        builder.append(source, position..<source.count)
        let words = try split(builder.text(), nil, limit: -1, fromEnd: false)
        var result = try joined(words, " ")
        let entities: [(Text, Text)] = [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"),
            ("&nbsp;", "\u{A0}"),
            ("&amp;", "&"),
        ]
        for (entity, character) in entities { result = try replace(result, entity, character, limit: -1) }
        return .string(result)
    }

    func filterURLEncode(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "urlencode")
        if case .string(let source) = value { return try text(try quoted(source, slash: true)) }
        guard ValueIterator(value) != nil else { return try text(try quoted(try str(value), slash: true)) }
        var pairs: [Value]
        if case .dict(let dict) = value {
            pairs = try items(.object(DictViewObject(.items, of: dict)))
        } else {
            pairs = try items(value)
        }
        var parts: [Text] = []
        for pair in pairs {
            let pair = try items(pair)
            guard pair.count == 2 else {
                throw fail("not enough values to unpack (expected 2, got \(pair.count))")
            }
            var builder = TextBuilder()
            builder.append(try quoted(try str(pair[0]), slash: false, plus: true))
            builder.append("=")
            builder.append(try quoted(try str(pair[1]), slash: false, plus: true))
            parts.append(builder.text())
        }
        pairs = []
        return .string(try joined(parts, "&"))
    }

    private func quoted(_ source: Text, slash: Bool, plus: Bool = false) throws(TemplateError) -> Text {
        let hex = Array("0123456789ABCDEF".unicodeScalars)
        var result: [Unicode.Scalar] = []
        for byte in source.string.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: result.append(Unicode.Scalar(byte))
            case 47 where slash: result.append("/")
            case 32 where plus: result.append("+")
            default:
                result.append("%")
                result.append(hex[Int(byte >> 4)])
                result.append(hex[Int(byte & 15)])
            }
        }
        try checkLength(result.count)
        return source.opaque(result)
    }

    func filterXMLAttributes(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let autospace = try isTrue(try bind(arguments, to: "xmlattr", ["autospace"])[0] ?? .bool(true))
        guard case .dict(let dict) = value else {
            throw fail("'\(value.typeName)' object has no attribute 'items'")
        }
        var parts: [Text] = []
        for index in dict.keys.indices where !dict.values[index].isNone && !dict.values[index].isUndefined {
            let key = try string(dict.keys[index], "attribute name")
            let isInvalid = key.scalars.contains { " \t\n\r\u{0B}\u{0C}/>=".unicodeScalars.contains($0) }
            guard !isInvalid else {
                throw fail("Invalid character in attribute name: \(pythonRepr(of: key.scalars))")
            }
            var builder = TextBuilder()
            builder.append(escaped(key))
            builder.append("=\"")
            let content = try softStr(dict.values[index])
            builder.append(content.isMarkup ? content : escaped(content))
            builder.append("\"")
            parts.append(builder.text())
        }
        let result = try joined(parts, " ")
        guard autospace, !result.isEmpty else { return .string(result) }
        return try join(" ", result)
    }

    /// For debugging; unlike Python's it never breaks lines.
    func filterPrettyPrint(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "pprint")
        return try text(try repr(value))
    }
}
