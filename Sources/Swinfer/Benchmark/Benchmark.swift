import Compute
package import Experts

/// Speed of a model, measured as llama-bench does it.
package struct BenchmarkTest: Sendable, Equatable {
    /// Prompt tokens read; 0 in a generation test.
    public var promptTokens: Int
    /// Tokens generated one by one; 0 in a prompt test.
    public var generatedTokens: Int
    /// Tokens in the context before the measurement starts.
    public var depth: Int
    /// Sequences that run at once, each with so many tokens.
    public var sequences: Int

    public init(promptTokens: Int, generatedTokens: Int, depth: Int, sequences: Int = 1) {
        self.promptTokens = promptTokens
        self.generatedTokens = generatedTokens
        self.depth = depth
        self.sequences = sequences
    }

    /// llama-bench's name: "pp512", "tg128 @ d4096".
    public var name: String {
        var parts: [String] = []
        if promptTokens > 0 { parts.append("pp\(promptTokens)") }
        if generatedTokens > 0 { parts.append("tg\(generatedTokens)") }
        return parts.joined(separator: "+") + (depth > 0 ? " @ d\(depth)" : "")
            + (sequences > 1 ? " x\(sequences)" : "")
    }

    /// Of all sequences together.
    public var tokens: Int { (promptTokens + generatedTokens) * sequences }
}

/// What one test gave.
package struct BenchmarkResult: Sendable, Equatable {
    public var test: BenchmarkTest
    /// Seconds of each repetition.
    public var samples: [Double]
    /// Bytes of weights and cache that the repetition reads at least, all its tokens together.
    public var bytesRead: Double
    /// int8 operations (two per multiply-accumulate) of quantized products, all tokens together.
    public var int8Operations: Double

    /// What streaming experts took in all repetitions; nil where they are all in memory.
    public var experts: ExpertStatistics? = nil

    public var rates: [Double] { samples.map { Double(test.tokens) / $0 } }
    /// Tokens per second, mean over the repetitions.
    public var meanRate: Double { rates.reduce(0, +) / Double(max(1, rates.count)) }
    public var deviation: Double {
        guard rates.count > 1 else { return 0 }
        let mean = meanRate
        return (rates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rates.count - 1)).squareRoot()
    }
    public var medianRate: Double {
        let sorted = rates.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
    /// Bytes that each token reads.
    public var bytesPerToken: Double { bytesRead / Double(test.tokens) }
}

/// Speed of one weight type's products on this machine.
package struct KernelBenchmark: Sendable, Equatable {
    /// GGUF's name of the type.
    public var type: String
    public var bitsPerWeight: Double
    /// Weight bytes per second of a matrix-vector product: one thread, weights in its cache.
    public var cachedBandwidth: Double
    /// The same with all threads, from memory.
    public var memoryBandwidth: Double
    /// Seconds that a row takes besides its bytes, with all threads: what short rows lose.
    public var rowSeconds: Double
    /// Operations per second of products with 512 columns, all threads.
    public var panelRate: Double
    /// Whether the products take int8 activations, so that the int8 peak bounds them.
    public var quantized: Bool
    /// Bytes of weights per second from memory, in rows so long that `rowSeconds` do not count.
    public var bandwidthOfLongRows: Double
}

/// The limits that this machine's cores measured.
package struct BenchmarkLimits: Sendable, Equatable {
    /// Bytes per second that all compute threads together read from memory.
    public var readBandwidth: Double
    /// int8 operations per second of all compute threads; 0: no kernel to measure it with.
    public var int8Rate: Double

    public init(readBandwidth: Double, int8Rate: Double) {
        self.readBandwidth = readBandwidth
        self.int8Rate = int8Rate
    }

    /// Halfway between two measurements, for work that ran between them.
    public func mean(with other: BenchmarkLimits) -> BenchmarkLimits {
        BenchmarkLimits(
            readBandwidth: (readBandwidth + other.readBandwidth) / 2,
            int8Rate: (int8Rate + other.int8Rate) / 2)
    }
}

extension Model {
    /// Runs a test: one warm-up, then the repetitions, each from an empty context.
    ///
    /// - Parameters:
    ///   - repetitions: how often it is measured.
    ///   - warmUp: run once more first, unmeasured.
    /// - Throws: `SwinferError` when the test does not fit the context.
    package func benchmark(
        _ test: BenchmarkTest, repetitions: Int, warmUp: Bool = true
    ) async throws(SwinferError) -> BenchmarkResult {
        guard test.tokens > 0, test.promptTokens >= 0, test.generatedTokens >= 0, test.depth >= 0,
            repetitions > 0
        else { throw .invalidOption(name: "benchmark", reason: "a test needs tokens and repetitions") }
        let length = test.depth + test.promptTokens + test.generatedTokens
        guard length <= information.contextLength else {
            throw .promptTooLong(tokens: length, contextLength: information.contextLength)
        }
        guard test.sequences >= 1, test.sequences <= batchLength else {
            throw .invalidOption(
                name: "benchmark", reason: "\(test.sequences) sequences in batches of \(batchLength)")
        }
        do {
            return try await engine.perform { executor in
                var run = try BenchmarkRun(executor, test)
                return try run.measure(repetitions: repetitions, warmUp: warmUp)
            }
        } catch { throw SwinferError(error) }
    }

