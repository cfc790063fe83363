import ChatTemplate

/// MiniMax M3: every tag stands behind a mark, arguments are named by their tags, objects and lists are tags
/// within tags.
extension BlockReader {
    static let nestedMark = "]<]minimax[>["

    mutating func nestedCalls() throws(BlockStop) {
        try literal(Self.nestedMark + "<tool_call>")
        var isFirst = true
        while true {
            let end = position
            skipSpace()
            if !isFirst, isAtEnd { return }
            if !isFirst, try optional(Self.nestedMark + "</tool_call>") { return }
            guard try optional(Self.nestedMark + "<invoke name=\"") else {
                if isFirst { throw .malformed }
                return back(to: end)
            }
            isFirst = false
            let name = try name()
            try literal("\">")
            var object = TemplateObject()
            while try !optional(Self.nestedMark + "</invoke>") {
                let (key, value) = try nestedElement(tools.parameters(of: name), 0)
                object.entries.append(.init(key: key, value: value))
            }
            emit(ToolCall(name: name, arguments: TemplateValue.object(object).json))
        }
    }

    /// A tag with what is in it.
    ///
    /// - Parameter parent: the schema of what the tag is in.
    private mutating func nestedElement(
        _ parent: TemplateValue?, _ depth: Int
    ) throws(BlockStop) -> (key: String, value: TemplateValue) {
        guard depth < 64 else { throw .malformed }
        try literal(Self.nestedMark + "<")
        let key = try name()
        try literal(">")
        let schema =
            parent?.member("properties")?.member(key) ?? (key == "item" ? parent?.member("items") : nil)
        let closer = Self.nestedMark + "</\(key)>"
        if try optional(closer) { return (key, Self.emptyValue(schema)) }
        guard try optional(Self.nestedMark) else {
            return (key, ToolSchemas.value(of: try text(until: closer), schema))
        }
        back(to: position - Self.nestedMark.utf8.count)
        var entries: [TemplateObject.Entry] = []
        while try !optional(closer) {
            let (key, value) = try nestedElement(schema, depth + 1)
            entries.append(.init(key: key, value: value))
        }
        let isList = schema?.member("type") != "object" && entries.allSatisfy { $0.key == "item" }
        return (key, isList ? .array(entries.map(\.value)) : .object(TemplateObject(entries)))
    }

    private static func emptyValue(_ schema: TemplateValue?) -> TemplateValue {
        switch schema?.member("type") {
        case .string("array"): .array([])
        case .string("object"): [:]
        default: ""
        }
    }
}
