import Swinfer

@main
struct Chat {
    static let weather = ToolDefinition(
        name: "weather", description: "The weather in a city.",
        parameters: #"{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}"#)

    static func main() async throws {
        let model = try await Model.load(path: BuiltInModel.path())
        let chat = try ChatSession(
            model, messages: [.system("You are a friendly storyteller.")], tools: [weather])
        var options = GenerationOptions()
        options.maxTokens = 60
        while let line = readLine() {
            try chat.append(.user(line))
            while try await answer(chat, options) {}
        }
    }

    /// Whether the model asked for something, and wants to go on.
    static func answer(_ chat: ChatSession, _ options: GenerationOptions) async throws -> Bool {
        var calls: [ToolCall] = []
        for try await event in try chat.respond(options: options) {
            switch event {
            case .text(let text): print(text, terminator: "")
            case .toolCall(let call): calls.append(call)
            case .finished: print()
            default: break
            }
        }
        for call in calls { try chat.append(.result(of: call, #"{"sky": "clear", "celsius": 21}"#)) }
        return !calls.isEmpty
    }
}
