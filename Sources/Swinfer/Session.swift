import Compute
import Synchronization
import Tokenizer

/// One growing text and the memory of it: what was given and what was generated.
///
/// A session generates one text at a time; different sessions of a model generate at once.
public final class Session: Sendable {
    public let model: Model
    let cache: SequenceCache
    private let state = Mutex(State())

    struct State {
        /// All tokens of the text so far.
        var tokens: [Int32] = []
        /// How many of them the cache holds.
        var evaluated = 0
        var busy = false
        /// What runs now.
        var generation: Generation?
    }

    init(_ model: Model) throws(SwinferError) {
        self.model = model
        do { cache = try model.engine.makeSequence() } catch { throw SwinferError(error) }
    }

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
    /// - Throws: `SwinferError` for what can be told before anything runs: bad options, a
    ///   prompt that does not fit, a busy session.
    public func generate(
        _ prompt: String, options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try generate(tokens: model.tokenize(prompt, addSpecial: tokens.isEmpty), options: options)
    }

    /// Adds tokens to the session and generates what follows.
    public func generate(
        tokens prompt: [Int32], options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try generate(tokens: prompt, options: options, constraint: nil)
    }

    /// Adds tokens to the session and generates what follows, as a constraint allows.
    package func generate(
        tokens prompt: [Int32], options: GenerationOptions, constraint: sending (any TokenConstraint)?
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        try options.validate(vocabularySize: model.information.vocabularySize)
        for token in prompt where token < 0 || Int(token) >= model.information.vocabularySize {
            throw .invalidOption(name: "tokens", reason: "\(token) is not in the vocabulary")
        }
        let contextLength = model.information.contextLength
        let start: Result<(tokens: [Int32], evaluated: Int), SwinferError> = state.withLock { state in
            if state.busy { return .failure(.sessionBusy) }
            let total = state.tokens.count + prompt.count
            if total >= contextLength {
                return .failure(.promptTooLong(tokens: total, contextLength: contextLength))
            }
            if state.evaluated == total { return .failure(.emptyPrompt) }
            state.busy = true
            state.tokens += prompt
            return .success((state.tokens, state.evaluated))
        }
        let (tokens, evaluated) = try start.get()
        let (stream, continuation) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
        let generation = Generation(
            session: self, tokens: tokens, evaluated: evaluated, options: options,
            constraint: constraint, continuation: continuation)
        continuation.onTermination = { termination in
            if case .cancelled = termination { generation.cancel() }
        }
        state.withLock { $0.generation = generation }
        model.engine.submit(generation)
        return stream
    }

    /// Ends the generation that runs, within one token; its stream finishes with
    /// `FinishReason.cancelled` and what it took. Without effect when none runs.
    public func cancel() { state.withLock { $0.generation?.cancel() } }

    /// Takes back what a generation did to the text.
    func finish(tokens: [Int32], evaluated: Int) {
        state.withLock { $0 = State(tokens: tokens, evaluated: evaluated, busy: false) }
    }
}
