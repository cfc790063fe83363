public import ArgumentParser
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
        name: [.customShort("t"), .long],
        help: ArgumentHelp(
            "Compute threads. Default: one per physical core that this process may use.", valueName: "n"))
    var threads: Int?

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
    var keyCacheOption: ModelOptions.CacheType?

    @Option(
        name: [.customLong("ctv", withSingleDash: true), .customLong("cache-type-v")],
        help: "Type of the cached values (default: f16; f32 for logits).")
    var valueCacheOption: ModelOptions.CacheType?

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
        return options
    }

    /// Loads the model, with a progress bar on a terminal.
    ///
    /// - Parameter exact: keep the cache in float32 unless an option says otherwise, for
    ///   comparison with other engines.
    /// - Parameter contextLength: instead of the option's.
    func load(exact: Bool = false, contextLength: Int? = nil) async throws -> Model {
        let path = try path()
        var options = options
        options.contextLength = contextLength ?? options.contextLength
        if exact {
            options.keyCacheType = keyCacheOption ?? .f32
            options.valueCacheType = valueCacheOption ?? .f32
        }
        let bar = ProgressBar("loading")
        defer { bar.finish() }
        return try await Model.load(path: path, options: options) { bar.update($0) }
    }
}

extension ModelOptions.CacheType: ExpressibleByArgument {}
