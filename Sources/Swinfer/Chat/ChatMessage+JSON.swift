import ChatTemplate

extension ChatMessage {
    /// Reads a JSON array of messages as OpenAI's interface has them, or an object with such an array
    /// under `messages`.
    ///
    /// - Throws: `SwinferError.invalidOption` saying what does not fit and where.
    public static func list(json: String) throws(SwinferError) -> [ChatMessage] {
        let value: TemplateValue
        do { value = try TemplateValue(json: json) } catch {
            throw .invalidOption(name: "messages", reason: error.description)
        }
        guard case .array(let items) = value.member("messages") ?? value else {
            throw .invalidOption(name: "messages", reason: "no JSON array of messages")
        }
        var messages: [ChatMessage] = []
        for (index, item) in items.enumerated() {
            guard let message = ChatMessage(item) else {
                let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidOption(
                    name: "messages",
                    reason: "message \(index + 1) has no text as content or no role among \(roles)")
            }
            messages.append(message)
        }
        return messages
    }

    /// Messages as a JSON array, one message per line, as `list(json:)` reads it.
    public static func json(_ messages: [ChatMessage]) -> String {
        let lines = messages.map { $0.value(argumentsAreText: true).json }
        return lines.isEmpty ? "[]\n" : "[\n" + lines.joined(separator: ",\n") + "\n]\n"
    }

    private init?(_ value: TemplateValue) {
        guard let role = value.member("role")?.text.flatMap(Role.init) else { return nil }
        let content: String
        switch value.member("content") {
        case .string(let text): content = text
        case .array(let parts):
            // Parts of text; other kinds are not understood.
            var texts: [String] = []
            for part in parts {
                guard part.member("type") == "text", let text = part.member("text")?.text else { return nil }
                texts.append(text)
            }
            content = texts.joined()
        case .none, .null: content = ""
        default: return nil
        }
        self.init(role, content)
        reasoning = value.member("reasoning_content")?.text
        toolCallID = value.member("tool_call_id")?.text
        name = value.member("name")?.text
        if case .array(let calls) = value.member("tool_calls") {
            for call in calls {
                guard let call = ToolCall(call) else { return nil }
                toolCalls.append(call)
            }
        }
    }

    /// As templates want it.
    ///
    /// - Parameters:
    ///   - argumentsAreText: give arguments of calls as JSON text, not as objects.
    ///   - isHarmony: for gpt-oss, whose template calls thinking `thinking` and wants no content beside it.
    func value(argumentsAreText: Bool, isHarmony: Bool = false) -> TemplateValue {
        var object = TemplateObject([.init(key: "role", value: .string(role.rawValue))])
        if !(isHarmony && !toolCalls.isEmpty && reasoning != nil) { object["content"] = .string(content) }
        if let reasoning {
            object["reasoning_content"] = .string(reasoning)
            if isHarmony { object["thinking"] = .string(reasoning) }
        }
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls.map { $0.value(argumentsAreText) }) }
        if let toolCallID { object["tool_call_id"] = .string(toolCallID) }
        if let name { object["name"] = .string(name) }
        return .object(object)
    }
}

extension ToolCall {
    fileprivate func value(_ argumentsAreText: Bool) -> TemplateValue {
        let parsed = argumentsAreText ? nil : try? TemplateValue(json: arguments)
        return [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": parsed ?? .string(arguments)],
        ]
    }
}
