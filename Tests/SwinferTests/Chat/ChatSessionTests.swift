import Swinfer
import Testing

/// Everything that an answer tells.
private struct Answered {
    var text = ""
    var reasoning = ""
    var calls: [ToolCall] = []
    var reason: FinishReason?
    var statistics: GenerationStatistics?

    init(_ stream: AsyncThrowingStream<ChatEvent, any Error>) async throws {
        for try await event in stream {
            switch event {
            case .text(let piece): text += piece
            case .reasoning(let piece): reasoning += piece
            case .toolCall(let call): calls.append(call)
            case .finished(let reason, let statistics):
                self.reason = reason
                self.statistics = statistics
            }
        }
    }
}

@Suite struct ChatSessionTests {
    private func model(context: Int? = nil) throws -> Model {
        var options = ModelOptions()
        options.contextLength = context
        options.threads = 2
        return try Model(path: BuiltInModel.path(), options: options)
    }

    private func greedy(_ count: Int?) -> GenerationOptions {
        var options = GenerationOptions.greedy
        options.maxTokens = count
        return options
    }

    /// The answers are those to the conversation's text, turn by turn.
    @Test func turnsAreWhatTheTextSays() async throws {
        let model = try model()
        let chat = try ChatSession(model, messages: [.system("You are a friendly storyteller.")])
        var text = "<|im_start|>system\nYou are a friendly storyteller.<|im_end|>\n"
        for question in ["Hello", "Tell me a joke."] {
            let answer = try await Answered(chat.respond(to: question, options: greedy(8)))
            text += "<|im_start|>user\n\(question)<|im_end|>\n<|im_start|>assistant\n"
            let told = try await Told(model.makeSession().generate(text, options: greedy(8)))
            #expect(answer.text == told.text && !answer.text.isEmpty)
            #expect(chat.messages.last == .assistant(told.text))
            text += told.text + "<|im_end|>\n"
        }
        #expect(chat.messages.map(\.role) == [.system, .user, .assistant, .user, .assistant])
        #expect(try chat.renderer.text(chat.messages) == text + "<|im_start|>assistant\n")
    }

    @Test func regenerating() async throws {
        let chat = try ChatSession(model())
        let first = try await Answered(chat.respond(to: "Hello", options: greedy(4)))
        let again = try await Answered(chat.regenerate(options: greedy(4)))
        #expect(first.text == again.text && chat.messages.count == 2)
        try chat.replaceMessages([])
        #expect(throws: SwinferError.self) { _ = try chat.regenerate() }
    }

    @Test func whatDoesNotFitChangesNothing() async throws {
        let chat = try ChatSession(model(context: 32))
        #expect(throws: SwinferError.self) {
            _ = try chat.respond(to: String(repeating: "long ", count: 50))
        }
        #expect(chat.messages.isEmpty)
        var bad = GenerationOptions()
        bad.temperature = -1
        #expect(throws: SwinferError.self) { _ = try chat.respond(to: "a", options: bad) }
        let answer = try await Answered(chat.respond(to: "Hello", options: greedy(3)))
        #expect(answer.statistics?.generatedTokens == 3 && chat.messages.count == 2)
    }

    @Test func oneAnswerAtATime() async throws {
        let chat = try ChatSession(model())
        var options = greedy(nil)
        options.ignoreEndOfText = true
        let stream = try chat.respond(to: "Tell me a story", options: options)
        #expect(throws: SwinferError.self) { _ = try chat.respond(to: "b") }
        #expect(throws: SwinferError.self) { try chat.append(.user("b")) }
        chat.cancel()
        let answer = try await Answered(stream)
        #expect(answer.reason == .cancelled && chat.messages.count == 2)
        #expect(chat.messages.last?.content == answer.text)
        try chat.append(.user("b"))
    }

    /// A template that opens the thinking block: what the model writes is thinking.
    @Test func templatesOpenThinking() async throws {
        var options = ChatOptions()
        options.template = """
            {% for m in messages %}<|im_start|>{{ m.role }}
            {{ m.content }}<|im_end|>
            {% endfor %}<|im_start|>assistant
            {{ '<think>\\n' if not (enable_thinking is false) else '<think>\\n\\n</think>\\n\\n' }}
            """
        let thinking = try await Answered(
            ChatSession(model(), options: options).respond(to: "Hello", options: greedy(3)))
        #expect(!thinking.reasoning.isEmpty && thinking.text.isEmpty)
        options.enableThinking = false
        let plain = try await Answered(
            ChatSession(model(), options: options).respond(to: "Hello", options: greedy(3)))
        #expect(plain.reasoning.isEmpty && !plain.text.isEmpty)
        options.enableThinking = nil
        options.separatesReasoning = false
        let kept = try await Answered(
            ChatSession(model(), options: options).respond(to: "Hello", options: greedy(3)))
        #expect(kept.reasoning.isEmpty && kept.text.contains(thinking.reasoning))
    }

    @Test func messagesAsJSON() throws {
        let messages: [ChatMessage] = [
            .system("a \"b\"\n"), .user("é"),
            ChatMessage(
                .assistant, "", reasoning: "hm",
                toolCalls: [ToolCall(id: "1", name: "f", arguments: #"{"x":[1]}"#)]),
            ChatMessage(.tool, "{}", toolCallID: "1", name: "f"), .assistant("done"),
        ]
        #expect(try ChatMessage.list(json: ChatMessage.json(messages)) == messages)
        #expect(try ChatMessage.list(json: ChatMessage.json([])) == [])
        #expect(
            try ChatMessage.list(
                json: #"{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}"#) == [
                    .user("a")
                ])
        for bad in ["", "1", "[1]", #"[{"role":"king","content":"a"}]"#, #"[{"role":"user","content":1}]"#] {
            #expect(throws: SwinferError.self, "\(bad)") { _ = try ChatMessage.list(json: bad) }
        }
    }

    @Test func toolDefinitions() throws {
        let json =
            #"[{"type":"function","function":{"name":"f","description":"d"}},{"name":"g","parameters":{}}]"#
        #expect(
            try ToolDefinition.list(json: json) == [
                ToolDefinition(name: "f", description: "d"), ToolDefinition(name: "g", parameters: "{}"),
            ])
        for bad in ["", "[1]", "[{}]", #"[{"name":"f","parameters":1}]"#] {
            #expect(throws: SwinferError.self, "\(bad)") { _ = try ToolDefinition.list(json: bad) }
        }
    }
}
