// jinja2's filters that apply a filter, a test or an attribute to each item.
extension Interpreter {
    /// `"a.b.0"` or an integer, looked up step by step.
    func attributePath(_ item: Value, _ path: Value, default initial: Value? = nil) throws(TemplateError)
        -> Value
    {
        var result = item
        for part in try pathParts(path) {
            result = try self.item(result, part)
            if result.isUndefined, let initial { result = initial }
        }
        return result
    }

    private func pathParts(_ path: Value) throws(TemplateError) -> [Value] {
        switch path {
        case .none: return []
        case .string(let text):
            var parts: [Value] = []
            for part in try split(text, .string("."), limit: -1, fromEnd: false) {
                let isNumber = part.all(\.isPythonDigit)
                parts.append(isNumber ? Int(part.string).map { .int($0) } ?? .string(part) : .string(part))
            }
            return parts
        default: return [path]
        }
    }

    private func foldingCase(_ value: Value) throws(TemplateError) -> Value {
        guard case .string(let text) = value else { return value }
        try charge(produced: text.count * 4)
        return .string(text.lowercased)
    }

    func filterMap(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        var iterator: ValueIterator?
        var arguments = arguments
        var path: Value?
        var initial: Value?
        var name = ""
        return try generator(over: value.depth + 1) { [self] () throws(TemplateError) -> Value? in
            if iterator == nil {
                guard try isTrue(value) else { return nil }
                if arguments.positional.isEmpty, let attribute = arguments.takeKeyword("attribute") {
                    path = attribute
                    initial = arguments.takeKeyword("default").flatMap { $0.isNone ? nil : $0 }
                    if let extra = arguments.keywords.first {
                        throw fail("Unexpected keyword argument '\(extra.name)'")
                    }
                } else {
                    guard !arguments.positional.isEmpty else { throw fail("map requires a filter argument") }
                    name = try str(arguments.positional.removeFirst()).string
                }
                iterator = try self.iterator(value)
            }
            guard let item = try iterator?.next(self) else { return nil }
            try step()
            if let path { return try attributePath(item, path, default: initial) }
            return try filter(name, item, arguments)
        }
    }

    private func selecting(
        _ value: Value, _ arguments: Arguments, byAttribute: Bool, keeping wanted: Bool
    ) throws(TemplateError) -> Value {
        var iterator: ValueIterator?
        var arguments = arguments
        var path: Value?
        var name: String?
        return try generator(over: value.depth) { [self] () throws(TemplateError) -> Value? in
            if iterator == nil {
                guard try isTrue(value) else { return nil }
                if byAttribute {
                    guard !arguments.positional.isEmpty else {
                        throw fail("Missing parameter for attribute name")
                    }
                    path = arguments.positional.removeFirst()
                }
                if !arguments.positional.isEmpty { name = try str(arguments.positional.removeFirst()).string }
                iterator = try self.iterator(value)
            }
            while let item = try iterator?.next(self) {
                try step()
                var tested = item
                if let path { tested = try attributePath(item, path) }
                let result: Bool
                if let name {
                    result = try test(name, tested, arguments)
                } else {
                    result = try isTrue(tested)
                }
                if result == wanted { return item }
            }
            return nil
        }
    }

    func filterSelect(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try selecting(value, arguments, byAttribute: false, keeping: true)
    }

    func filterReject(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try selecting(value, arguments, byAttribute: false, keeping: false)
    }

    func filterSelectAttr(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try selecting(value, arguments, byAttribute: true, keeping: true)
    }

    func filterRejectAttr(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try selecting(value, arguments, byAttribute: true, keeping: false)
    }

