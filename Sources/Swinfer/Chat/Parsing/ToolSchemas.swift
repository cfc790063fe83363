import ChatTemplate

/// The offered functions, for formats that do not tell strings from other values.
struct ToolSchemas: Sendable {
    private var parameters: [String: TemplateValue] = [:]

    init(_ tools: [ToolDefinition] = []) {
        for tool in tools { parameters[tool.name] = (try? TemplateValue(json: tool.parameters)) ?? .null }
    }

    var isEmpty: Bool { parameters.isEmpty }

    func contains(_ name: String) -> Bool { parameters[name] != nil }

    /// The value that a text stands for.
    ///
    /// What the schema declares a string stays the text; all else is JSON if it can be, with Python's
    /// words too.
    func value(of text: String, function: String, parameter: String) -> TemplateValue {
        Self.value(of: text, schema(function, parameter))
    }

    /// The schema of a function's arguments.
    func parameters(of function: String) -> TemplateValue? { parameters[function] }

    /// Whether a parameter's value is a text as it is.
    func isText(function: String, parameter: String) -> Bool {
        schema(function, parameter).map(Self.mayBeString) ?? false
    }

    private func schema(_ function: String, _ parameter: String) -> TemplateValue? {
        parameters[function]?.member("properties")?.member(parameter)
    }

    /// The value that a text stands for, by its schema.
    static func value(of text: String, _ schema: TemplateValue?) -> TemplateValue {
        if let schema, mayBeString(schema) { return .string(text) }
        switch text.trimmed {
        case "True": return true
        case "False": return false
        case "None": return nil
        default:
            guard let value = try? TemplateValue(json: text) else { return .string(text) }
            return value
        }
    }

    private static func mayBeString(_ schema: TemplateValue) -> Bool {
        switch schema.member("type") {
        case .string("string"): return true
        case .array(let types): return types.contains("string")
        case .none:
            for key in ["anyOf", "oneOf"] {
                if case .array(let options) = schema.member(key) {
                    return options.contains(where: mayBeString)
                }
            }
            if case .array(let values) = schema.member("enum") {
                return values.contains { $0.text != nil }
            }
            return false
        default: return false
        }
    }
}

extension String {
    /// Without whitespace at both ends.
    var trimmed: String {
        let bytes = Array(utf8)
        guard let start = bytes.firstIndex(where: { !$0.isSpace }),
            let end = bytes.lastIndex(where: { !$0.isSpace })
        else { return "" }
        return String(decoding: bytes[start...end], as: UTF8.self)
    }

    /// Without the line feed that begins it and the one that ends it.
    var withoutOuterLineFeeds: String {
        var bytes = Array(utf8)[...]
        if bytes.first == 0x0A { bytes = bytes.dropFirst() }
        if bytes.last == 0x0A { bytes = bytes.dropLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
