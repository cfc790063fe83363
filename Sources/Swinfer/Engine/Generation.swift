import Compute
import Synchronization
import Tokenizer

/// One text being generated: touched by the engine's thread only, but for `cancel`.
final class Generation: @unchecked Sendable {
    let session: Session
    private let options: GenerationOptions
    private let constraint: (any TokenConstraint)?
    private let continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    private let cancelled = Atomic<Bool>(false)

    private(set) var tokens: [Int32]
    private(set) var evaluated: Int
    private let promptEnd: Int
    private var sampler: Sampler
    private var detokenizer: StreamingDetokenizer
    private var statistics = GenerationStatistics()
    private var started: ContinuousClock.Instant?
    private var promptDone: ContinuousClock.Instant?
    private(set) var isFinished = false

    init(
        session: Session, tokens: [Int32], evaluated: Int, options: GenerationOptions,
        constraint: (any TokenConstraint)? = nil,
        continuation: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    ) {
        self.session = session
        self.tokens = tokens
        self.evaluated = evaluated
        self.options = options
        self.constraint = constraint
        self.continuation = continuation
        promptEnd = tokens.count
        let seed = options.seed ?? UInt64.random(in: .min ... .max)
        let model = session.model
        sampler = Sampler(
            options, seed: seed, history: tokens, breakers: model.dryBreakers(options),
            endOfGeneration: model.tokenizer.vocabulary.endOfGeneration)
        detokenizer = StreamingDetokenizer(session.model.tokenizer)
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
        guard let token = unsafe choose(logits) else {
            fail(SwinferError.nothingAllowed)
            return
        }
        tokens.append(token)
        if session.model.tokenizer.vocabulary.isEndOfGeneration(token), !options.ignoreEndOfText {
            finish(.endOfText)
            return
        }
        statistics.generatedTokens += 1
        var text = detokenizer.append(token)
        let reason = endReason()
        if reason != nil { text += detokenizer.finish() }
        if let number = options.logProbabilities {
            unsafe continuation.yield(.logProbabilities(logProbabilities(of: token, logits, top: number)))
        }
        continuation.yield(.token(id: token, text: text))
        if let reason { finish(reason) }
    }

    /// nil: the constraint allows no token.
    private func choose(_ logits: UnsafeBufferPointer<Float>) -> Int32? {
        guard let constraint else { return unsafe sampler.choose(logits) }
        let token = unsafe sampler.choose(logits, constraint, remaining: remaining)
        if let token, !session.model.tokenizer.vocabulary.isEndOfGeneration(token) {
            constraint.accept(token)
        }
        return token
    }

    private func logProbabilities(
        of token: Int32, _ logits: UnsafeBufferPointer<Float>, top number: Int
    ) -> TokenLogProbabilities {
        let (chosen, top) = unsafe sampler.logProbabilities(of: token, logits, top: number)
        func entry(_ token: Int32, _ value: Float) -> TokenLogProbabilities.Entry {
            let bytes = session.model.tokenizer.piece(token, renderSpecial: true)
            return TokenLogProbabilities.Entry(id: token, bytes: bytes, logProbability: value)
        }
        return TokenLogProbabilities(chosen: entry(token, chosen), top: top.map { entry($0, $1) })
    }

    /// Tokens that may still be generated.
    private var remaining: Int {
        let room = session.model.information.contextLength - tokens.count
        return options.maxTokens.map { min($0 - statistics.generatedTokens, room) } ?? room
    }

    private func endReason() -> FinishReason? {
        if constraint?.isComplete == true { return .endOfText }
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