    /// Measures the products of weight types, apart from any model.
    ///
    /// - Parameters:
    ///   - types: GGUF's names of the types wanted; nil: all.
    ///   - rounds: how often all are measured in turns; medians count.
    package func measureKernels(
        types: Set<String>? = nil, rounds: Int = 1
    ) async throws(SwinferError) -> [KernelBenchmark] {
        do {
            return try await engine.perform { executor in
                var result: [KernelBenchmark] = []
                try executor.measureKernels(types: types, rounds: rounds) { speed in
                    result.append(
                        KernelBenchmark(
                            type: speed.type, bitsPerWeight: speed.bitsPerWeight,
                            cachedBandwidth: speed.cachedBandwidth, memoryBandwidth: speed.memoryBandwidth,
                            rowSeconds: speed.rowSeconds,
                            panelRate: speed.panelRate, quantized: speed.quantized,
                            bandwidthOfLongRows: speed.bandwidthOfLongRows))
                }
                return result
            }
        } catch { throw SwinferError(error) }
    }

    /// Measures what the machine can do at most, with this model's threads. Takes little memory where the
    /// model has a budget, of which all may be in use.
    package func measureLimits() async throws(SwinferError) -> BenchmarkLimits {
        let bytes = plan.mode == .resident ? 512 << 20 : 64 << 20
        do {
            let limits = try await engine.perform { try $0.measureLimits(byteCount: bytes) }
            return BenchmarkLimits(readBandwidth: limits.readBandwidth, int8Rate: limits.int8Rate)
        } catch { throw SwinferError(error) }
    }
}

/// One test on an executor.
private struct BenchmarkRun {
    let executor: Executor
    let test: BenchmarkTest
    let sequences: [SequenceCache]
    /// Tokens spread over the vocabulary, the same in every run.
    private var source = RandomSource(seed: 42)

    init(_ executor: Executor, _ test: BenchmarkTest) throws {
        self.executor = executor
        self.test = test
        sequences = try (0..<test.sequences).map { _ in try executor.makeSequence() }
    }

    mutating func measure(repetitions: Int, warmUp: Bool) throws -> BenchmarkResult {
        var samples: [Double] = []
        var cost = ProgramCost()
        var experts: ExpertStatistics?
        for round in 0..<repetitions + (warmUp ? 1 : 0) {
            try read(test.depth, from: 0)
            let before = executor.cost
            let streamedBefore = executor.streamingCosts.map { ExpertStatistics($0) }
            let start = ContinuousClock.now
            try read(test.promptTokens, from: test.depth, logits: true)
            for index in 0..<test.generatedTokens {
                try runAll(at: test.depth + test.promptTokens + index)
            }
            let seconds = start.duration(to: ContinuousClock.now).seconds
            if round > 0 || !warmUp {
                samples.append(seconds)
                cost = executor.cost - before
                if let streamedBefore, let now = executor.streamingCosts {
                    experts = (experts ?? ExpertStatistics()) + (ExpertStatistics(now) - streamedBefore)
                }
            }
        }
        return BenchmarkResult(
            test: test, samples: samples, bytesRead: cost.bytes, int8Operations: cost.int8Operations,
            experts: experts)
    }

    private mutating func token() -> Int32 {
        Int32(source.next() % UInt64(executor.program.vocabularySize))
    }

    private mutating func read(_ count: Int, from start: Int, logits: Bool = false) throws {
        for sequence in sequences { try read(sequence, count, from: start, logits: logits) }
    }

    private mutating func read(
        _ sequence: SequenceCache, _ count: Int, from start: Int, logits: Bool
    ) throws {
        var done = 0
        while done < count {
            let size = min(executor.options.batchLength, count - done)
            let tokens = (0..<size).map { _ in token() }
            done += size
            try run(
                sequence, tokens, at: start + done - size, logits && done == count ? .last : .none)
        }
    }

    /// One token of every sequence.
    private mutating func runAll(at position: Int) throws {
        let tokens = sequences.map { _ in token() }
        try unsafe executor.run(
            Batch(
                sequences.indices.map {
                    Batch.Piece(
                        sequence: sequences[$0], position: position, tokens: tokens[$0...$0], outputs: .last)
                }))
    }

    private func run(_ sequence: SequenceCache, _ tokens: [Int32], at position: Int, _ outputs: Batch.Outputs)
        throws
    {
        try unsafe executor.run(
            Batch([Batch.Piece(sequence: sequence, position: position, tokens: tokens[...], outputs: outputs)]
            ))
    }
}
