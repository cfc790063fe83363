import Compute
import Synchronization
import Tokenizer

/// One growing text and the memory of it: what was given and what was generated.
///
/// A session generates one text at a time; different sessions of a model generate at once.
public final class Session: Sendable {
    /// The model that it generates with.
    public let model: Model
    let memory: SessionMemory
    private let state = Mutex(State())

    private struct State {
        /// All tokens of the text so far.
        var tokens: [Int32] = []
        var busy = false
        /// What runs now.
        var generation: Generation?
    }

    init(_ model: Model, tokens: [Int32] = []) throws(SwinferError) {
        self.model = model
        do { memory = try model.engine.open() } catch { throw SwinferError(error) }
        state.withLock { $0.tokens = tokens }
    }

    deinit { model.engine.close(memory) }

    /// The ids of the text so far.
    public var tokens: [Int32] { state.withLock { $0.tokens } }

    /// Forgets everything.
    ///
    /// - Throws: `SwinferError.sessionBusy` while a generation runs.
    public func reset() throws(SwinferError) {
        let busy = state.withLock { state in
            if !state.busy { state = State() }
            return state.busy
        }
        if busy { throw .sessionBusy }
    }

    /// Adds text to the session and generates what follows.
    ///
    /// The stream ends with `.finished`. To cancel, call `cancel`, stop iterating, or cancel the
    /// task that does: the engine stops within one token.
    ///
    /// - Parameters:
    ///   - prompt: text to continue; special tokens in it are recognized. A begin token is
    ///     added at the start of a session if the vocabulary asks for one.
    ///   - options: how it is continued.
    /// - Throws: `SwinferError` for what can be told before anything runs: bad options, a
    ///   prompt that does not fit, a busy session.
    public func generate(
        _ prompt: String, options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try generate(tokens: model.tokenize(prompt, addSpecial: tokens.isEmpty), options: options)
    }

    /// Adds tokens to the session and generates what follows.
    ///
    /// - Throws: as `generate(_:options:)`.
    public func generate(
        tokens prompt: [Int32], options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try start(prompt, appending: true, options: options, constraint: nil)
    }

    /// Makes a text, given whole, the session's and generates what follows.
    ///
    /// For conversations that are rendered anew each turn: what the text has in common with what
    /// this session, another of the model, or a stored beginning holds is not evaluated again.
    /// `GenerationStatistics.reusedTokens` tells how much that was.
    ///
    /// - Parameters:
    ///   - tokens: the whole text, from its begin token on.
    ///   - options: how it is continued.
    /// - Throws: as `generate(_:options:)`; the session's text is as it was then.
    public func generate(
        conversation tokens: [Int32], options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try start(tokens, appending: false, options: options, constraint: nil)
    }

    /// Adds tokens to the session and generates what follows, as a constraint allows.
    package func generate(
        tokens prompt: [Int32], options: GenerationOptions, constraint: sending (any TokenConstraint)?
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try start(prompt, appending: true, options: options, constraint: constraint)
    }

    /// Makes a text, given whole, the session's and generates what follows, as a constraint allows.
    package func generate(
        conversation tokens: [Int32], options: GenerationOptions,
        constraint: sending (any TokenConstraint)?
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try start(tokens, appending: false, options: options, constraint: constraint)
    }

