import Compute
import Synchronization
import Tokenizer

/// One text being generated: touched by the engine's thread only, but for `cancel`.
final class Generation: @unchecked Sendable {
    let session: Session
    private let options: GenerationOptions
    private let continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    private let cancelled = Atomic<Bool>(false)

    private(set) var tokens: [Int32]
    private(set) var evaluated: Int
    private let promptEnd: Int
    private var sampler: Sampler
    private var text: GeneratedText
    /// A token whose event waits, because more text may belong to it.
    private var held: (id: Int32, text: String)?
    private var statistics = GenerationStatistics()
    private var started: ContinuousClock.Instant?
    private var promptDone: ContinuousClock.Instant?
    private(set) var isFinished = false

    init(
        session: Session, tokens: [Int32], evaluated: Int, options: GenerationOptions,
        continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    ) {
        self.session = session
        self.tokens = tokens
        self.evaluated = evaluated
        self.options = options
        self.continuation = continuation
        promptEnd = tokens.count
        let seed = options.seed ?? UInt64.random(in: .min ... .max)
        sampler = Sampler(options, seed: seed)
        text = GeneratedText(session.model.tokenizer, options)
        statistics.seed = seed
        statistics.promptTokens = tokens.count - evaluated
    }

    func cancel() { cancelled.store(true, ordering: .relaxed) }
    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Tokens that wait to go through the model.
    var waiting: Int { tokens.count - evaluated }
    /// Whether the prompt is still being read.
    var isPrefilling: Bool { evaluated < promptEnd - 1 || promptDone == nil }

    /// The next piece of at most `limit` tokens.
    func piece(limit: Int) -> Batch.Piece {
        if started == nil { started = ContinuousClock.now }
        let count = min(limit, waiting)
        return Batch.Piece(
            sequence: session.cache, position: evaluated, tokens: tokens[evaluated..<evaluated + count],
            outputs: count == waiting ? .last : .none)
    }

    /// Whether that piece's logits are wanted.
    func wantsLogits(after count: Int) -> Bool { count == waiting }

    /// The piece went through; with logits, choose the next token and tell.
    func advance(_ count: Int, logits: UnsafeBufferPointer<Float>?) {
        evaluated += count
        guard let logits = unsafe logits else { return }
        if promptDone == nil { promptDone = ContinuousClock.now }
        if options.maxTokens == 0 {
            finish(.length)
            return
        }
        let token = unsafe sampler.choose(logits)
        tokens.append(token)
        if session.model.tokenizer.vocabulary.isEndOfGeneration(token), !options.ignoreEndOfText {
            finish(.endOfText)
            return
        }
        statistics.generatedTokens += 1
        release()
        held = (token, text.append(token))
        let reason = text.isStopped ? .stop : endReason()
        if !text.isHolding { release() }
        if let reason { finish(reason) }
    }

    /// Tells of the token that waits.
    private func release() {
        if let held { continuation.yield(.token(id: held.id, text: held.text)) }
        held = nil
    }

    private func endReason() -> FinishReason? {
        if let limit = options.maxTokens, statistics.generatedTokens >= limit { return .length }
        if tokens.count >= session.model.information.contextLength { return .contextFull }
        return nil
    }

    func finish(_ reason: FinishReason) {
        if let started, let promptDone {
            statistics.promptSeconds = started.duration(to: promptDone).seconds
            statistics.generationSeconds = promptDone.duration(to: ContinuousClock.now).seconds
        }
        close()
        held?.text += text.finish()
        release()
        continuation.yield(.finished(reason, statistics))
        continuation.finish()
    }

    func fail(_ error: any Error) {
        close()
        continuation.finish(throwing: SwinferError(error))
    }

    /// The session is free before the consumer hears of the end.
    private func close() {
        isFinished = true
        session.finish(tokens: tokens, evaluated: evaluated)
    }
}
