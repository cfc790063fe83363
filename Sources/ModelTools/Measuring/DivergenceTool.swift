import Compute
public import Swinfer

/// How far a measurement of divergence is.
public struct DivergenceProgress: Sendable {
    public let done: Int
    public let total: Int
    public let seconds: Double
    public let divergence: Divergence

    public var remainingSeconds: Double { done > 0 ? seconds / Double(done) * Double(total - done) : 0 }
}

/// A base model's saved predictions, to measure other models against.
public struct SavedLogits: Sendable {
    private let reader: LogitsFileReader

    /// Opens a file that `--kl-divergence-base` or llama.cpp wrote.
    ///
    /// - Throws: ``ToolError`` when it is no such file, is cut short, or has another vocabulary.
    public init(path: String, for model: Model) throws(ToolError) {
        reader = try LogitsFileReader(path, beginToken: model.beginToken)
        let vocabulary = model.information.vocabularySize
        guard reader.vocabulary == vocabulary else {
            throw ToolError(
                "\(path): was made with a vocabulary of \(reader.vocabulary), the model has \(vocabulary); use a model of the same family"
            )
        }
    }

    /// Tokens of a window.
    public static func windowLength(path: String) throws(ToolError) -> Int {
        try LogitsFileReader(path, beginToken: nil).windows.length
    }

    /// The divergence of a model from the saved predictions.
    public func divergence(
        of model: Model, progress: (DivergenceProgress) -> Void = { _ in }
    ) async throws -> Divergence {
        let windows = reader.windows
        let run = try await model.evaluate { WindowRun(windows, on: $0) }
        let start = ContinuousClock.now
        var divergence = Divergence()
        for group in run.groups {
            try Task.checkCancellation()
            let base = try group.map { try reader.rows($0) }
            for row in try await windows.divergences(of: model, run: run, group: group, base: base) {
                divergence.add(row)
            }
            progress(
                DivergenceProgress(
                    done: group.upperBound, total: windows.count,
                    seconds: start.duration(to: .now) / .seconds(1), divergence: divergence))
        }
        return divergence
    }
}

extension TextWindows {
    /// - Parameter base: the compressed rows of each window of the group
    func divergences(
        of model: Model, run: WindowRun, group: Range<Int>, base: [[UInt16]]
    ) async throws -> [RowDivergence] {
        try await model.evaluate { executor in
            let words = executor.compressedRowWords
            var rows: [RowDivergence] = []
            try run.run(group, on: executor) { window, place, tokens in
                let part = base[window - group.lowerBound][place * words..<(place + tokens.count) * words]
                rows += executor.divergences(of: tokens, from: part)
            }
            return rows
        }
    }

    /// The divergence of a model from another one, both in memory.
    public func divergence(
        of model: Model, from base: Model, progress: (DivergenceProgress) -> Void = { _ in }
    ) async throws -> Divergence {
        guard model.information.vocabularySize == base.information.vocabularySize else {
            throw ToolError(
                "the vocabularies have \(base.information.vocabularySize) and \(model.information.vocabularySize) tokens; compare files of one model"
            )
        }
        let run = try await model.evaluate { WindowRun(self, on: $0) }
        let start = ContinuousClock.now
        var divergence = Divergence()
        for group in run.groups {
            try Task.checkCancellation()
            let rows = try await base.evaluate { executor in
                var words = [[UInt16]](repeating: [], count: group.count)
                try run.run(group, on: executor) { window, _, tokens in
                    words[window - group.lowerBound] += executor.compressedLogits(rows: tokens.count)
                }
                return words
            }
            for row in try await divergences(of: model, run: run, group: group, base: rows) {
                divergence.add(row)
            }
            progress(
                DivergenceProgress(
                    done: group.upperBound, total: count, seconds: start.duration(to: .now) / .seconds(1),
                    divergence: divergence))
        }
        return divergence
    }
}
