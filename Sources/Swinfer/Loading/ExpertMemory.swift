@_exported public import Experts

/// How much memory a model may take.
public enum ExpertMemory: Sendable, Equatable {
    /// What MemAvailable and the control groups leave, less some room.
    case auto
    /// All of the model; refused where that does not fit.
    case all
    /// So many bytes, for weights, cache and working memory together.
    case bytes(Int)
}
