import Glibc

/// Chooses a token from logits: top-k, top-p, min-p, temperature, in llama.cpp's order.
///
/// Its candidates' memory is reused, so choosing allocates nothing after the first time.
package struct Sampler {
    private struct Candidate {
        var token: Int32
        var value: Float
    }

    private let options: GenerationOptions
    private var random: RandomSource
    private var candidates: [Candidate] = []
    private var mask = TokenMask(count: 0)
    private var masked: [Float] = []

    package init(_ options: GenerationOptions, seed: UInt64) {
        self.options = options
        random = RandomSource(seed: seed)
    }

    /// The chosen token. Logits that are not numbers are never chosen.
    package mutating func choose(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        if options.temperature == 0 { return unsafe Sampler.largest(logits) }
        unsafe collect(logits)
        applyTopP()
        applyMinP()
        return draw()
    }

    /// The chosen token among those that a constraint allows; nil: it allows none.
    package mutating func choose(
        _ logits: UnsafeBufferPointer<Float>, _ constraint: any TokenConstraint, remaining: Int
    ) -> Int32? {
        let token = unsafe choose(logits)
        if constraint.allows(token, remaining: remaining) { return token }
        if mask.count != logits.count { mask = TokenMask(count: logits.count) } else { mask.removeAll() }
        constraint.insertAllowed(into: &mask, remaining: remaining)
        if mask.isEmpty { return nil }
        masked.removeAll(keepingCapacity: true)
        masked.append(contentsOf: repeatElement(-Float.infinity, count: logits.count))
        mask.forEach { unsafe masked[Int($0)] = logits[Int($0)] }
        let again = masked
        let second = unsafe again.withUnsafeBufferPointer { unsafe choose($0) }
        return mask.contains(second) ? second : nil
    }

    /// The first of the largest logits.
    static func largest(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        var best = 0
        var value = -Float.infinity
        for index in logits.indices where unsafe logits[index] > value {
            value = unsafe logits[index]
            best = index
        }
        return Int32(best)
    }

    /// Candidates sorted by falling logit: the `topK` largest, or all.
    private mutating func collect(_ logits: UnsafeBufferPointer<Float>) {
        candidates.removeAll(keepingCapacity: true)
        let limit = options.topK == 0 ? logits.count : min(options.topK, logits.count)
        if limit >= logits.count {
            for index in logits.indices where unsafe !logits[index].isNaN {
                unsafe candidates.append(Candidate(token: Int32(index), value: logits[index]))
            }
            candidates.sort { $0.value > $1.value || ($0.value == $1.value && $0.token < $1.token) }
            return
        }
        // A sorted list of the best so far; nearly every logit fails the first comparison.
        for index in logits.indices {
            let value = unsafe logits[index]
            if value.isNaN { continue }
            if candidates.count == limit {
                if value <= candidates[limit - 1].value { continue }
                candidates.removeLast()
            }
            var low = 0
            var high = candidates.count
            while low < high {
                let middle = (low + high) / 2
                if candidates[middle].value >= value { low = middle + 1 } else { high = middle }
            }
            candidates.insert(Candidate(token: Int32(index), value: value), at: low)
        }
    }

    /// Keeps the fewest candidates whose probabilities (at temperature 1) reach `topP`.
    private mutating func applyTopP() {
        guard options.topP < 1, let first = candidates.first else { return }
        var total: Float = 0
        for candidate in candidates { total += expf(candidate.value - first.value) }
        var sum: Float = 0
        for (index, candidate) in candidates.enumerated() {
            sum += expf(candidate.value - first.value) / total
            if sum >= options.topP {
                candidates.removeLast(candidates.count - index - 1)
                return
            }
        }
    }

    private mutating func applyMinP() {
        guard options.minP > 0, let first = candidates.first else { return }
        let least = first.value + logf(options.minP)
        while let last = candidates.last, last.value < least { candidates.removeLast() }
    }

    private mutating func draw() -> Int32 {
        guard let first = candidates.first else { return 0 }
        // Nothing is possible, or one token is certain: there is no distribution to draw from.
        if !first.value.isFinite { return first.token }
        var total: Float = 0
        for index in candidates.indices {
            candidates[index].value = expf((candidates[index].value - first.value) / options.temperature)
            total += candidates[index].value
        }
        var left = random.nextUnit() * total
        for candidate in candidates {
            left -= candidate.value
            if left < 0 { return candidate.token }
        }
        return candidates[candidates.count - 1].token
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
struct RandomSource {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in 0..<1, with all 24 bits that a Float holds.
    mutating func nextUnit() -> Float { Float(next() >> 40) * 0x1p-24 }
}
