import Compute
import Models

/// A smaller model of the same vocabulary writes the text on.
final class ModelDrafter: Drafter, @unchecked Sendable {
    private let executor: Executor
    /// Keeps the weights mapped.
    private let loaded: LoadedModel
    /// Tokens that the large model knows.
    private let vocabularySize: Int
    private let endOfGeneration: Set<Int32>

    /// A drafter that is further behind than this reads before it proposes.
    private static let catchUp = 16

    init(_ loaded: LoadedModel, _ executor: Executor, vocabularySize: Int, endOfGeneration: [Int32]) {
        self.loaded = loaded
        self.executor = executor
        self.vocabularySize = min(vocabularySize, loaded.program.vocabularySize)
        self.endOfGeneration = Set(endOfGeneration)
    }

    /// The draft model's state of a session's text, with what it has written on itself.
    private final class Memory: DraftMemory {
        var tokens: [Int32] = []
        /// Before what it wrote on, where it cannot go back otherwise.
        private var snapshot: SequenceCache.Snapshot?

        /// Goes back to where its text is still the session's.
        func goBack(to position: Int) throws {
            if position == tokens.count { return }
            if let place = snapshot?.position, place > position { snapshot = nil }
            if cache.canGoBack(to: position) {
                cache.goBack(to: position)
            } else if let snapshot {
                try cache.restore(snapshot)
            } else {
                cache.clear()
            }
            tokens.removeLast(tokens.count - cache.position)
        }

        func mark() throws { snapshot = try cache.snapshot() }
    }

    private func open(_ memory: SessionMemory) throws -> Memory {
        if let own = memory.draft as? Memory { return own }
        let own = Memory(try executor.makeSequence())
        memory.draft = own
        return own
    }

    func propose(for text: [Int32], _ memory: SessionMemory, _ wish: DraftWish) throws -> Draft {
        let own = try open(memory)
        try own.goBack(to: min(commonPrefix(own.tokens, text), text.count - 1))
        let missing = text[own.tokens.count...]
        guard !missing.contains(where: { Int($0) >= executor.program.vocabularySize }) else {
            return .tokens([])
        }
        if missing.count > ModelDrafter.catchUp {
            let limit = min(wish.readLimit, executor.options.batchLength)
            try run(own, missing.prefix(min(missing.count - 1, limit)), outputs: .none)
            return .reading
        }
        var rest = missing
        while rest.count > executor.options.batchLength {
            let piece = rest.prefix(executor.options.batchLength)
            try run(own, piece, outputs: .none)
            rest = rest.dropFirst(piece.count)
        }
        try run(own, rest, outputs: .last)
        if executor.stateBytesPerSequence > 0 { try own.mark() }
        var wish = wish
        var draft: [Int32] = []
        while let next = executor.likeliestToken(&wish), Int(next) < vocabularySize {
            draft.append(next)
            if draft.count == wish.limit || endOfGeneration.contains(next) { break }
            try run(own, [next], outputs: .last)
        }
        return .tokens(draft)
    }

    private func run(_ own: Memory, _ tokens: ArraySlice<Int32>, outputs: Batch.Outputs) throws {
        try unsafe executor.run(
            Batch([
                Batch.Piece(
                    sequence: own.cache, position: own.tokens.count, tokens: tokens, outputs: outputs)
            ]))
        own.tokens += tokens
    }

    func observe(
        _ text: [Int32], evaluated: Range<Int>, row: Int, of model: Executor, _ memory: SessionMemory
    ) {}
}