    func filterUnique(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "unique", ["case_sensitive", "attribute"])
        let isSensitive = try isTrue(bound[0] ?? .bool(false))
        let path = bound[1] ?? .none
        var iterator: ValueIterator?
        var seen: Set<HashKey> = []
        return try generator(over: value.depth) { [self] () throws(TemplateError) -> Value? in
            if iterator == nil { iterator = try self.iterator(value) }
            while let item = try iterator?.next(self) {
                try checkLength(1)
                var key = try attributePath(item, path)
                if !isSensitive { key = try foldingCase(key) }
                try checkHashable(key)
                if seen.insert(HashKey(key)).inserted { return item }
            }
            return nil
        }
    }

    // MARK: Order

    func filterSort(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "sort", ["reverse", "case_sensitive", "attribute"])
        let isSensitive = try isTrue(bound[1] ?? .bool(false))
        var paths: [Value] = [bound[2] ?? .none]
        if case .string(let text) = bound[2] {
            paths = try split(text, .string(","), limit: -1, fromEnd: false).map { .string($0) }
        }
        let all = try items(value)
        var keys: [Value] = []
        for item in all {
            var key: [Value] = []
            for path in paths {
                let part = try attributePath(item, path)
                key.append(isSensitive ? part : try foldingCase(part))
            }
            keys.append(try tuple(key))
        }
        let order = try sortedIndices(keys, reversed: try isTrue(bound[0] ?? .bool(false))) {
            (a, b) throws(TemplateError) in try isLess(a, b)
        }
        return try list(order.map { all[$0] })
    }

    func filterDictSort(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "dictsort", ["case_sensitive", "by", "reverse"])
        let isSensitive = try isTrue(bound[0] ?? .bool(false))
        let by = bound[1] == nil ? "key" : try str(bound[1] ?? .none).string
        guard by == "key" || by == "value" else {
            throw fail("You can only sort by either \"key\" or \"value\"")
        }
        if case .undefined(let undefined) = value { throw fail(undefined.message) }
        guard case .dict(let dict) = value else {
            throw fail("'\(value.typeName)' object has no attribute 'items'")
        }
        let sorted = by == "key" ? dict.keys : dict.values
        var keys = sorted
        if !isSensitive {
            for index in keys.indices { keys[index] = try foldingCase(keys[index]) }
        }
        let order = try sortedIndices(keys, reversed: try isTrue(bound[2] ?? .bool(false))) {
            (a, b) throws(TemplateError) in try isLess(a, b)
        }
        var pairs: [Value] = []
        for index in order { pairs.append(try tuple([dict.keys[index], dict.values[index]])) }
        return try list(pairs)
    }

    private func extreme(
        _ value: Value, _ arguments: Arguments, _ name: String,
        isBetter: (Value, Value) throws(TemplateError) -> Bool
    ) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: name, ["case_sensitive", "attribute"])
        let isSensitive = try isTrue(bound[0] ?? .bool(false))
        var iterator = try iterator(value)
        var best: (item: Value, key: Value)?
        while let item = try iterator.next(self) {
            try step()
            var key = try attributePath(item, bound[1] ?? .none)
            if !isSensitive { key = try foldingCase(key) }
            if let known = best, !(try isBetter(key, known.key)) { continue }
            best = (item, key)
        }
        return best?.item ?? undefined("No aggregated item, sequence was empty.")
    }

    func filterMin(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try extreme(value, arguments, "min") { (a, b) throws(TemplateError) in try isLess(a, b) }
    }

    func filterMax(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try extreme(value, arguments, "max") { (a, b) throws(TemplateError) in try isLess(b, a, ">") }
    }

    func filterSum(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(arguments, to: "sum", ["attribute", "start"])
        var total = bound[1] ?? .int(0)
        if case .string = total { throw fail("sum() can't sum strings [use ''.join(seq) instead]") }
        var iterator = try iterator(value)
        while let item = try iterator.next(self) {
            try step()
            total = try binary(.add, total, try attributePath(item, bound[0] ?? .none))
        }
        return total
    }

    func filterGroupBy(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let bound = try bind(
            arguments, to: "groupby", ["attribute", "default", "case_sensitive"], required: 1)
        let path = bound[0] ?? .none
        let initial = bound[1].flatMap { $0.isNone ? nil : $0 }
        let isSensitive = try isTrue(bound[2] ?? .bool(false))
        let all = try items(value)
        var keys: [Value] = []
        for item in all {
            let key = try attributePath(item, path, default: initial)
            keys.append(isSensitive ? key : try foldingCase(key))
        }
        let order = try sortedIndices(keys, reversed: false) { (a, b) throws(TemplateError) in
            try isLess(a, b)
        }
        var groups: [Value] = []
        var members: [Value] = []
        for (position, index) in order.enumerated() {
            members.append(all[index])
            let isLast = position + 1 == order.count
            if !isLast, try isEqual(keys[index], keys[order[position + 1]]) { continue }
            let key = isSensitive ? keys[index] : try attributePath(members[0], path, default: initial)
            groups.append(.tuple(try listObject([key, try list(members)], fields: ["grouper", "list"])))
            members = []
        }
        return try list(groups)
    }
}
