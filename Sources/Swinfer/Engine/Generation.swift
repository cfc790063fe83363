import Compute
import Synchronization
import Tokenizer

/// One text being generated: touched by the engine's thread only, but for `cancel`.
final class Generation: @unchecked Sendable {
    let session: Session
    let memory: SessionMemory
    private let options: GenerationOptions
    private let constraint: (any TokenConstraint)?
    private let continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    private let cancelled = Atomic<Bool>(false)

    /// The whole text; the memory holds its first `evaluated` tokens.
    private(set) var tokens: [Int32]
    private(set) var evaluated = 0
    private(set) var promptEnd: Int
    private var sampler: Sampler
    private var detokenizer: StreamingDetokenizer
    private var statistics = GenerationStatistics()
    private var started: ContinuousClock.Instant?
    private var promptDone: ContinuousClock.Instant?
    private(set) var isFinished = false
    /// Later ones have higher numbers.
    var number = 0

    init(
        session: Session, tokens: [Int32], options: GenerationOptions, constraint: (any TokenConstraint)?,
        continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    ) {
        self.session = session
        memory = session.memory
        self.tokens = tokens
        self.options = options
        self.constraint = constraint
        self.continuation = continuation
        promptEnd = tokens.count
        let seed = options.seed ?? UInt64.random(in: .min ... .max)
        sampler = Sampler(options, seed: seed)
        detokenizer = StreamingDetokenizer(session.model.tokenizer)
        statistics.seed = seed
    }

    func cancel() { cancelled.store(true, ordering: .relaxed) }
    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    var contextPolicy: ContextPolicy { options.contextPolicy }

    /// Tokens that wait to go through the model.
    var waiting: Int { tokens.count - evaluated }
    /// Whether the prompt is still being read.
    var isPrefilling: Bool { promptDone == nil }

    /// Goes on, at first or after a pause, from what the memory holds.
    func begin() {
        evaluated = memory.tokens.count
        guard started == nil else { return }
        statistics.reusedTokens = evaluated
        statistics.promptTokens = tokens.count - evaluated
    }

    /// The next piece of at most `limit` tokens.
    func piece(limit: Int) -> Batch.Piece {
        if started == nil { started = ContinuousClock.now }
        let count = min(limit, waiting)
        return Batch.Piece(
            sequence: memory.cache, position: evaluated, tokens: tokens[evaluated..<evaluated + count],
            outputs: count == waiting ? .last : .none)
    }

    /// Whether that piece's logits are wanted.
    func wantsLogits(after count: Int) -> Bool { count == waiting }

    /// The piece went through.
    func evaluate(_ count: Int) {
        memory.append(tokens[evaluated..<evaluated + count])
        evaluated += count
    }

    /// Chooses the next token and tells it. Why the generation ends, if it does.
    func choose(_ logits: UnsafeBufferPointer<Float>) -> Result<FinishReason, any Error>? {
        if promptDone == nil { promptDone = ContinuousClock.now }
        if options.maxTokens == 0 { return .success(.length) }
        guard let token = unsafe chosen(logits) else { return .failure(SwinferError.nothingAllowed) }
        tokens.append(token)
        if session.model.tokenizer.vocabulary.isEndOfGeneration(token), !options.ignoreEndOfText {
            return .success(.endOfText)
        }
        statistics.generatedTokens += 1
        var text = detokenizer.append(token)
        let reason = endReason()
        if reason != nil { text += detokenizer.finish() }
        continuation.yield(.token(id: token, text: text))
        return reason.map { .success($0) }
    }

    /// nil: the constraint allows no token.
    private func chosen(_ logits: UnsafeBufferPointer<Float>) -> Int32? {
        guard let constraint else { return unsafe sampler.choose(logits) }
        let token = unsafe sampler.choose(logits, constraint, remaining: remaining)
        if let token, !session.model.tokenizer.vocabulary.isEndOfGeneration(token) {
            constraint.accept(token)
        }
        return token
    }

    /// Tokens that may still be generated.
    private var remaining: Int {
        let room = session.model.information.contextLength - tokens.count
        return options.maxTokens.map { min($0 - statistics.generatedTokens, room) } ?? room
    }

    private func endReason() -> FinishReason? {
        if constraint?.isComplete == true { return .endOfText }
        if let limit = options.maxTokens, statistics.generatedTokens >= limit { return .length }
        if tokens.count >= session.model.information.contextLength, options.contextPolicy == .stop {
            return .contextFull
        }
        return nil
    }

    /// Tokens behind the first `keep` were taken out.
    func shifted(keep: Int, discard: Int) {
        tokens.removeSubrange(keep..<keep + discard)
        evaluated -= discard
        promptEnd = max(keep, promptEnd - discard)
        statistics.discardedTokens += discard
    }

    func finish(_ reason: FinishReason) {
        if let started, let promptDone {
            statistics.promptSeconds = started.duration(to: promptDone).seconds
            statistics.generationSeconds = promptDone.duration(to: ContinuousClock.now).seconds
        }
        close()
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
        session.finish(tokens: tokens)
    }
}
