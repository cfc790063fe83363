public import Experts

/// How a model is loaded and run.
public struct ModelOptions: Sendable, Equatable {
    /// Element type of a cache.
    public enum CacheType: String, Sendable, Equatable, CaseIterable {
        /// Float32, float16, or blocks of 32 elements of 8 or 4 bits with a scale.
        case f32, f16, q8_0, q4_0
    }

    /// Compute threads; nil: one per physical core that the process may use.
    public var threads: Int? = nil
    /// Tokens a session can hold; nil: what the model was trained for. Memory is used as the
    /// context fills, not before.
    public var contextLength: Int? = nil
    /// Tokens that go through the model together at most.
    public var batchLength: Int = 512
    /// Element type of cached keys.
    public var keyCacheType: CacheType = .f16
    /// Element type of cached values.
    public var valueCacheType: CacheType = .f16
    /// Read the whole file into the page cache before the first token, with progress.
    public var prefault = true

    /// Bytes of keys and values of all sessions together, counted in blocks of 256 tokens; nil:
    /// nine tenths of the machine's memory less the file, and one full session at least.
    ///
    /// When they are taken, stored beginnings of texts go first, then the caches of idle sessions,
    /// whose texts are read again when they go on. New generations wait; a running one is set
    /// back to waiting only when nothing else is left. Nobody's text is cut.
    public var cacheLimit: Int? = nil
    /// Prompt tokens that go through the model beside other sessions' generation: fewer keep
    /// these steady, more bring the first token earlier.
    public var interleavedPromptTokens: Int = 64
    /// Tokens of a long prompt after which a snapshot is taken on models with windowed or
    /// recurrent layers, so that later prompts can go on from there.
    public var snapshotInterval: Int = 1024
    /// How weights lie in memory; `auto` takes the best that fits.
    public var loadMode: MemoryPlan.Request = .auto
    /// Memory that the model may take.
    public var expertMemory: ExpertMemory = .auto
    /// How a streamed model's files are read; `ring` is refused where the kernel offers no io_uring.
    public var readMethod: ReadMethod = .auto
    /// What can try tokens ahead besides the text itself; generations ask for it with
    /// `GenerationOptions.draftTokens`.
    public var draft: Draft? = nil
    /// Count how often experts are chosen, in the user's cache folder, and load the most popular
    /// ones ahead the next time.
    public var keepsExpertCounts = true
    /// A file to write every routing to; nil: none.
    public var recordExperts: String? = nil
    /// Fewer experts for each token than the model was trained with: faster, and worse. nil: all.
    public var expertsUsed: Int? = nil

    /// The defaults.
    public init() {}

    func validate() throws(SwinferError) {
        func check(_ value: Int?, _ name: String, _ range: ClosedRange<Int>) throws(SwinferError) {
            if let value, !range.contains(value) {
                throw .invalidOption(name: name, reason: "\(value) is outside \(range)")
            }
        }
        try check(expertsUsed, "expertsUsed", 1...4096)
        if case .bytes(let bytes) = expertMemory {
            try check(bytes, "expertMemory", 1...(1 << 50))
        }
        try check(threads, "threads", 1...1024)
        try check(contextLength, "contextLength", 1...(1 << 24))
        try check(batchLength, "batchLength", 1...8192)
        try check(cacheLimit, "cacheLimit", 1...(.max))
        try check(interleavedPromptTokens, "interleavedPromptTokens", 1...8192)
        try check(snapshotInterval, "snapshotInterval", 1...(1 << 24))
    }
}
