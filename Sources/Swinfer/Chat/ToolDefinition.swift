import ChatTemplate

/// A function that a model may ask to be called.
public struct ToolDefinition: Sendable, Equatable {
    /// The name that calls carry.
    public var name: String
    /// What it does, for the model to read.
    public var description: String
    /// A JSON Schema of the arguments, as JSON text: `{"type": "object", "properties": {...}}`.
    public var parameters: String

    /// A function with a name, a description and a JSON Schema of its arguments.
    public init(name: String, description: String = "", parameters: String = Self.noParameters) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }

    /// The schema of a function without arguments.
    public static let noParameters = #"{"type": "object", "properties": {}}"#

    /// Reads a JSON array of definitions, each `{"type": "function", "function": {"name": ...}}` as
    /// OpenAI's interface has them, or only what is under `function`.
    ///
    /// - Throws: `SwinferError.invalidOption` saying what does not fit and where.
    public static func list(json: String) throws(SwinferError) -> [ToolDefinition] {
        let value: TemplateValue
        do { value = try TemplateValue(json: json) } catch {
            throw .invalidOption(name: "tools", reason: error.description)
        }
        let items: [TemplateValue] = if case .array(let items) = value { items } else { [value] }
        var tools: [ToolDefinition] = []
        for (index, item) in items.enumerated() {
            guard let tool = ToolDefinition(item.member("function") ?? item) else {
                throw .invalidOption(
                    name: "tools",
                    reason: "definition \(index + 1) is not an object with a name and parameters")
            }
            tools.append(tool)
        }
        return tools
    }

    private init?(_ value: TemplateValue) {
        guard let name = value.member("name")?.text, !name.isEmpty else { return nil }
        let parameters = value.member("parameters") ?? value.member("input_schema")
        if let parameters, parameters != .null {
            guard case .object = parameters else { return nil }
            self.parameters = parameters.json
        } else {
            self.parameters = Self.noParameters
        }
        self.name = name
        description = value.member("description")?.text ?? ""
    }

    /// As templates want it.
    ///
    /// - Throws: `SwinferError.invalidOption` when the parameters are no JSON object.
    func templateValue() throws(SwinferError) -> TemplateValue {
        guard let schema = try? TemplateValue(json: parameters), case .object = schema else {
            throw .invalidOption(name: "tools", reason: "the parameters of \(name) are no JSON object")
        }
        return [
            "type": "function",
            "function": [
                "name": .string(name), "description": .string(description), "parameters": schema,
            ],
        ]
    }
}

extension TemplateValue {
    /// What an object has under a key; nil when it has nothing there, or when this is no object.
    func member(_ key: String) -> TemplateValue? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The string, if this is one.
    var text: String? { if case .string(let text) = self { text } else { nil } }
}
