import Compute
import Glibc

/// How far a model's predictions are from those of a base model, over many tokens.
public struct Divergence: Sendable {
    public private(set) var perplexity = Perplexity()
    public private(set) var basePerplexity = Perplexity()
    /// Of each token, in nats.
    private var values: [Double] = []
    private var changes: [Double] = []
    private var sameTop = 0
    private var products = 0.0

    public init() {}

    mutating func add(_ row: RowDivergence) {
        perplexity.add(row.surprise)
        basePerplexity.add(row.baseSurprise)
        products += row.surprise * row.baseSurprise
        values.append(row.divergence)
        changes.append(row.probabilityChange)
        if row.sameTop { sameTop += 1 }
    }

    public var count: Int { values.count }

    /// Mean Kullback-Leibler divergence in nats, and its standard error.
    public var mean: (value: Double, error: Double) { Self.mean(values) }

    /// The least value that a share of all values does not exceed, between neighbours in proportion.
    public func percentile(_ share: Double) -> Double { Self.percentile(values.sorted(), share) }
    public var median: Double { percentile(0.5) }
    public var maximum: Double { values.max() ?? 0 }

    /// The share of tokens for which both models find the same one the likeliest.
    public var sameTopShare: (value: Double, error: Double) {
        guard count > 1 else { return (0, 0) }
        let share = Double(sameTop) / Double(count)
        return (share, (share * (1 - share) / Double(count - 1)).squareRoot())
    }

    /// Root mean square of the change in the true token's probability.
    public var probabilityChange: (value: Double, error: Double) {
        let square = Self.mean(changes.map { $0 * $0 })
        let root = square.value.squareRoot()
        return (root, root > 0 ? 0.5 / root * square.error : 0)
    }

    /// Mean change in the true token's probability.
    public var meanProbabilityChange: (value: Double, error: Double) { Self.mean(changes) }

    /// Log of the ratio of perplexities, this model's to the base's.
    public var logRatio: (value: Double, error: Double) {
        guard count > 1 else { return (0, 0) }
        let (own, base) = (perplexity, basePerplexity)
        let covariance =
            (products / Double(count) - own.meanSurprise * base.meanSurprise) / Double(count - 1)
        let square =
            own.surpriseError * own.surpriseError + base.surpriseError * base.surpriseError - 2 * covariance
        return (own.meanSurprise - base.meanSurprise, max(0, square).squareRoot())
    }

    private static func mean(_ values: [Double]) -> (value: Double, error: Double) {
        guard !values.isEmpty else { return (0, 0) }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + $1 * $1 } / count - mean * mean
        return (mean, values.count > 10 && variance > 0 ? (variance / (count - 1)).squareRoot() : 0)
    }

    private static func percentile(_ sorted: [Double], _ share: Double) -> Double {
        guard let last = sorted.last else { return 0 }
        let place = share * Double(sorted.count - 1)
        if place <= 0 { return sorted[0] }
        let index = Int(place)
        guard index + 1 < sorted.count else { return last }
        let part = place - Double(index)
        return (1 - part) * sorted[index] + part * sorted[index + 1]
    }
}
