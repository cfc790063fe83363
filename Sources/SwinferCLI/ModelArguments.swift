public import ArgumentParser
public import Experts
import Foundation
public import Swinfer

/// Which model, and how to load it; shared by the commands that run one.
struct ModelArguments: ParsableArguments {
    @Argument(help: "GGUF file (any shard of a split one). Without it: the built-in story model.")
    var modelPath: String?

    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp("GGUF file, the same as the argument.", valueName: "file"))
    var modelOption: String?

    @Option(
        name: [.customShort("t"), .customLong("threads")],
        help: ArgumentHelp(
            "Compute threads. Default: one per physical core that this process may use.", valueName: "n"))
    var threadList: IntegerList?

    @Option(
        name: [.customShort("c"), .customLong("ctx-size")],
        help: ArgumentHelp(
            "Tokens the context holds; 0 means as many as the model was trained for. Memory is used as it fills.",
            valueName: "n"))
    var contextSize = 0

    @Option(
        name: [.customShort("b"), .customLong("batch-size")],
        help: ArgumentHelp("Prompt tokens taken up at once, at most.", valueName: "n"))
    var batchSize = 2048

    @Option(
        name: [.customLong("ub", withSingleDash: true), .customLong("ubatch-size")],
        help: ArgumentHelp("Tokens that go through the model together, at most.", valueName: "n"))
    var microBatchSize = 512

    @Option(
        name: [.customLong("ctk", withSingleDash: true), .customLong("cache-type-k")],
        help: "Type of the cached keys (default: f16; f32 for logits).")
    var keyCacheList: CacheTypeList?

    @Option(
        name: [.customLong("ctv", withSingleDash: true), .customLong("cache-type-v")],
        help: "Type of the cached values (default: f16; f32 for logits).")
    var valueCacheOption: ModelOptions.CacheType?

    @Option(
        name: .customLong("load"),
        help:
            "How weights lie in memory: resident, streamed (experts read from disk as they are needed), mapped (paged by the kernel), or auto: the best that fits."
    )
    var loadMode = MemoryPlan.Request.auto

    @Option(
        help: ArgumentHelp(
            "Memory the model may take, cache included: auto (what is available and the control groups allow), all, or a size such as 1.4G or 512M.",
            valueName: "auto|all|size"))
    var expertMemory = ExpertMemory.auto

    @Option(
        help: ArgumentHelp(
            "Use fewer experts for each token than the model was trained with: faster, and lossy.",
            valueName: "n"))
    var expertsUsed: Int?

    @Option(
        help: ArgumentHelp(
            "Write every routing to a file, for 'swinfer experts --simulate'.", valueName: "file"))
    var recordExperts: String?

    @Flag(
        help:
            "Neither count which experts are chosen nor load the popular ones ahead (also: SWINFER_EXPERT_COUNTS=0)."
    )
    var noExpertCounts = false

    @Option(
        help: ArgumentHelp(
            "Memory that the keys and values of all sessions may take, such as 2G. Default: what the machine has beside the model.",
            valueName: "size"))
    var cacheLimit: CacheLimit?

    /// Several values are for `swinfer bench` only.
    var threads: Int? { threadList?.values.first }
    var keyCacheOption: ModelOptions.CacheType? { keyCacheList?.values.first }
    var keyCacheType: ModelOptions.CacheType { keyCacheOption ?? .f16 }
    var valueCacheType: ModelOptions.CacheType { valueCacheOption ?? .f16 }

    func validate() throws {
        if modelPath != nil, modelOption != nil {
            throw ValidationError("give the model once: as argument or with -m")
        }
        for (name, value) in [("--batch-size", batchSize), ("--ubatch-size", microBatchSize)]
        where !(1...8192).contains(value) {
            throw ValidationError("\(name) \(value) is outside 1...8192")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads) is outside 1...1024")
        }
        if let expertsUsed, expertsUsed < 1 {
            throw ValidationError("--experts-used \(expertsUsed) is less than 1")
        }
        if !(0...(1 << 24)).contains(contextSize) {
            throw ValidationError("--ctx-size \(contextSize) is outside 0...\(1 << 24)")
        }
    }

    /// The model's file; the built-in one when none is named.
    func path() throws -> String { try modelOption ?? modelPath ?? BuiltInModel.path() }

    var options: ModelOptions {
        var options = ModelOptions()
        options.threads = threads
        options.contextLength = contextSize == 0 ? nil : contextSize
        options.batchLength = min(batchSize, microBatchSize)
        options.keyCacheType = keyCacheType
        options.valueCacheType = valueCacheType
        options.loadMode = loadMode
        options.expertMemory = expertMemory
        options.expertsUsed = expertsUsed
        options.recordExperts = recordExperts
        options.keepsExpertCounts =
            !noExpertCounts && ProcessInfo.processInfo.environment["SWINFER_EXPERT_COUNTS"] != "0"
        options.cacheLimit = cacheLimit?.bytes
        return options
    }

    /// Loads the model, with a progress bar on a terminal.
    ///
    /// - Parameter exact: keep the cache in float32 unless an option says otherwise, for
    ///   comparison with other engines.
    /// - Parameter contextLength: instead of the option's.
    /// - Parameter draft: what tries tokens ahead.
    func load(
        exact: Bool = false, contextLength: Int? = nil, draft: ModelOptions.Draft? = nil
    ) async throws -> Model {
        let path = try path()
        if (threadList?.values.count ?? 1) > 1 || (keyCacheList?.values.count ?? 1) > 1 {
            throw ValidationError("several values of -t or -ctk are for 'swinfer bench'; give one")
        }
        var options = options
        options.contextLength = contextLength ?? options.contextLength
        options.draft = draft
        if exact {
            options.keyCacheType = keyCacheOption ?? .f32
            options.valueCacheType = valueCacheOption ?? .f32
        }
        let bar = ProgressBar("loading")
        defer { bar.finish() }
        let model = try await Model.load(path: path, options: options) { bar.update($0) }
        bar.finish()
        for note in model.notes { Terminal.note(note) }
        if let expertsUsed {
            Terminal.note(
                "lossy: \(expertsUsed) experts for each token, fewer than the model was trained with")
        }
        return model
    }
}

extension ModelOptions.CacheType: ExpressibleByArgument {}
extension MemoryPlan.Request: ExpressibleByArgument {}

extension ExpertMemory: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument {
        case "auto": self = .auto
        case "all": self = .all
        default:
            guard let bytes = ByteSize.parse(argument) else { return nil }
            self = .bytes(bytes)
        }
    }

    public var defaultValueDescription: String { "auto" }
}