    private func start(
        _ given: [Int32], appending: Bool, options: GenerationOptions,
        constraint: sending (any TokenConstraint)?
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try options.validate(vocabularySize: model.information.vocabularySize)
        if options.contextPolicy != .stop, let reason = model.engine.shiftRefusal {
            throw .invalidOption(
                name: "contextPolicy", reason: "this model's context cannot be shifted: \(reason)")
        }
        if options.draftTokens > 0, !model.engine.hasDrafter {
            throw .invalidOption(
                name: "draftTokens",
                reason: "the model was loaded without something that drafts (ModelOptions.draft)")
        }
        for token in given where token < 0 || Int(token) >= model.information.vocabularySize {
            throw .invalidOption(name: "tokens", reason: "\(token) is not in the vocabulary")
        }
        let made = try options.constraint.map { constraint throws(SwinferError) in
            GrammarConstraint(try model.matcher(constraint))
        }
        let grammar = constraint as? GrammarConstraint ?? made
        let least = grammar.map { $0.tokensToFinish ?? Int.max } ?? 0
        let contextLength = model.information.contextLength
        let start: Result<[Int32], SwinferError> = state.withLock { state in
            if state.busy { return .failure(.sessionBusy) }
            let tokens = appending ? state.tokens + given : given
            if tokens.count >= contextLength {
                return .failure(.promptTooLong(tokens: tokens.count, contextLength: contextLength))
            }
            if tokens.isEmpty { return .failure(.emptyPrompt) }
            if let refusal = Self.refusal(of: least, options, room: contextLength - tokens.count) {
                return .failure(refusal)
            }
            state.busy = true
            state.tokens = tokens
            return .success(tokens)
        }
        let tokens = try start.get()
        let (stream, continuation) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
        let generation = Generation(
            session: self, tokens: tokens, options: options, constraint: constraint ?? made,
            continuation: continuation)
        continuation.onTermination = { termination in
            if case .cancelled = termination { generation.cancel() }
        }
        state.withLock { $0.generation = generation }
        model.engine.submit(generation)
        return stream
    }

    /// Why a constrained text cannot even begin: its shortest form has more tokens than there may be.
    private static func refusal(
        of least: Int, _ options: GenerationOptions, room: Int
    ) -> SwinferError? {
        if options.maxTokens == 0 || least == 0 { return nil }
        if least == Int.max {
            return .invalidConstraint("the vocabulary cannot write any text that the constraint allows")
        }
        let room = options.contextPolicy == .stop ? room : Int.max
        let limit = min(options.maxTokens ?? Int.max, room)
        guard least > limit else { return nil }
        return .invalidConstraint(
            "the shortest text that the constraint allows has \(least) tokens, and \(limit) may be generated; raise the limit (-n) or the context (-c)"
        )
    }

    /// Ends the generation that runs, within one token; its stream finishes with
    /// `FinishReason.cancelled` and what it took. Without effect when none runs.
    public func cancel() { state.withLock { $0.generation?.cancel() } }

    /// A new session with the same text. Both share the memory of it, and either may go on
    /// without the other noticing.
    ///
    /// - Throws: `SwinferError.sessionBusy` while a generation runs.
    public func fork() async throws(SwinferError) -> Session {
        let tokens: [Int32]? = state.withLock { $0.busy ? nil : $0.tokens }
        guard let tokens else { throw .sessionBusy }
        let twin = try Session(model, tokens: tokens)
        let (from, to) = (memory, twin.memory)
        do {
            try await model.engine.schedule { _ in
                if !from.isRunning {
                    try to.restore(from.cache.snapshot(at: from.tokens.count), of: from.tokens)
                }
            }
        } catch { throw SwinferError(error) }
        return twin
    }

    /// Runs something on the engine's thread with the session's text and memory, while no
    /// generation touches them.
    func withMemory<Result: Sendable>(
        _ body: @escaping @Sendable ([Int32], SessionMemory) throws -> Result
    ) async throws(SwinferError) -> Result {
        let tokens: [Int32]? = state.withLock { state in
            if state.busy { return nil }
            state.busy = true
            return state.tokens
        }
        guard let tokens else { throw .sessionBusy }
        defer { state.withLock { $0.busy = false } }
        let memory = memory
        do { return try await model.engine.schedule { _ in try body(tokens, memory) } } catch {
            throw SwinferError(error)
        }
    }

    /// Takes back what a generation did to the text.
    func finish(tokens: [Int32]) {
        state.withLock { $0 = State(tokens: tokens) }
    }
}
