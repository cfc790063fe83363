/// Keeps the surprise of the chosen tokens near a target by cutting off unlikely ones (Basu et al.
/// 2020), in its first version, which estimates the k of a top-k, and its second, which cuts by
/// surprise itself.
struct Mirostat {
    let version: GenerationOptions.Mirostat
    /// The target, in bits.
    let target: Float
    let learningRate: Float
    /// The most surprise that is allowed now.
    private(set) var limit: Float
    /// What the token that was chosen last would be as a surprise.
    private var pending: Float = 0

    /// Tokens that the first version's estimate looks at.
    private static let sample = 100

    init(version: GenerationOptions.Mirostat, target: Float, learningRate: Float) {
        self.version = version
        self.target = target
        self.learningRate = learningRate
        limit = 2 * target
    }

    mutating func choose(_ candidates: inout Candidates, _ random: inout RandomSource) -> Int {
        cut(&candidates)
        let chosen = candidates.draw(random.nextUnit())
        pending = candidates.weigh() ? -Float(logarithm(Double(candidates.probability(chosen)))) * log2e : 0
        return chosen
    }

    /// The chosen token was taken: allow less surprise if it was more than wanted.
    mutating func accept() { limit -= learningRate * (pending - target) }

    /// Removes what would surprise more than the limit.
    func cut(_ candidates: inout Candidates) {
        switch version {
        case .off: break
        case .first: candidates.keepLargest(estimate(&candidates))
        case .second: cutSurprise(&candidates)
        }
    }

    /// The k for which the expected surprise is the limit, if probabilities follow Zipf's law with the
    /// exponent that the most likely tokens suggest.
    private func estimate(_ candidates: inout Candidates) -> Int {
        let number = candidates.selectLargest(Mirostat.sample)
        var products: Float = 0
        var squares: Float = 0
        for index in 0..<max(0, number - 1) {
            let step = logarithm(Float(index + 2) / Float(index + 1))
            let first = unsafe candidates.logit(Candidates.place(candidates.order[index]))
            let second = unsafe candidates.logit(Candidates.place(candidates.order[index + 1]))
            if !(first - second).isFinite { break }
            products += step * (first - second)
            squares += step * step
        }
        let exponent = products / squares
        let excess = exponent - 1
        let k = power(
            excess * power(2, limit) / (1 - power(Float(candidates.vocabularySize), -excess)), 1 / exponent)
        return k >= 1 ? (k < Float(candidates.count) ? Int(k) : candidates.count) : 1
    }

    private func cutSurprise(_ candidates: inout Candidates) {
        guard candidates.weigh() else { return }
        // -log2(weight / total) <= limit
        let least = candidates.weightReference + Float(logarithm(candidates.total())) - limit / log2e
        if least > candidates.maximum() { candidates.keepLargest(1) } else { candidates.keep(atLeast: least) }
    }
}

private let log2e: Float = 1.442_695_04
