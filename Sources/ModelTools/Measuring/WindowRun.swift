import Compute
import Swinfer

/// Puts windows through a model, some at once, and hands out the logits of their scored tokens.
struct WindowRun: Sendable {
    let windows: TextWindows
    /// Windows that go through together.
    let group: Int

    /// - Parameter executor: as many windows go together as its batches take and its cache holds.
    init(_ windows: TextWindows, on executor: Executor) {
        self.windows = windows
        let held = executor.cacheLimit / max(1, executor.cacheBytes(tokens: windows.length))
        group = max(1, min(executor.options.batchLength / windows.length, held))
    }

    /// Rows of logits that are held at once.
    private static let rows = 128

    /// Groups of windows, in order.
    var groups: [Range<Int>] {
        stride(from: 0, to: windows.count, by: group).map { $0..<min(windows.count, $0 + group) }
    }

    /// Runs a group. `score` gets, window by window and in order, the tokens that follow the rows which
    /// the executor has just computed, the first row's place among the window's scored ones, and the
    /// first of these rows; the last row of a window predicts what is outside of it and is not asked for.
    ///
    /// - Parameter scores: whether logits are wanted at all
    func run(
        _ group: Range<Int>, on executor: Executor, scores: Bool = true,
        _ score: (_ window: Int, _ place: Int, _ tokens: [Int32]) throws -> Void
    ) throws {
        let limit = executor.options.batchLength
        let length = windows.length
        let inputs = group.map { windows.input($0) }
        let unscored = scores ? windows.first : length
        let together = max(1, limit / group.count)
        let sequences = try group.map { _ in try executor.makeSequence() }
        for start in stride(from: 0, to: unscored, by: together) {
            let end = min(unscored, start + together)
            let pieces = inputs.indices.map {
                Batch.Piece(
                    sequence: sequences[$0], position: start, tokens: inputs[$0][start..<end], outputs: .none)
            }
            try unsafe executor.run(Batch(pieces))
        }
        guard scores else { return }
        // Window by window: a group's logits need not be held at once.
        for (index, window) in group.enumerated() {
            for start in stride(from: windows.first, to: length - 1, by: min(limit, Self.rows)) {
                let end = min(length - 1, start + min(limit, Self.rows))
                try unsafe executor.run(
                    Batch([
                        Batch.Piece(
                            sequence: sequences[index], position: start, tokens: inputs[index][start..<end],
                            outputs: .all)
                    ]))
                try score(
                    window, start - windows.first,
                    Array(windows.targets(window, from: start, count: end - start)))
            }
        }
    }

    /// Runs a group with the logits of every token, for what looks at the output's inputs.
    func runAll(_ group: Range<Int>, on executor: Executor) throws {
        let step = min(executor.options.batchLength, Self.rows)
        for window in group {
            let input = windows.input(window)
            let sequence = try executor.makeSequence()
            for start in stride(from: 0, to: input.count, by: step) {
                let tokens = input[start..<min(input.count, start + step)]
                try unsafe executor.run(
                    Batch([Batch.Piece(sequence: sequence, position: start, tokens: tokens, outputs: .all)]))
            }
        }
    }
}
