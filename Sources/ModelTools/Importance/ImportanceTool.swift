public import Compute
public import Swinfer

extension TextWindows {
    /// Sums of the squared inputs of the model's weights over the text.
    ///
    /// - Parameters:
    ///   - includesOutput: `output.weight` too
    ///   - progress: done and all windows, seconds
    public func importance(
        of model: Model, includesOutput: Bool = false, progress: (WindowProgress) -> Void = { _ in }
    ) async throws -> [InputCollector.Sums] {
        let run = try await model.evaluate { WindowRun(self, on: $0) }
        let collector = InputCollector(model.file)
        let start = ContinuousClock.now
        for group in run.groups {
            try Task.checkCancellation()
            try await model.evaluate { executor in
                executor.inputCollector = collector
                defer { executor.inputCollector = nil }
                if includesOutput {
                    try run.runAll(group, on: executor)
                } else {
                    try run.run(group, on: executor, scores: false) { _, _, _ in }
                }
            }
            progress(
                WindowProgress(
                    done: group.upperBound, total: count, seconds: start.duration(to: .now) / .seconds(1),
                    perplexity: Perplexity()))
        }
        let wanted = { (name: String) in name.hasPrefix("blk.") || (includesOutput && name == "output.weight")
        }
        let sums = collector.sums.filter { wanted($0.name) }
        if let bad = sums.first(where: { !$0.squares.allSatisfy(\.isFinite) }) {
            throw ToolError(
                "the inputs of '\(bad.name)' are not all finite; the model is damaged or its activations overflow"
            )
        }
        return sums
    }
}

/// Experts of a tensor that saw too little to know what matters to them.
public struct StarvedExperts: Sendable {
    public let tensor: String
    public let experts: [Int]
    /// Experts in all.
    public let count: Int

    /// - Parameter least: inputs that are enough
    public static func find(in sums: [InputCollector.Sums], least: Int) -> [StarvedExperts] {
        sums.filter { $0.matrices > 1 }.compactMap { sum in
            let starved = sum.counts.indices.filter { sum.counts[$0] < least }
            return starved.isEmpty
                ? nil : StarvedExperts(tensor: sum.name, experts: starved, count: sum.matrices)
        }
    }
}
