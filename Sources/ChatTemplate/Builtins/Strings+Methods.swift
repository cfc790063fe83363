// The methods of Python's str.
extension Interpreter {
    func stringMethod(_ text: Text, _ name: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        let result = try plainStringMethod(text, name, arguments)
        guard text.isMarkup else { return result }
        // Methods of Markup return Markup.
        switch result {
        case .string(let text): return .string(text.marked())
        case .list(let list): return try self.list(marked(list.items))
        case .tuple(let list): return try tuple(marked(list.items))
        default: return result
        }
    }

    private func marked(_ items: [Value]) -> [Value] {
        items.map { item in item.text.map { .string($0.marked()) } ?? item }
    }

    private func plainStringMethod(_ text: Text, _ name: String, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        if name != "startswith", name != "endswith" { try charge(inspected: text.count) }
        switch name {
        case "strip", "lstrip", "rstrip":
            let bound = try bind(arguments, to: name, ["chars"])
            return .string(try strip(text, bound[0], left: name != "rstrip", right: name != "lstrip"))
        case "split", "rsplit":
            let bound = try bind(arguments, to: name, ["sep", "maxsplit"])
            let limit = try integer(bound[1], default: -1, "maxsplit")
            let parts = try split(text, bound[0], limit: limit, fromEnd: name == "rsplit")
            return try list(parts.map { .string($0) })
        case "startswith", "endswith": return .bool(try hasAffix(text, name, arguments))
        case "replace":
            let bound = try bind(arguments, to: name, ["old", "new", "count"], required: 2)
            var new = try string(bound[1], "replace() argument 2")
            if text.isMarkup, !new.isMarkup { new = escaped(new) }
            let limit = try integer(bound[2], default: -1, "count")
            return .string(try replace(text, try string(bound[0], "replace() argument 1"), new, limit: limit))
        case "join":
            guard let parts = try bind(arguments, to: name, ["iterable"], required: 1)[0] else {
                return .none
            }
            return .string(try join(parts, text))
        case "format": return try braceFormat(text, arguments)
        case "format_map":
            guard case .dict(let dict) = try bind(arguments, to: name, ["mapping"], required: 1)[0] else {
                throw fail("format_map() argument must be a mapping")
            }
            var keywords = Arguments()
            for index in dict.keys.indices {
                guard case .string(let key) = dict.keys[index] else { continue }
                keywords.keywords.append(Arguments.Keyword(name: key.string, value: dict.values[index]))
            }
            return try braceFormat(text, keywords)
        case "find", "rfind", "index", "rindex", "count": return try search(text, name, arguments)
        case "splitlines":
            let bound = try bind(arguments, to: name, ["keepends"])
            let keepEnds = try isTrue(bound[0] ?? .bool(false))
            return try list(try splitLines(text, keepEnds: keepEnds).map { .string($0) })
        case "removeprefix", "removesuffix":
            let affix = try string(
                try bind(arguments, to: name, ["affix"], required: 1)[0], "\(name)() argument")
            guard affix.count <= text.count else { return .string(text.slice(0..<text.count)) }
            let rest =
                name == "removeprefix" ? affix.count..<text.count : 0..<text.count - affix.count
            let place = name == "removeprefix" ? 0 : text.count - affix.count
            guard text.scalars[place..<place + affix.count].elementsEqual(affix.scalars) else {
                return .string(text.slice(0..<text.count))
            }
            return .string(text.slice(rest))
        case "partition", "rpartition":
            let separator = try string(
                try bind(arguments, to: name, ["sep"], required: 1)[0], "partition() argument")
            guard !separator.isEmpty else { throw fail("empty separator") }
            let fromEnd = name == "rpartition"
            guard let found = try find(separator, in: text, 0..<text.count, fromEnd: fromEnd) else {
                let whole = Value.string(text.slice(0..<text.count))
                let empty = Value.string(.empty)
                return try tuple(fromEnd ? [empty, empty, whole] : [whole, empty, empty])
            }
            return try tuple([
                .string(text.slice(0..<found)), .string(text.slice(found..<found + separator.count)),
                .string(text.slice(found + separator.count..<text.count)),
            ])
        case "center", "ljust", "rjust", "zfill", "expandtabs": return try pad(text, name, arguments)
        default:
            try expectNoArguments(arguments, name)
            return try simpleMethod(text, name)
        }
    }

    private func simpleMethod(_ text: Text, _ name: String) throws(TemplateError) -> Value {
        // These look up each character's properties.
        try charge(produced: text.count * 4)
        switch name {
        case "upper": return try self.text(text.uppercased)
        case "lower": return try self.text(text.lowercased)
        case "capitalize": return try self.text(text.capitalized)
        case "title": return try self.text(text.titled)
        case "swapcase": return try self.text(text.caseSwapped)
        case "casefold": return try self.text(text.caseFolded)
        case "isalnum": return .bool(text.all(\.isPythonAlphanumeric))
        case "isalpha": return .bool(text.all(\.isPythonAlpha))
        case "isascii": return .bool(text.scalars.allSatisfy(\.isASCII))
        case "isdecimal": return .bool(text.all(\.isPythonDecimal))
        case "isdigit": return .bool(text.all(\.isPythonDigit))
        case "isnumeric": return .bool(text.all(\.isPythonNumeric))
        case "isspace": return .bool(text.all(\.isPythonSpace))
        case "isprintable": return .bool(text.scalars.allSatisfy { $0 == " " || $0.isPythonPrintable })
        case "isidentifier":
            guard let first = text.scalars.first else { return .bool(false) }
            return .bool(first.isIdentifierStart && text.scalars.allSatisfy(\.isIdentifierPart))
        case "islower": return .bool(text.isPythonLower)
        case "isupper": return .bool(text.isPythonUpper)
        case "istitle": return .bool(text.isPythonTitle)
        default: throw fail("'str' object has no method '\(name)'")
        }
    }

