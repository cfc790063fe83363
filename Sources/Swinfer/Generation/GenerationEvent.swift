public import Experts

/// What a generation tells while it runs.
public enum GenerationEvent: Sendable, Equatable {
    /// A token and the text that became certain with it: whole characters, possibly none.
    case token(id: Int32, text: String)
    /// What the token of the next event was chosen from; only if `GenerationOptions` ask for it.
    case logProbabilities(TokenLogProbabilities)
    /// The end; nothing follows.
    case finished(FinishReason, GenerationStatistics)
}

/// Why a text ended.
public enum FinishReason: String, Sendable, Equatable {
    /// The model ended it.
    case endOfText
    /// A stop text came up.
    case stop
    /// `maxTokens` were generated.
    case length
    /// The context is full. The text up to here is whole; nothing was dropped from its start.
    case contextFull
    /// The consumer stopped listening, or the task was cancelled.
    case cancelled
}

/// What a generation took.
public struct GenerationStatistics: Sendable, Equatable {
    /// Prompt tokens that were evaluated.
    public var promptTokens = 0
    /// Tokens of the text before the answer that were not evaluated again: a cache held them.
    public var reusedTokens = 0
    /// Seconds from the start of the prompt's first piece to the logits of its last token.
    public var promptSeconds = 0.0
    /// Tokens that were generated.
    public var generatedTokens = 0
    /// Seconds from then to the last token.
    public var generationSeconds = 0.0
    /// Tokens that were dropped from the context to make room (`ContextPolicy.shift`).
    public var discardedTokens = 0
    /// What streaming experts took, from the end of the prompt on; nil where all are in memory. With
    /// several texts at once, of all of them.
    public var experts: ExpertStatistics? = nil
    /// Tokens that speculation tried.
    public var draftedTokens = 0
    /// Those of them that were chosen.
    public var acceptedTokens = 0
    /// Time per token without speculation over time with it, as far as it was measured; 0: not.
    public var speculationSpeedUp = 0.0
    /// How often speculation lost and was set aside for a while.
    public var speculationPauses = 0
    /// The seed that was used.
    public var seed: UInt64 = 0

    /// Bytes that each generated token read from disk; 0 where all experts are in memory.
    public var bytesReadPerToken: Double {
        generatedTokens > 1 ? Double(experts?.bytesRead ?? 0) / Double(generatedTokens - 1) : 0
    }

    /// Prompt tokens evaluated per second; 0: none were.
    public var promptTokensPerSecond: Double { promptSeconds > 0 ? Double(promptTokens) / promptSeconds : 0 }

    /// Tokens generated per second. The first token comes out of the prompt's logits, so it is not counted.
    public var generatedTokensPerSecond: Double {
        generationSeconds > 0 && generatedTokens > 1 ? Double(generatedTokens - 1) / generationSeconds : 0
    }
}
