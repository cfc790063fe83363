import Compute
import GGUF

/// The prediction layer of the model's own file: from the hidden state of a position and the token
/// that follows it to the token after that, and on from its own hidden states.
///
/// The layer attends to what it made of the text before, so it takes in the hidden state of every
/// position that the model evaluates. Positions whose states nobody kept (a reused beginning, say) it
/// does without: then it starts behind them.
final class LayerDrafter: Drafter, @unchecked Sendable {
    private let executor: Executor
    /// Keeps the weights mapped.
    private let file: GGUFFile
    private let endOfGeneration: Set<Int32>
    /// With more positions than this to take in, it does that first.
    private static let catchUp = 16
    private var width: Int { executor.program.inputWidth }

    init(_ executor: Executor, _ file: GGUFFile, endOfGeneration: [Int32]) {
        self.executor = executor
        self.file = file
        self.endOfGeneration = Set(endOfGeneration)
    }

    private final class Memory: DraftMemory {
        /// The text's position that the cache's first entry stands for.
        var first = 0
        /// Entries of the text; the cache may hold more, which were only tried.
        var entries = 0
        /// [position][width] hidden states that no entry was made of yet.
        var hidden: [Float] = []
        let width: Int

        init(_ cache: SequenceCache, width: Int) {
            self.width = width
            super.init(cache)
        }

        /// The first position that it does not know.
        var end: Int { first + entries + hidden.count / width }

        override func textWasReplaced() { begin(at: 0) }

        func begin(at position: Int) {
            cache.clear()
            hidden = []
            entries = 0
            first = position
        }

        /// Forgets what it knows of a position and those behind.
        func cut(to position: Int) {
            if position > end || position < first { return begin(at: position) }
            hidden.removeLast(min(hidden.count, (end - position) * width))
            entries = min(entries, position - first)
        }
    }

    func observe(
        _ text: [Int32], evaluated: Range<Int>, row: Int, of model: Executor, _ memory: SessionMemory
    ) throws {
        let own: Memory
        if let known = memory.draft as? Memory {
            own = known
        } else {
            own = Memory(try executor.makeSequence(), width: width)
            memory.draft = own
        }
        own.cut(to: evaluated.lowerBound)
        let start = own.hidden.count
        own.hidden.append(contentsOf: repeatElement(0, count: evaluated.count * width))
        unsafe own.hidden.withUnsafeMutableBufferPointer { all in
            for index in 0..<evaluated.count {
                let place = start + index * width
                unsafe model.hiddenState(
                    row: row + index, into: UnsafeMutableBufferPointer(rebasing: all[place..<place + width]))
            }
        }
        let limit = executor.options.batchLength
        while own.hidden.count / width > limit { try takeIn(own, text, count: limit, outputs: .none) }
    }

    /// Makes entries of the first hidden states that wait.
    private func takeIn(_ own: Memory, _ text: [Int32], count: Int, outputs: Batch.Outputs) throws {
        let next = own.first + own.entries + 1
        try run(
            own, at: own.entries, text[next..<next + count], Array(own.hidden.prefix(count * width)), outputs)
        own.entries += count
        own.hidden.removeFirst(count * width)
    }

    private func run(
        _ own: Memory, at entry: Int, _ tokens: ArraySlice<Int32>, _ hidden: [Float],
        _ outputs: Batch.Outputs
    ) throws {
        try unsafe executor.run(
            Batch([
                Batch.Piece(
                    sequence: own.cache, position: entry, tokens: tokens, outputs: outputs, hidden: hidden)
            ]))
    }

    func propose(for text: [Int32], _ memory: SessionMemory, _ wish: DraftWish) throws -> Draft {
        guard let own = memory.draft as? Memory, own.end == text.count - 1, !own.hidden.isEmpty else {
            return .tokens([])
        }
        let waiting = own.hidden.count / width
        if waiting > LayerDrafter.catchUp {
            try takeIn(own, text, count: waiting - 1, outputs: .none)
            return .reading
        }
        try takeIn(own, text, count: waiting, outputs: .last)
        var row = waiting - 1
        var wish = wish
        var draft: [Int32] = []
        while let next = executor.likeliestToken(&wish) {
            draft.append(next)
            if draft.count == wish.limit || endOfGeneration.contains(next) { break }
            var hidden = [Float](repeating: 0, count: width)
            unsafe hidden.withUnsafeMutableBufferPointer { unsafe executor.hiddenState(row: row, into: $0) }
            try run(own, at: own.entries + draft.count - 1, [next], hidden, .last)
            row = 0
        }
        return .tokens(draft)
    }
}
