/// Which expert goes when another needs its place.
package enum EvictionPolicy: Sendable, Equatable, CustomStringConvertible {
    /// The one that was used longest ago.
    case leastRecent
    /// The one that was used least often.
    case leastFrequent
    /// The one used least often, where a use counts half after `halfLife` tokens; of equals the one
    /// used longest ago.
    case decayedFrequency(halfLife: Double)

    /// What the engine uses: docs/experts.md has the simulations behind it.
    public static let standard = EvictionPolicy.decayedFrequency(halfLife: 64)

    public var description: String {
        switch self {
        case .leastRecent: "LRU"
        case .leastFrequent: "LFU"
        case .decayedFrequency(let halfLife): "decayed frequency, half-life \(Int(halfLife))"
        }
    }
}

/// What each expert is worth keeping.
struct ExpertWorth {
    private let policy: EvictionPolicy
    private(set) var worth: [Double]
    private(set) var lastUse: [Int]
    /// Tokens since the last rescaling, and requests.
    private var time = 0.0
    private var clock = 0
    /// What one use counts now. It grows, instead of every expert's worth shrinking.
    private var weight = 1.0

    init(_ policy: EvictionPolicy, experts: Int) {
        self.policy = policy
        worth = Array(repeating: 0, count: experts)
        lastUse = Array(repeating: 0, count: experts)
    }

    mutating func advance(tokens: Int) {
        guard case .decayedFrequency(let halfLife) = policy else { return }
        time += Double(tokens) / halfLife
        if time > 500 {
            let factor = exponential(-time)
            for index in worth.indices { worth[index] *= factor }
            time = 0
        }
        weight = exponential(time)
    }

    /// 2 to a power, without a mathematics library.
    private func exponential(_ power: Double) -> Double {
        let whole = power.rounded(.down)
        // The series of 2^x on 0..<1 is good to 1e-12 in 14 terms.
        var term = 1.0
        var sum = 1.0
        for index in 1...14 {
            term *= (power - whole) * 0.693_147_180_559_945_3 / Double(index)
            sum += term
        }
        return sum * Double(sign: .plus, exponent: max(-1022, Int(whole)), significand: 1)
    }

    mutating func tick() { clock += 1 }

    mutating func use(_ expert: Int, count: Int) {
        lastUse[expert] = clock
        switch policy {
        case .leastRecent: worth[expert] = Double(clock)
        case .leastFrequent: worth[expert] += Double(count)
        case .decayedFrequency: worth[expert] += Double(count) * weight
        }
    }

    /// Whether the first is to go before the second.
    func isLess(_ a: Int, _ b: Int) -> Bool {
        worth[a] < worth[b] || (worth[a] == worth[b] && lastUse[a] < lastUse[b])
    }
}
