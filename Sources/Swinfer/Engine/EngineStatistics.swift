/// What a model's engine has done since it was loaded, and what it does now.
public struct EngineStatistics: Sendable, Equatable {
    /// Batches that went through the model.
    public var batches = 0
    /// Prompt tokens that went through the model.
    public var promptTokens = 0
    /// Tokens that were generated.
    public var generatedTokens = 0
    /// Tokens of all texts that generations went on from.
    public var requestedTokens = 0
    /// How many of these were not evaluated again.
    public var reusedTokens = 0
    /// Tokens that speculation tried.
    public var draftedTokens = 0
    /// Those of them that were chosen.
    public var acceptedTokens = 0
    /// How often a generation had to wait for memory after it had begun.
    public var pauses = 0
    /// How often an idle session's cache was given up; its text is read again when it goes on.
    public var drops = 0
    /// How often a full context was shifted.
    public var shifts = 0
    /// Generations in the batches now.
    public var running = 0
    /// Generations that wait for memory.
    public var queued = 0
    /// Sessions that are open.
    public var sessions = 0
    /// Bytes of keys and values in use, in whole blocks of 256 tokens.
    public var cacheBytes = 0
    /// Bytes that these may take.
    public var cacheLimit = 0
    /// Beginnings of texts that are kept to go on from.
    public var storedPrefixes = 0

    /// Nothing done yet.
    public init() {}

    /// Share of the requested tokens that were not evaluated again.
    public var hitRate: Double { requestedTokens > 0 ? Double(reusedTokens) / Double(requestedTokens) : 0 }
}
