import Synchronization

/// A conversation with a model: its messages, and the session that answers them.
///
///     let chat = try ChatSession(model, messages: [.system("Be brief.")])
///     for try await event in try chat.respond(to: "What is GGUF?") {
///         if case .text(let text) = event { print(text, terminator: "") }
///     }
public final class ChatSession: Sendable {
    /// The model that answers.
    public let model: Model
    /// The functions that the model may ask for.
    public let tools: [ToolDefinition]
    /// Turns the messages into tokens.
    public let renderer: ChatRenderer
    private let session: Session
    private let state: Mutex<State>

    private struct State {
        var messages: [ChatMessage]
        var isAnswering = false
        /// Calls that were given a name.
        var calls = 0
    }

    /// A conversation that begins with some messages.
    ///
    /// - Parameters:
    ///   - model: answers.
    ///   - messages: the conversation so far: instructions, examples, or one that goes on.
    ///   - tools: functions that the model may ask for; their names and schemas go into the prompt.
    ///   - options: how the conversation becomes a prompt, and the answer is read.
    /// - Throws: `SwinferError.noChatTemplate`, `.chatTemplate`, `.invalidOption`.
    public init(
        _ model: Model, messages: [ChatMessage] = [], tools: [ToolDefinition] = [],
        options: ChatOptions = ChatOptions()
    ) throws(SwinferError) {
        self.model = model
        self.tools = tools
        renderer = try ChatRenderer(model, tools: tools, options: options)
        session = try model.makeSession()
        state = Mutex(State(messages: messages))
    }

    /// The conversation so far; an answer joins it when it has ended.
    public var messages: [ChatMessage] { state.withLock { $0.messages } }

    /// Puts other messages in place of the conversation.
    ///
    /// - Throws: `SwinferError.sessionBusy` while an answer is generated.
    public func replaceMessages(_ messages: [ChatMessage]) throws(SwinferError) {
        try edit { $0.messages = messages }
    }

    /// Adds a message, such as the result of a call, without answering it.
    ///
    /// - Throws: `SwinferError.sessionBusy` while an answer is generated.
    public func append(_ message: ChatMessage) throws(SwinferError) {
        try edit { $0.messages.append(message) }
    }

    /// Adds a user's message and answers it.
    ///
    /// - Throws: as `respond(options:)`; the message is not added then.
    public func respond(
        to text: String, options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<ChatEvent, any Error> {
        try answer(messages + [.user(text)], options)
    }

    /// Answers the conversation as it is, for example after results of calls were appended.
    ///
    /// The stream ends with `.finished`. To end earlier, call `cancel` or stop iterating; what was
    /// answered until then stays in the conversation.
    ///
    /// - Throws: `SwinferError` for what can be told before anything runs: a template that refuses the
    ///   messages, a conversation that does not fit the context, bad options, a busy session.
    public func respond(
        options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<ChatEvent, any Error> {
        try answer(messages, options)
    }

    /// Takes back everything behind the last user's message and answers that anew.
    ///
    /// - Throws: as `respond(options:)`, and `SwinferError.emptyPrompt` when nobody has asked yet.
    public func regenerate(
        options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<ChatEvent, any Error> {
        let messages = messages
        guard let last = messages.lastIndex(where: { $0.role == .user }) else { throw .emptyPrompt }
        return try answer(Array(messages[...last]), options)
    }

    /// Ends the answer that is being generated, within one token. Without effect when none is.
    public func cancel() { session.cancel() }

    private func edit(_ change: (inout State) -> Void) throws(SwinferError) {
        let isBusy = state.withLock { state in
            let isBusy = state.isAnswering
            if !isBusy { change(&state) }
            return isBusy
        }
        if isBusy { throw .sessionBusy }
    }

    private func answer(
        _ messages: [ChatMessage], _ options: GenerationOptions
    ) throws(SwinferError) -> AsyncThrowingStream<ChatEvent, any Error> {
        let prompt = try renderer.prompt(messages)
        var options = options
        options.renderedTokens = renderer.markers
        let constraint = try constraint(options, prompt: prompt.end)
        options.constraint = nil
        var before: [ChatMessage] = []
        try edit { state in
            before = state.messages
            state.messages = messages
            state.isAnswering = true
        }
        let tokens: AsyncThrowingStream<GenerationEvent, any Error>
        do {
            tokens = try session.generate(
                conversation: prompt.tokens, options: options, constraint: constraint)
        } catch {
            state.withLock { state in
                state.messages = before
                state.isAnswering = false
            }
            throw error
        }
        let parser = ChatOutputParser(renderer.format, prompt: prompt.end, tools: tools)
        let (stream, continuation) = AsyncThrowingStream<ChatEvent, any Error>.makeStream()
        continuation.onTermination = { [session] termination in
            if case .cancelled = termination { session.cancel() }
        }
        Task { await read(tokens, parser, continuation) }
        return stream
    }

    /// Reads an answer to its end, whether anyone listens or not, and adds it to the conversation.
    private func read(
        _ tokens: AsyncThrowingStream<GenerationEvent, any Error>, _ parser: ChatOutputParser,
        _ continuation: AsyncThrowingStream<ChatEvent, any Error>.Continuation
    ) async {
        var parser = parser
        var message = ChatMessage.assistant("")
        func tell(_ outputs: [ChatOutput]) {
            for output in outputs { continuation.yield(add(output, to: &message)) }
        }
        do {
            for try await event in tokens {
                if case .token(_, let text) = event { tell(parser.append(text)) }
                if case .finished(let reason, let statistics) = event {
                    tell(parser.finish())
                    close(message)
                    continuation.yield(.finished(reason, statistics))
                }
            }
            continuation.finish()
        } catch {
            tell(parser.finish())
            close(message)
            continuation.finish(throwing: SwinferError(error))
        }
    }

    private func add(_ output: ChatOutput, to message: inout ChatMessage) -> ChatEvent {
        switch output {
        case .reasoning(let text):
            message.reasoning = (message.reasoning ?? "") + text
            return .reasoning(text)
        case .text(let text):
            message.content += text
            return .text(text)
        case .toolCall(var call):
            if call.id.isEmpty { call.id = nextCallID() }
            message.toolCalls.append(call)
            return .toolCall(call)
        }
    }

    /// Nine letters and digits, as Mistral's templates demand.
    private func nextCallID() -> String {
        let number = state.withLock { state in
            state.calls += 1
            return state.calls
        }
        let digits = String(number)
        return "call" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// The session is free before anyone hears of the end.
    private func close(_ message: ChatMessage) {
        state.withLock { state in
            state.isAnswering = false
            state.messages.append(message)
        }
    }
}
