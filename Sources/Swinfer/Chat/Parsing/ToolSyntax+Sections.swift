import ChatTemplate

/// JSON arguments between marks of a family's own.
extension BlockReader {
    /// Solar; the calls of an answer follow each other. The end of a message is no text either.
    mutating func solarCall() throws(BlockStop) {
        if try optional("<|end|>") {
            _ = try optional("<|begin|>assistant")
            return
        }
        try literal("<|tool_call:begin|>")
        let id = try self.name()
        try literal("<|tool_call:name|>")
        let name = try name()
        try literal("<|tool_call:args|>")
        skipSpace()
        let arguments = try jsonObject()
        skipSpace()
        let call = ToolCall(id: id, name: name, arguments: arguments.json)
        emit(call)
        _ = try optional("<|tool_call:end|>")
    }

    /// functionary: what comes behind `>>>all` is text.
    mutating func functionaryCall() throws(BlockStop) {
        try literal(">>>")
        if try optional("all\n") { return }
        let name = try name()
        guard tools.contains(name) else { throw .malformed }
        try literal("\n")
        skipSpace()
        emit(ToolCall(name: name, arguments: try jsonObject().json))
    }

    /// functionary 3.1. What comes behind `<|python_tag|>` is for the tool `python`: its arguments, as the template
    /// writes past calls, or else code up to the answer's end.
    mutating func functionObject() throws(BlockStop) {
        if try optional("<|python_tag|>") { return try pythonToolCall() }
        try literal("<function=")
        let name = try name()
        try literal(">")
        skipSpace()
        emit(ToolCall(name: name, arguments: try jsonObject().json))
        let end = position
        skipSpace()
        if try !optional("</function>") { back(to: end) }
    }

    private mutating func pythonToolCall() throws(BlockStop) {
        let name = "python"
        guard tools.contains(name) else { throw .malformed }
        skipSpace()
        if try peek() == UInt8(ascii: "{") {
            return emit(ToolCall(name: name, arguments: try jsonObject().json))
        }
        let code = try rest().trimmed
        guard !code.isEmpty else { throw .malformed }
        let arguments = TemplateObject([TemplateObject.Entry(key: "code", value: .string(code))])
        emit(ToolCall(name: name, arguments: TemplateValue.object(arguments).json))
    }

    /// Command R; a tool named `directly-answer` stands for none.
    mutating func commandRCalls() throws(BlockStop) {
        try literal("Action:")
        skipSpace()
        try literal("```json")
        skipSpace()
        try jsonCalls { call, tools in
            tools.contains(call.name) || call.name != "directly-answer" && call.name != "directly_answer"
        }
        skipSpace()
        _ = try optional("```")
    }

    mutating func jsonObject() throws(BlockStop) -> TemplateValue {
        let value = try json()
        guard case .object = value else { throw .malformed }
        return value
    }
}
