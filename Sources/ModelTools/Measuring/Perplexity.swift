import Glibc

/// The exponential of the mean surprise, with its standard error.
public struct Perplexity: Sendable, Equatable {
    /// Predictions that were scored.
    public private(set) var count = 0
    private var sum = 0.0
    private var squares = 0.0

    public init() {}

    mutating func add(_ surprise: Double) {
        count += 1
        sum += surprise
        squares += surprise * surprise
    }

    /// Mean negative log-probability, and its standard error.
    public var meanSurprise: Double { count > 0 ? sum / Double(count) : 0 }
    public var surpriseError: Double {
        guard count > 1 else { return 0 }
        let variance = squares / Double(count) - meanSurprise * meanSurprise
        return variance > 0 ? (variance / Double(count - 1)).squareRoot() : 0
    }

    public var value: Double { exp(meanSurprise) }
    public var error: Double { surpriseError * value }
}
