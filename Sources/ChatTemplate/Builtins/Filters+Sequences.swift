// jinja2's filters on sequences and dicts.
extension Interpreter {
    func filterLength(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "length")
        return .int(try length(value))
    }

    func filterDefault(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "default", ["default_value", "boolean"])
        var isMissing = value.isUndefined
        if !isMissing, let boolean = bound[1], try isTrue(boolean) { isMissing = !(try isTrue(value)) }
        return isMissing ? bound[0] ?? .string(.empty) : value
    }

    func filterJoin(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "join", ["d", "attribute"])
        let separator = try str(bound[0] ?? .string(.empty))
        let attribute = bound[1].flatMap { $0.isNone ? nil : $0 }
        var iterator = try iterator(value)
        var parts: [Text] = []
        while let item = try iterator.next(self) {
            try checkLength(1)
            if let attribute {
                parts.append(try str(try attributePath(item, attribute)))
            } else {
                parts.append(try str(item))
            }
        }
        return .string(try joined(parts, separator))
    }

    func filterFirst(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "first")
        var iterator = try iterator(value)
        return try iterator.next(self) ?? undefined("No first item, sequence was empty.")
    }

    func filterLast(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "last")
        guard let reversed = try reversedItems(value) else {
            throw fail("'\(value.typeName)' object is not reversible")
        }
        return reversed.first ?? undefined("No last item, sequence was empty.")
    }

    /// The items from the last to the first, for what Python can walk backwards.
    private func reversedItems(_ value: Value) throws(TemplateError) -> [Value]? {
        switch value {
        case .undefined: return []
        case .string, .list, .tuple, .dict: return try items(value).reversed()
        case .object(let object) where object is RangeObject || object is DictViewObject:
            return try items(value).reversed()
        default: return nil
        }
    }

    func filterReverse(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "reverse")
        if case .string(let source) = value {
            var builder = TextBuilder()
            for index in source.scalars.indices.reversed() {
                builder.append(source.scalars[index], isTainted: source.isTainted(at: index))
            }
            return try text(builder.text(isMarkup: source.isMarkup))
        }
        guard let reversed = try reversedItems(value) else {
            guard ValueIterator(value) != nil else { throw fail("argument must be iterable") }
            return try list(try items(value).reversed())
        }
        var index = 0
        let name: String
        switch value {
        case .list: name = "list_reverseiterator"
        case .dict: name = "dict_reversekeyiterator"
        case .object(let object) where object is RangeObject: name = "range_iterator"
        default: name = "reversed"
        }
        return try generator(name, over: value.depth) { () throws(TemplateError) -> Value? in
            defer { index += 1 }
            return index < reversed.count ? reversed[index] : nil
        }
    }

    func filterList(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "list")
        return try list(try items(value))
    }

    func filterItems(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try expectNoArguments(arguments, "items")
        var iterator: ValueIterator?
        return try generator(over: value.depth) { [self] () throws(TemplateError) -> Value? in
            if iterator == nil {
                switch value {
                case .undefined: return nil
                case .dict(let dict): iterator = ValueIterator(.object(DictViewObject(.items, of: dict)))
                default: throw fail("Can only get item pairs from a mapping.")
                }
            }
            return try iterator?.next(self)
        }
    }

    func filterBatch(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "batch", ["linecount", "fill_with"], required: 1)
        let size = bound[0] ?? .none
        let fill = bound[1].flatMap { $0.isNone ? nil : $0 }
        var iterator: ValueIterator?
        var pending: Value?
        var isDone = false
        return try generator(over: value.depth + 1) { [self] () throws(TemplateError) -> Value? in
            if iterator == nil { iterator = try self.iterator(value) }
            if isDone { return nil }
            var batch: [Value] = []
            if let first = pending { batch.append(first) }
            pending = nil
            while let item = try iterator?.next(self) {
                try checkLength(1)
                if try isEqual(.int(batch.count), size) {
                    pending = item
                    return try list(batch)
                }
                batch.append(item)
            }
            isDone = true
            guard !batch.isEmpty else { return nil }
            if let fill {
                let count = try integer(size, default: 0, "linecount")
                if batch.count < count {
                    try checkLength(count)
                    batch += Array(repeating: fill, count: count - batch.count)
                }
            }
            return try list(batch)
        }
    }

    func filterSlice(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "slice", ["slices", "fill_with"], required: 1)
        let count = bound[0] ?? .none
        let fill = bound[1].flatMap { $0.isNone ? nil : $0 }
        var all: [Value]?
        var number = 0
        var offset = 0
        return try generator(over: value.depth + 1) { [self] () throws(TemplateError) -> Value? in
            let slices = try integer(count, default: 1, "slices")
            if all == nil {
                all = try items(value)
                guard slices != 0 else { throw fail("integer division or modulo by zero") }
            }
            guard let items = all, number < slices else { return nil }
            let (size, extra) = (items.count / slices, items.count % slices)
            let start = offset + number * size
            if number < extra { offset += 1 }
            var part = Array(items[start..<offset + (number + 1) * size])
            if let fill, number >= extra { part.append(fill) }
            number += 1
            return try list(part)
        }
    }

    func filterAttr(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "attr", ["name"], required: 1)
        let name = try string(bound[0], "attribute name")
        if case .undefined(let undefined) = value { throw fail(undefined.message) }
        // Attributes only: a dict's keys are not found.
        if case .dict = value, !isDictAttribute(name.string) {
            return undefined("'dict object' has no attribute '\(name.string)'")
        }
        return try attribute(value, name.string)
    }

    private func isDictAttribute(_ name: String) -> Bool {
        Builtins.dictMethods.contains(name) || Builtins.dictMutators.contains(name)
            || Builtins.hiddenAttributes.contains(name)
    }

    func filterToJSON(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let names = ["ensure_ascii", "indent", "separators", "sort_keys"]
        let bound = try bind(arguments, to: "tojson", names)
        var writer = JSONWriter(self)
        writer.ensureASCII = try isTrue(bound[0] ?? .bool(false))
        writer.sortsKeys = try isTrue(bound[3] ?? .bool(false))
        if let indent = bound[1], !indent.isNone {
            if case .string(let text) = indent {
                writer.indent = text.scalars
            } else {
                let width = max(0, try integer(indent, default: 0, "indent"))
                try checkLength(width)
                writer.indent = Array(repeating: " ", count: width)
            }
            writer.itemSeparator = [","]
        }
        if let separators = bound[2], !separators.isNone {
            let pair = try items(separators)
            guard pair.count == 2 else {
                throw fail("not enough values to unpack (expected 2, got \(pair.count))")
            }
            writer.itemSeparator = try string(pair[0], "separator").scalars
            writer.keySeparator = try string(pair[1], "separator").scalars
        }
        try writer.write(value)
        return try text(writer.text)
    }
}
