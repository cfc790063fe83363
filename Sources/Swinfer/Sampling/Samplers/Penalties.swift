/// Makes the last tokens of the text less likely (CTRL, Keskar et al. 2019; presence and frequency
/// as OpenAI defines them).
struct Penalties {
    let repetition: Float
    let presence: Float
    let frequency: Float
    private var recent: RecentTokens
    /// How often each token of the vocabulary is among the recent ones; grows with the tokens seen.
    private var counts: [Int32] = []
    private var distinct: [Int32] = []

    /// Tokens that are looked back on.
    var last: Int { recent.capacity }

    init(last: Int, repetition: Float, presence: Float, frequency: Float) {
        self.repetition = repetition
        self.presence = presence
        self.frequency = frequency
        recent = RecentTokens(capacity: last)
    }

    mutating func accept(_ token: Int32) {
        if Int(token) >= counts.count {
            counts += repeatElement(0, count: max(Int(token) + 1, 2 * counts.count) - counts.count)
        }
        if let old = recent.append(token) { counts[Int(old)] -= 1 }
        counts[Int(token)] += 1
    }

    mutating func apply(_ candidates: inout Candidates) {
        findDistinct()
        let counts = counts
        let (repetition, presence, frequency) = (repetition, presence, frequency)
        candidates.change(distinct) { token, logit in
            let count = Int(token) < counts.count ? counts[Int(token)] : 0
            if count == 0 { return logit }
            // Dividing would make a negative logit larger.
            let repeated = logit <= 0 ? logit * repetition : logit / repetition
            return repeated - (Float(count) * frequency + presence)
        }
    }

    /// The recent tokens, each once: one that was met has its count turned negative meanwhile.
    private mutating func findDistinct() {
        distinct.removeAll(keepingCapacity: true)
        for back in 0..<recent.count {
            let token = recent[back: back]
            if counts[Int(token)] < 0 { continue }
            distinct.append(token)
            counts[Int(token)].negate()
        }
        for token in distinct { counts[Int(token)].negate() }
    }
}
