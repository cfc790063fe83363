/// What a generation tells while it runs.
public enum GenerationEvent: Sendable, Equatable {
    /// A token and the text that became certain with it: whole characters, possibly none.
    case token(id: Int32, text: String)
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
    public var promptTokens = 0
    /// Seconds from the start of the prompt's first piece to the logits of its last token.
    public var promptSeconds = 0.0
    public var generatedTokens = 0
    /// Seconds from then to the last token.
    public var generationSeconds = 0.0
    /// The seed that was used.
    public var seed: UInt64 = 0

    public var promptTokensPerSecond: Double { promptSeconds > 0 ? Double(promptTokens) / promptSeconds : 0 }

    /// The first token comes out of the prompt's logits, so it is not counted.
    public var generatedTokensPerSecond: Double {
        generationSeconds > 0 && generatedTokens > 1 ? Double(generatedTokens - 1) / generationSeconds : 0
    }
}
