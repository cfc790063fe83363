import Compute
public import CoreMetrics
import Dispatch
public import Experts
import GGUF
import Grammar
public import Logging
import Models
import Synchronization
import Tokenizer

/// A model in memory: mapped weights, vocabulary, and the engine that runs it.
///
/// Any number of sessions may generate on it at once; their tokens go through the model in
/// shared batches.
///
///     let model = try await Model.load(path: "model.gguf")
///     for try await event in try model.makeSession().generate("Once upon a time") {
///         if case .token(_, let text) = event { print(text, terminator: "") }
///     }
public final class Model: Sendable {
    /// What is known about a loaded model.
    public struct Information: Sendable, Equatable {
        /// `general.name`, if the file has one.
        public let name: String?
        /// `general.architecture`.
        public let architecture: String
        /// Entries of the vocabulary: logits of each token.
        public let vocabularySize: Int
        /// Layers of the model.
        public let layerCount: Int
        /// Tokens that the model was trained to look back on.
        public let trainedContextLength: Int
        /// Tokens that a session of this model can hold.
        public let contextLength: Int
        /// Weights in the file.
        public let parameterCount: Int
        /// Bytes of the file with all its shards.
        public let fileBytes: Int
        /// Bytes of cache that each token of a session takes.
        public let cacheBytesPerToken: Int
        /// Bytes of recurrent state that each session takes, whatever its length.
        public let stateBytesPerSession: Int
        /// Bytes that the windows of windowed layers take in each session, once they are full.
        public let windowBytesPerSession: Int
        /// Bytes of keys and values that all sessions may take together.
        public let cacheLimit: Int
        /// Compute threads in use.
        public let threads: Int
        /// Seconds that loading took.
        public let loadSeconds: Double
    }

    /// What is known about it.
    public let information: Information
    /// The chat templates of the file.
    public let chatTemplates: ChatTemplates
    let tokenizer: Tokenizer
    let engine: Engine
    /// How the model lies in memory.
    public let plan: MemoryPlan
    /// What a user should know about how it was loaded; mostly nothing.
    public let notes: [String]
    let logger: Logger
    let store: ExpertStore?
    let tracing: ExpertTracing
    let loaded: LoadedModel
    /// Tokens that go through the model together at most.
    let batchLength: Int
    /// What sessions' memory looks like, in words.
    let cacheSettings: String
    let dryBreakerCache = DRYBreakerCache()
    /// The vocabulary's texts as constraints need them, once one does, by the control tokens that are text.
    let tokenTries = Mutex<[Set<Int32>: TokenTrie]>([:])

