/// What happens when a session's context is full.
public enum ContextPolicy: Sendable, Equatable {
    /// The generation ends with `FinishReason.contextFull`; nothing is dropped.
    case stop
    /// The first `keep` tokens stay, half of those behind them are dropped, and the rest moves up.
    /// `GenerationStatistics.discardedTokens` tells how many were dropped. Refused where the
    /// model's layers do not allow it.
    case shift(keep: Int)
}
