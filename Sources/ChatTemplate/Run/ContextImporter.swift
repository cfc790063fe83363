/// Turns what the caller passes into the interpreter's values, marking data as tainted.
struct ContextImporter {
    /// nil: nobody asks where text comes from, so nothing is marked.
    let trust: TemplateTrust?
    let nesting: Int

    func values(_ context: [String: TemplateValue]) throws(TemplateError) -> [String: Value] {
        var result: [String: Value] = [:]
        for (name, value) in context {
            let isData = trust.map { !$0.names.contains(name) } ?? false
            if name == "messages", case .array(let messages) = value {
                result[name] = try self.messages(messages, isData)
            } else {
                result[name] = try self.value(value, isData, 1)
            }
        }
        return result
    }

    private func messages(_ messages: [TemplateValue], _ isData: Bool) throws(TemplateError) -> Value {
        var items: [Value] = []
        var depth = 0
        for message in messages {
            if case .object(let object) = message {
                items.append(.dict(try dict(object, isData, 2, isMessage: true)))
            } else {
                items.append(try value(message, isData, 2))
            }
            depth = max(depth, items[items.count - 1].depth)
        }
        return .list(ListObject(items, depth: depth + 1))
    }

    private func value(_ value: TemplateValue, _ isData: Bool, _ level: Int) throws(TemplateError) -> Value {
        switch value {
        case .null: return .none
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .bigInt(let digits): return pythonInt(Array(digits.unicodeScalars), base: 10) ?? .string(digits)
        case .double(let value): return .float(value)
        case .string(let string): return .string(Text(string, isTainted: isData))
        case .array(let values):
            try check(level)
            var items: [Value] = []
            items.reserveCapacity(values.count)
            var depth = 0
            for value in values {
                let item = try self.value(value, isData, level + 1)
                depth = max(depth, item.depth)
                items.append(item)
            }
            return .list(ListObject(items, depth: depth + 1))
        case .object(let object): return .dict(try dict(object, isData, level))
        }
    }

    private func dict(
        _ object: TemplateObject, _ isData: Bool, _ level: Int, isMessage: Bool = false
    ) throws(TemplateError) -> DictObject {
        try check(level)
        var builder = DictBuilder()
        for entry in object.entries {
            var isData = isData
            let key = Value.string(Text(entry.key, isTainted: isData))
            if isMessage, entry.key == "role", case .string(let role) = entry.value, let trust {
                isData = isData && !trust.roles.contains(role)
            }
            builder.set(key, try value(entry.value, isData, level + 1))
        }
        return builder.dict()
    }

    private func check(_ level: Int) throws(TemplateError) {
        guard level < nesting else {
            throw TemplateError(kind: .limit, message: "the input nests deeper than \(nesting) levels")
        }
    }
}