    /// Opens a model file (any shard of a split one) and makes it ready to run.
    ///
    /// Blocks while it reads; `load` does not.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - options: how it is loaded and run.
    ///   - logger: is told how the model was loaded and, from then on, what its engine does; nil:
    ///     nothing is logged.
    ///   - metrics: is told the numbers of ``ModelMetric``; nil: nothing is counted.
    ///   - progress: called with 0...1 as the file is read, on this thread.
    /// - Throws: `SwinferError` saying what is wrong with the file or the options.
    public init(
        path: String, options: ModelOptions = ModelOptions(), logger: Logger? = nil,
        metrics: (any MetricsFactory)? = nil, progress: ((Double) -> Void)? = nil
    ) throws(SwinferError) {
        try options.validate()
        self.logger = logger ?? .silent
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let file = try GGUFFile(path: path)
            tokenizer = try Tokenizer(metadata: file.metadata)
            let placement = try Placement(file, options, progress: progress)
            let loaded = placement.loaded
            let executor = placement.executor
            chatTemplates = try ChatTemplates(metadata: file.metadata)
            self.loaded = loaded
            plan = placement.plan
            notes = placement.notes
            store = placement.scheduler?.store
            tracing = try ExpertTracing(placement, file, options)
            cacheSettings = executor.cacheSettings
            batchLength = executor.options.batchLength
            let drafter = try options.draft?.load(
                for: placement, file, tokenizer, prefaults: options.prefault)
            engine = Engine(
                executor, drafter: drafter,
                options: SchedulerOptions(
                    promptShare: options.interleavedPromptTokens, snapshotInterval: options.snapshotInterval,
                    prefixBytes: executor.cacheLimit / 4),
                monitor: logger == nil && metrics == nil
                    ? nil
                    : EngineMonitor(
                        self.logger, metrics,
                        model: String(path.split(separator: "/").last ?? ""), store: store))
            information = Information(
                name: try file.metadata.string("general.name"), architecture: loaded.architecture,
                vocabularySize: loaded.program.vocabularySize, layerCount: loaded.layerCount,
                trainedContextLength: loaded.contextLength, contextLength: executor.options.contextLength,
                parameterCount: file.tensors.reduce(0) { $0 + $1.elementCount },
                fileBytes: file.fileByteCount, cacheBytesPerToken: executor.cacheBytesPerToken,
                stateBytesPerSession: executor.stateBytesPerSequence,
                windowBytesPerSession: executor.windowBytesPerSequence, cacheLimit: executor.cacheLimit,
                threads: executor.threadCount, loadSeconds: start.duration(to: clock.now).seconds)
        } catch {
            throw SwinferError(error)
        }
        logLoading(path, options)
    }

    /// Opens a model file without blocking the caller's task.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - options: how it is loaded and run.
    ///   - logger: is told how the model was loaded and, from then on, what its engine does; nil:
    ///     nothing is logged.
    ///   - metrics: is told the numbers of ``ModelMetric``; nil: nothing is counted.
    ///   - progress: called with 0...1 as the file is read, on another thread.
    /// - Throws: `SwinferError` saying what is wrong with the file or the options.
    public static func load(
        path: String, options: ModelOptions = ModelOptions(), logger: Logger? = nil,
        metrics: (any MetricsFactory)? = nil, progress: (@Sendable (Double) -> Void)? = nil
    ) async throws(SwinferError) -> Model {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Model, SwinferError>, Never>) in
            DispatchQueue.global(qos: .userInitiated).async {
                continuation.resume(
                    returning: Result { () throws(SwinferError) in
                        try Model(
                            path: path, options: options, logger: logger, metrics: metrics,
                            progress: progress)
                    })
            }
        }
        return try result.get()
    }

    /// What tells this model from others, for files that belong to it.
    var fingerprint: ModelFingerprint { ModelFingerprint(loaded.file) }

    /// The file's chat template, in Jinja; nil when it has none.
    public var chatTemplate: String? { chatTemplates.standard }

    /// A new, empty session with memory of its own.
    ///
    /// - Throws: `SwinferError.compute` when memory is refused.
    public func makeSession() throws(SwinferError) -> Session { try Session(self) }

    /// The token ids of a text.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - addSpecial: add begin and end tokens as the vocabulary asks.
    ///   - parseSpecial: read the names of special tokens in the text as these tokens.
    /// - Throws: `SwinferError.tokenizer` when the vocabulary has no tokens for the text.
    public func tokenize(
        _ text: String, addSpecial: Bool = true, parseSpecial: Bool = true
    ) throws(SwinferError) -> [Int32] {
        do { return try tokenizer.encode(text, addSpecial: addSpecial, parseSpecial: parseSpecial) } catch {
            throw SwinferError(error)
        }
    }

    /// Logits of every token of a sequence, in order.
    ///
    /// Runs between other sessions' batches, on the engine's thread; they wait meanwhile.
    ///
    /// - Parameters:
    ///   - tokens: ids to run through the model, from position 0.
    ///   - body: called with each token's logits, one per vocabulary entry; valid during the call.
    /// - Throws: `SwinferError` when the sequence does not fit the context; what `body` throws.
    public func logits(
        of tokens: [Int32], _ body: @escaping @Sendable (Span<Float>) throws -> Void
    ) async throws {
        try await engine.perform { executor in
            let sequence = try executor.makeSequence()
            // Rows of logits are large, so fewer tokens go together than in a prompt.
            let step = min(64, executor.options.batchLength)
            for start in stride(from: 0, to: tokens.count, by: step) {
                let piece = tokens[start..<min(tokens.count, start + step)]
                try unsafe executor.run(
                    Batch([Batch.Piece(sequence: sequence, position: start, tokens: piece, outputs: .all)]))
                for row in 0..<piece.count { try body(unsafe executor.logits(output: row).span) }
            }
        }
    }

    /// What the engine has done so far and does now, over all sessions.
    public func statistics() async -> EngineStatistics {
        (try? await engine.schedule { $0.statistics }) ?? EngineStatistics()
    }

    /// How often each expert has been chosen since loading: one row per layer with experts.
    public func expertPopularity() async -> [[Int64]] {
        (try? await engine.perform { $0.expertPopularity() }) ?? []
    }

    /// How often each expert has been chosen in all runs that were counted, this one included.
    public var expertCounts: ExpertCounts { tracing.counts }

    /// Writes the counts to the user's cache folder now, and what is recorded to its file, not only when
    /// the model goes: a process may end before that.
    public func saveExpertCounts() { tracing.save() }

    /// What streaming the experts has cost so far; nil where they are all in memory.
    public var expertStatistics: ExpertStatistics? { store.map { ExpertStatistics($0.costs) } }
}

extension ModelOptions.CacheType {
    var compute: CacheType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .q8_0: .q8_0
        case .q4_0: .q4_0
        }
    }
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

extension SwinferError {
    /// The public form of what the modules below throw.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as SwinferError: error
            case let error as GGUFError: .model(error.description)
            case let error as ModelError: .model(error.description)
            case let error as TokenizerError: .tokenizer(error.description)
            case let error as ComputeError: .compute(error.description)
            case let error as PlanError: .memory(error.description)
            case let error as RoutingTrace.Damage: .model(error.description)
            default: .compute("\(error)")
            }
    }
}
