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
