/// Chooses tokens of one generation from logits, as its options say.
///
/// Its memory is reused: choosing allocates nothing after the first time.
package struct Sampler: ~Copyable {
    private let isGreedy: Bool
    private var chain: SamplerChain
    private var random: RandomSource
    var candidates = Candidates()
    private var mask = TokenMask(count: 0)

    /// - Parameters:
    ///   - history: the text so far, which penalties and DRY look back on.
    ///   - breakers: where DRY stops looking back.
    ///   - endOfGeneration: tokens that are not chosen if the options ignore the text's end.
    package init(
        _ options: GenerationOptions, seed: UInt64, history: some Collection<Int32> = [],
        breakers: DRYBreakers = .none, endOfGeneration: [Int32] = []
    ) {
        isGreedy = options.isGreedy
        chain = SamplerChain(options, breakers: breakers, endOfGeneration: endOfGeneration)
        random = RandomSource(seed: seed)
        for token in history.suffix(chain.historyLength) { chain.accept(token) }
    }

    /// The chosen token. Logits that are not numbers are never chosen.
    package mutating func choose(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        if isGreedy, chain.isEmpty { return unsafe accepted(Sampler.largest(logits)) }
        unsafe candidates.load(logits)
        return accepted(chooseCandidate())
    }

    /// The chosen token among those that a constraint allows; nil: it allows none.
    ///
    /// It is what the chain chooses when all other tokens are taken out first. Where a few of the most likely
    /// tokens decide that, the constraint is asked about these only, and makes no mask.
    ///
    /// - Parameter remaining: tokens that may still be generated, this one included.
    package mutating func choose(
        _ logits: UnsafeBufferPointer<Float>, _ constraint: any TokenConstraint, remaining: Int
    ) -> Int32? {
        if isGreedy, chain.isEmpty {
            let free = unsafe Sampler.largest(logits)
            if constraint.allows(free, remaining: remaining) { return accepted(free) }
        } else if let few = chain.decisive, few <= Sampler.mostAsked {
            unsafe candidates.load(logits)
            chain.applyHead(&candidates, &random)
            // Some are refused as a rule, and others take their places.
            let isEnough = candidates.keepLargest(few, among: few + few / 2 + 8) {
                constraint.allows($0, remaining: remaining)
            }
            if isEnough { return accepted(chooseCandidate(afterHead: true)) }
        }
        if mask.count != logits.count { mask = TokenMask(count: logits.count) } else { mask.removeAll() }
        constraint.insertAllowed(into: &mask, at: nil, remaining: remaining)
        unsafe candidates.load(logits)
        candidates.keep(mask)
        return candidates.count == 0 ? nil : accepted(chooseCandidate())
    }

    /// To ask about more tokens one by one costs more than a mask.
    private static let mostAsked = 100

    /// What the next choice would be made from, by falling probability; nothing is chosen.
    package mutating func distribution(_ logits: UnsafeBufferPointer<Float>) -> [(
        token: Int32, probability: Float
    )] {
        unsafe candidates.load(logits)
        chain.narrow(&candidates, &random)
        guard candidates.weigh() else { return [] }
        return (0..<candidates.count).map { (candidates.token($0), candidates.probability($0)) }
            .filter { $0.1 > 0 }
            .sorted { $0.1 > $1.1 || ($0.1 == $1.1 && $0.0 < $1.0) }
    }

    private mutating func chooseCandidate(afterHead: Bool = false) -> Int32 {
        if isGreedy {
            if !afterHead { chain.apply(&candidates, &random) }
            return candidates.token(candidates.largest())
        }
        return candidates.token(chain.choose(&candidates, &random, afterHead: afterHead))
    }

    private mutating func accepted(_ token: Int32) -> Int32 {
        chain.acceptChoice()
        chain.accept(token)
        return token
    }
}
