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
    private var text: GeneratedText
    /// A token whose event waits, because more text may belong to it.
    private var held: (id: Int32, text: String)?
    private var statistics = GenerationStatistics()
    /// When it was asked for, and when its last token was chosen; for metrics.
    private let created = ContinuousClock.now
    private var lastChoice: ContinuousClock.Instant?
    private var started: ContinuousClock.Instant?
    private var promptDone: ContinuousClock.Instant?
    /// What streaming had cost when the prompt was read.
    private var expertsBefore: ExpertStatistics?
    private(set) var isFinished = false
    /// Tokens that the next piece tries behind the text's own.
    private(set) var draft: ArraySlice<Int32> = []
    private var lookup = Lookup()
    private var gauge = SpeculationGauge()
    private var lookupReach: DraftReach
    private var drafterReach: DraftReach
    /// The drafter has spent time on the next piece.
    private var hasDrafted = false
    private var mayDraft = true
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
        lookupReach = DraftReach(most: options.lookupDraft)
        drafterReach = DraftReach(least: options.draftMinimum, most: options.draftTokens)
        let seed = options.seed ?? UInt64.random(in: .min ... .max)
        let model = session.model
        sampler = Sampler(
            options, seed: seed, history: tokens, breakers: model.dryBreakers(options),
            endOfGeneration: model.tokenizer.vocabulary.endOfGeneration)
        // A constraint is about every byte, so a space that begins the text must not be lost.
        text = GeneratedText(
            model.tokenizer, options, previous: constraint == nil ? [] : tokens.suffix(1))
        statistics.seed = seed
    }

    func cancel() { cancelled.store(true, ordering: .relaxed) }
    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    var contextPolicy: ContextPolicy { options.contextPolicy }

    /// Tokens that wait to go through the model.
    var waiting: Int { tokens.count - evaluated }
    /// Tokens that were told or wait to be.
    var generatedTokens: Int { statistics.generatedTokens }
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
            sequence: memory.cache, position: evaluated,
            tokens: draft.isEmpty
                ? tokens[evaluated..<evaluated + count] : (tokens[evaluated...] + draft)[...],
            outputs: count < waiting ? .none : draft.isEmpty ? .last : .all, keepsStates: !draft.isEmpty)
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
        if promptDone == nil {
            promptDone = ContinuousClock.now
            expertsBefore = session.model.expertStatistics
        }
        if options.maxTokens == 0 { return .success(.length) }
        guard let token = unsafe chosen(logits) else { return .failure(SwinferError.nothingAllowed) }
        tokens.append(token)
        if session.model.tokenizer.vocabulary.isEndOfGeneration(token), !options.ignoreEndOfText {
            return .success(.endOfText)
        }
        statistics.generatedTokens += 1
        tellTime()
        release()
        if let number = options.logProbabilities {
            unsafe continuation.yield(.logProbabilities(logProbabilities(of: token, logits, top: number)))
        }
        held = (token, text.append(token))
        let reason = text.isStopped ? .stop : endReason()
        if !text.isHolding { release() }
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
        let isBounded = options.contextPolicy == .stop
        let room = isBounded ? session.model.information.contextLength - tokens.count : Int.max
        return options.maxTokens.map { min($0 - statistics.generatedTokens, room) } ?? room
    }

    /// Tells metrics how long the token took.
    private func tellTime() {
        guard let metrics = session.model.engine.monitor?.metrics else { return }
        let now = ContinuousClock.now
        if let lastChoice {
            metrics.token(after: lastChoice.duration(to: now))
        } else {
            metrics.firstToken(after: created.duration(to: now))
        }
        lastChoice = now
    }

    /// Tells of the token that waits.
    private func release() {
        if let held { continuation.yield(.token(id: held.id, text: held.text)) }
        held = nil
    }

    private func endReason() -> FinishReason? {
        if constraint?.isComplete == true { return .endOfText }
        if let limit = options.maxTokens, statistics.generatedTokens >= limit { return .length }
        if tokens.count >= session.model.information.contextLength, options.contextPolicy == .stop {
            return .contextFull
        }
        return nil
    }

    // MARK: Speculation

    /// Whether a drafter is to follow the text.
    var wantsDrafts: Bool { options.draftTokens > 0 && mayDraft }

    /// Drafters are of no use here.
    func stopDrafting() { mayDraft = false }

    /// Tries tokens with the next one, at most `limit` of them: what followed the same words before,
    /// or else what the drafter says.
    ///
    /// - Returns: whether the drafter was behind and has read instead.
    func propose(limit: Int, _ drafter: (any Drafter)?, readLimit: Int) throws -> Bool {
        let room = session.model.information.contextLength - tokens.count - 1
        let limit = min(limit, room, remaining - 1)
        guard limit > 0, !isPrefilling, waiting == 1, gauge.wantsProposals else { return false }
        let path = constraint.map { DraftPath($0, remaining: remaining) }
        if options.lookupDraft > 0 {
            draft = lookup.propose(for: tokens, limit: min(limit, lookupReach.count))
            if let path { draft = path.allowed(draft) }
        }
        if draft.isEmpty, wantsDrafts, let drafter {
            let wish = DraftWish(
                limit: min(limit, drafterReach.count), leastProbability: options.draftProbability,
                forbidden: options.ignoreEndOfText ? session.model.tokenizer.vocabulary.endOfGeneration : [],
                path: path, readLimit: readLimit)
            switch try drafter.propose(for: tokens, memory, wish) {
            case .reading: return true
            case .tokens(let found):
                hasDrafted = true
                if found.count >= options.draftMinimum { draft = found[...] }
            }
        }
        statistics.draftedTokens += draft.count
        return false
    }

    /// The next piece tries nothing.
    func dropDraft() {
        statistics.draftedTokens -= draft.count
        draft = []
        hasDrafted = false
    }

    /// Whether the token that was chosen last is the one that was tried: then the next row's
    /// logits are those of what follows it.
    func acceptDraft() -> Bool {
        guard let first = draft.first, first == tokens.last else { return false }
        draft.removeFirst()
        statistics.acceptedTokens += 1
        evaluate(1)
        return true
    }

    /// A batch took this generation some time.
    func measure(seconds: Double, tokens: Int, proposed: Int) {
        let hasTried = proposed > 0 || hasDrafted
        if hasDrafted {
            drafterReach.note(tried: proposed, taken: tokens - 1)
        } else {
            lookupReach.note(tried: proposed, taken: tokens - 1)
        }
        draft = []
        hasDrafted = false
        if options.lookupDraft == 0 && options.draftTokens == 0 || isPrefilling { return }
        gauge.add(seconds: seconds, tokens: tokens, hasTried: hasTried)
        statistics.speculationSpeedUp = gauge.speedUp
        statistics.speculationPauses = gauge.pauses
    }

    /// Tokens behind the first `keep` were taken out.
    func shifted(keep: Int, discard: Int) {
        tokens.removeSubrange(keep..<keep + discard)
        evaluated -= discard
        lookup.reset()
        promptEnd = max(keep, promptEnd - discard)
        statistics.discardedTokens += discard
    }

    func finish(_ reason: FinishReason) {
        if let started, let promptDone {
            statistics.promptSeconds = started.duration(to: promptDone).seconds
            if let before = expertsBefore, let now = session.model.expertStatistics {
                statistics.experts = now - before
            }
            statistics.generationSeconds = promptDone.duration(to: ContinuousClock.now).seconds
        }
        session.model.engine.monitor?.finished(reason, statistics)
        close()
        held?.text += text.finish()
        release()
        continuation.yield(.finished(reason, statistics))
        continuation.finish()
    }

    func fail(_ error: any Error) {
        let error = SwinferError(error)
        session.model.engine.monitor?.failed(error)
        close()
        continuation.finish(throwing: error)
    }

    /// The session is free before the consumer hears of the end.
    private func close() {
        isFinished = true
        session.finish(tokens: tokens)
    }
}
