/// Why a model cannot be run in the memory that it may take.
package enum PlanError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The budget does not hold dense weights, caches, working memory and one token's experts.
    case budgetTooSmall(bytes: Int, smallest: Int)
    /// Everything was to be in memory, and does not fit.
    case doesNotFit(bytes: Int, needed: Int)
    /// Streaming was asked for, and there are no routed experts to stream.
    case nothingToStream

    public var description: String {
        switch self {
        case .budgetTooSmall(let bytes, let smallest):
            "\(ByteSize.text(bytes)) of memory are too few for this model: dense weights, cache and one token's experts take \(ByteSize.text(smallest)); use at least --expert-memory \(PlanError.megabytes(smallest)), a smaller context (-c) or batch (-ub)"
        case .doesNotFit(let bytes, let needed):
            "the whole model takes \(ByteSize.text(needed)) and \(ByteSize.text(bytes)) may be used; leave out --load resident and --expert-memory all to stream its experts, or use a smaller context (-c)"
        case .nothingToStream:
            "the model has no routed experts to stream; use --load mapped when it does not fit into memory"
        }
    }

    /// A size that, read back, is no smaller.
    private static func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000)M" }
}