    private func join(_ parts: Value, _ separator: Text) throws(TemplateError) -> Text {
        var texts: [Text] = []
        for (index, part) in try items(parts).enumerated() {
            if separator.isMarkup {
                let soft = try softStr(part)
                texts.append(soft.isMarkup ? soft : escaped(soft))
            } else if case .string(let text) = part {
                texts.append(text)
            } else {
                throw fail("sequence item \(index): expected str instance, \(part.typeName) found")
            }
        }
        return try joined(texts, separator)
    }

    /// Optional `start` and `end` of a search, clipped as a slice would be.
    private func range(_ text: Text, _ start: Value?, _ end: Value?) throws(TemplateError) -> Range<Int>? {
        func clip(_ value: Value?, _ initial: Int) throws(TemplateError) -> Int {
            guard let value, !value.isNone else { return initial }
            guard let index = value.integer else {
                throw fail("slice indices must be integers or None or have an __index__ method")
            }
            return index < 0 ? max(0, index &+ text.count) : index
        }
        let (lower, upper) = (try clip(start, 0), min(try clip(end, text.count), text.count))
        return lower <= upper ? lower..<upper : nil
    }

    private func hasAffix(_ text: Text, _ name: String, _ arguments: Arguments) throws(TemplateError) -> Bool
    {
        let bound = try bind(arguments, to: name, ["prefix", "start", "end"], required: 1)
        var affixes: [Value] = []
        switch bound[0] {
        case .tuple(let list): affixes = list.items
        case .some(let value): affixes = [value]
        case nil: break
        }
        let range = try range(text, bound[1], bound[2])
        for affix in affixes {
            guard case .string(let affix) = affix else {
                throw fail("\(name) first arg must be str or a tuple of str, not \(affix.typeName)")
            }
            try step()
            guard let range, affix.count <= range.count else { continue }
            try charge(inspected: affix.count)
            let place = name == "startswith" ? range.lowerBound : range.upperBound - affix.count
            if text.scalars[place..<place + affix.count].elementsEqual(affix.scalars) { return true }
        }
        return false
    }

    private func search(_ text: Text, _ name: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: name, ["sub", "start", "end"], required: 1)
        let part = try string(bound[0], "\(name)() argument 1")
        let range = try range(text, bound[1], bound[2])
        if name == "count" {
            return .int(
                try range.map { range throws(TemplateError) in try count(part, in: text, range) } ?? 0)
        }
        let fromEnd = name == "rfind" || name == "rindex"
        if let range, let found = try find(part, in: text, range, fromEnd: fromEnd) { return .int(found) }
        guard name == "find" || name == "rfind" else { throw fail("substring not found") }
        return .int(-1)
    }

    private func pad(_ text: Text, _ name: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        if name == "expandtabs" { return try expandTabs(text, arguments) }
        let bound = try bind(
            arguments, to: name, name == "zfill" ? ["width"] : ["width", "fillchar"], required: 1)
        let width = try integer(bound[0], default: 0, "width")
        var fill = name == "zfill" ? Text("0") : " "
        if name != "zfill", let given = bound[1] { fill = try string(given, "The fill character") }
        guard fill.count == 1, let scalar = fill.scalars.first else {
            throw fail("The fill character must be exactly one character long")
        }
        let missing = max(0, width) - text.count
        guard missing > 0 else { return .string(text.slice(0..<text.count)) }
        try checkLength(width)
        let isTainted = fill.isTainted
        var builder = TextBuilder()
        func fillUp(_ count: Int) { for _ in 0..<count { builder.append(scalar, isTainted: isTainted) } }
        switch name {
        case "ljust":
            builder.append(text)
            fillUp(missing)
        case "rjust":
            fillUp(missing)
            builder.append(text)
        case "zfill":
            let hasSign = text.scalars.first == "-" || text.scalars.first == "+"
            builder.append(text, 0..<(hasSign ? 1 : 0))
            fillUp(missing)
            builder.append(text, (hasSign ? 1 : 0)..<text.count)
        default:
            let left = missing / 2 + (missing & width & 1)
            fillUp(left)
            builder.append(text)
            fillUp(missing - left)
        }
        return .string(builder.text())
    }

    private func expandTabs(_ text: Text, _ arguments: Arguments) throws(TemplateError) -> Value {
        let size = try integer(try bind(arguments, to: "expandtabs", ["tabsize"])[0], default: 8, "tabsize")
        try checkLength(max(0, size))
        var builder = TextBuilder()
        var column = 0
        for (index, scalar) in text.scalars.enumerated() {
            if scalar == "\t" {
                guard size > 0 else { continue }
                let missing = size - column % size
                builder.append(repeating: " ", count: missing)
                try guardLength(builder.count)
                column += missing
            } else {
                builder.append(scalar, isTainted: text.isTainted(at: index))
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return try self.text(builder.text())
    }
}
