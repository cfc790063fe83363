import Compute
public import Swinfer

/// How far a measurement over windows is.
public struct WindowProgress: Sendable {
    /// Windows that are done, and all.
    public let done: Int
    public let total: Int
    /// Seconds so far.
    public let seconds: Double
    /// The value so far.
    public let perplexity: Perplexity

    /// Seconds that the rest will take.
    public var remainingSeconds: Double { done > 0 ? seconds / Double(done) * Double(total - done) : 0 }
}

extension TextWindows {
    /// The model's perplexity on the text, by llama.cpp's method.
    ///
    /// - Parameters:
    ///   - logits: where to write log-probabilities to, in llama.cpp's format; for the divergence of
    ///     other models from this one
    ///   - progress: called after each group of windows
    /// - Throws: ``ToolError``, `SwinferError`, or `CancellationError` when the task is cancelled; a
    ///   file of logits is not left under its name then.
    public func perplexity(
        of model: Model, logits: String? = nil, progress: (WindowProgress) -> Void = { _ in }
    ) async throws -> Perplexity {
        let run = try await model.evaluate { WindowRun(self, on: $0) }
        let writer = try logits.map {
            try LogitsFileWriter($0, windows: self, vocabulary: model.information.vocabularySize)
        }
        let start = ContinuousClock.now
        var perplexity = Perplexity()
        for group in run.groups {
            try Task.checkCancellation()
            let keeps = writer != nil
            let (surprises, words) = try await model.evaluate { executor in
                var surprises: [Double] = []
                var words: [UInt16] = []
                try run.run(group, on: executor) { _, _, tokens in
                    surprises += executor.surprises(of: tokens)
                    if keeps { words += executor.compressedLogits(rows: tokens.count) }
                }
                return (surprises, words)
            }
            for surprise in surprises { perplexity.add(surprise) }
            try writer?.write(words)
            progress(
                WindowProgress(
                    done: group.upperBound, total: count,
                    seconds: start.duration(to: .now) / .seconds(1), perplexity: perplexity))
        }
        try writer?.finish()
        return perplexity
    }
}
