/// Makes tokens less likely that would prolong a repetition of what stands before ("don't repeat
/// yourself", p-e-w 2024): the longer the repetition already is, exponentially the less.
struct DRY {
    let multiplier: Float
    let base: Float
    let allowedLength: Int
    let breakers: DRYBreakers
    private var recent: RecentTokens
    /// lengths[k]: how many tokens before the one `k` back equal the last ones.
    private var lengths: [Int32] = []
    /// Tokens that would prolong a repetition, with the longest such.
    private var longest: [Int32: Int32] = [:]
    private var prolonging: [Int32] = []

    /// Tokens that are looked back on.
    var last: Int { recent.capacity }

    init(_ options: GenerationOptions.DRY, breakers: DRYBreakers) {
        multiplier = options.multiplier
        base = options.base
        allowedLength = options.allowedLength
        self.breakers = breakers
        recent = RecentTokens(capacity: options.lastTokens)
    }

    mutating func accept(_ token: Int32) { _ = recent.append(token) }

    mutating func apply(_ candidates: inout Candidates) {
        findProlonging()
        if prolonging.isEmpty { return }
        let (longest, multiplier, base, allowedLength) = (longest, multiplier, base, allowedLength)
        let most = base > 1.000_001 ? Int(88.722_84 / logarithm(base)) : Int.max
        candidates.change(prolonging) { token, logit in
            guard let length = longest[token] else { return logit }
            // No larger an exponent than a Float's range allows.
            return logit - multiplier * power(base, Float(min(Int(length) - allowedLength, most)))
        }
    }

    private mutating func findProlonging() {
        prolonging.removeAll(keepingCapacity: true)
        longest.removeAll(keepingCapacity: true)
        let count = recent.count
        if count <= allowedLength { return }
        let limit = breakers.distance(in: recent)
        if limit < allowedLength { return }
        measure(count, limit: limit)
        for back in 1..<count where Int(lengths[back]) >= allowedLength {
            let token = recent[back: back - 1]
            if breakers.isBreaker(token) { continue }
            if let known = longest[token] {
                longest[token] = max(known, lengths[back])
            } else {
                longest[token] = lengths[back]
                prolonging.append(token)
            }
        }
    }

    /// The Z function of the tokens read backwards (Gusfield 1997), cut off at a limit: in time
    /// proportional to the number of tokens.
    private mutating func measure(_ count: Int, limit: Int) {
        lengths.removeAll(keepingCapacity: true)
        lengths.append(0)
        // Of the matches found so far, the one that reaches furthest: from `start` to before `end`.
        var start = 0
        var end = 0
        for back in 1..<count {
            var length = 0
            if back < end { length = min(Int(lengths[back - start]), end - back) }
            if back + length >= end {
                while back + length < count, recent[back: length] == recent[back: back + length] {
                    length += 1
                }
                start = back
                end = back + length
            }
            lengths.append(Int32(length))
        }
        for back in 1..<count { lengths[back] = min(lengths[back], Int32(limit)) }
    }
}
