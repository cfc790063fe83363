/// Follows a text through a grammar, token by token, and tells which tokens may come next.
///
/// Where the number of tokens is limited, it allows only those after which the text can still be ended in
/// time. One matcher belongs to one text; it is not thread-safe.
public final class GrammarMatcher {
    public let program: GrammarProgram
    public let trie: TokenTrie

    var table: StateTable
    var state: Int32
    private var masks: [Int32: StoredMask] = [:]
    /// Tokens that the shortest text from a state to the end takes; ``never`` when there is none.
    private var costs: [Int32: Int32] = [:]

    private struct StoredMask {
        var words: [UInt64]
        /// The most that finishing takes after any of its tokens.
        var worst: Int
    }

    private static let never = Int32.max
    private static let storedMasks = 256
    /// Bytes of the longest ending that is cut into tokens.
    private static let longestEnding = 1 << 15

    public init(program: GrammarProgram, trie: TokenTrie) {
        self.program = program
        self.trie = trie
        table = StateTable(program)
        state = table.start()
    }

    // MARK: Facts

    /// Whether the text so far is one that the grammar matches.
    public var canEnd: Bool { table.accepts(state) }

    /// Whether it is, and nothing more can follow.
    public var isComplete: Bool { table.accepts(state) && table.isFinal(state) }

    /// Whether the text left the grammar, or the grammar turned out to need more memory than it may have.
    public var hasFailed: Bool { state == StateTable.dead || table.overflowed }

    /// Tokens that the text needs at least to be ended (an end-of-generation token not counted); nil when
    /// the vocabulary cannot end it. An upper bound: of the ending that has the fewest bytes.
    public var tokensToFinish: Int? {
        if state == StateTable.dead { return nil }
        let cost = cost(of: state)
        return cost == Self.never ? nil : Int(cost)
    }

    // MARK: Steps

    /// Goes on past a token. One that is not allowed makes the matcher fail for good.
    public func accept(_ token: Int32) {
        state = next(state, token)
        if table.count > StateTable.comfortable {
            state = table.renew(keeping: state)
            masks.removeAll()
            costs.removeAll()
        }
    }

    /// Goes on past a text that was there before the first token, such as the begin of a call's arguments.
    public func accept(text: String) {
        for byte in text.utf8 { state = table.next(state, byte) }
    }

    /// Whether a token may come next.
    ///
    /// - Parameter remaining: tokens that may still come, this one included.
    public func allows(_ token: Int32, remaining: Int = .max) -> Bool {
        place(after: token, at: nil, remaining: remaining) != nil
    }

    /// Where a text stands after a token that is only tried; nil: the token may not come.
    ///
    /// - Parameters:
    ///   - place: where the text stands before, as this function said, or nil for the matcher's own text. ``accept(_:)``
    ///     makes all places invalid.
    ///   - remaining: tokens that may still come there, this one included.
    public func place(after token: Int32, at place: Int32?, remaining: Int = .max) -> Int32? {
        let state = place ?? state
        if trie.isEndOfGeneration(token) { return table.accepts(state) ? StateTable.dead : nil }
        let target = next(state, token)
        guard target != StateTable.dead, remaining > 0, canFinish(target, within: remaining - 1) else {
            return nil
        }
        return target
    }

    private func next(_ state: Int32, _ token: Int32) -> Int32 {
        if state == StateTable.dead || trie.isEndOfGeneration(token) { return StateTable.dead }
        let text = trie.text(of: token)
        var target = text.isEmpty ? StateTable.dead : state
        for byte in text {
            target = table.next(target, byte)
            if target == StateTable.dead { break }
        }
        guard program.matchesTokens else { return target }
        if text.isEmpty { target = table.next(state, token: TokenTrie.textless) }
        guard isReferable(token) else { return target }
        return table.union(target, table.next(state, token: token))
    }

    private func isReferable(_ token: Int32) -> Bool {
        trie.referable.indices.contains(Int(token)) && trie.referable[Int(token)]
    }

    // MARK: Masks

    /// The tokens that may come next: token t is bit t % 64 of word t / 64.
    ///
    /// - Parameters:
    ///   - place: where the text stands after tokens that are only tried, or nil for the matcher's own text.
    ///   - remaining: tokens that may still come, this one included.
    public func mask(at place: Int32? = nil, remaining: Int = .max) -> [UInt64] {
        let state = place ?? state
        if let stored = masks[state], stored.worst <= remaining - 1 { return stored.words }
        var walk = MaskWalk()
        if remaining > 0, state != StateTable.dead {
            walk.run(trie, &table, from: state) { self.canFinish($0, within: remaining - 1, &$1) }
        }
        var words = walk.words(trie)
        if table.accepts(state) { for token in trie.endOfGeneration { Self.insert(token, &words) } }
        guard remaining > 0, state != StateTable.dead else { return words }
        if program.matchesTokens { insertReferences(&words, &walk, state, remaining - 1) }
        if walk.leftOut == 0 {
            if masks.count >= Self.storedMasks { masks.removeAll() }
            masks[state] = StoredMask(words: words, worst: walk.worst)
        }
        return words
    }

    private func insertReferences(
        _ words: inout [UInt64], _ walk: inout MaskWalk, _ state: Int32, _ budget: Int
    ) {
        let references = table.tokens(state)
        if references.isEmpty { return }
        var named = Set(references.map(\.token))
        if named.remove(TokenTrie.textless) != nil {
            let target = table.next(state, token: TokenTrie.textless)
            if canFinish(target, within: budget) {
                for token in trie.textless { Self.insert(token, &words) }
                walk.worst = max(walk.worst, table.shortest[Int(target)])
            } else {
                walk.leftOut += trie.textless.count
            }
        }
        if references.contains(where: \.negated) {
            // Tokens that no reference names all lead to one state.
            let others = table.next(state, token: -1)
            let canFinish = others != StateTable.dead && canFinish(others, within: budget)
            for token in 0..<Int32(trie.vocabularyCount)
            where isReferable(token) && !trie.isEndOfGeneration(token) && !named.contains(token) {
                if canFinish { Self.insert(token, &words) } else { walk.leftOut += 1 }
            }
            walk.worst = max(walk.worst, table.shortest[Int(others)])
        }
        named = named.filter { isReferable($0) && !trie.isEndOfGeneration($0) }
        for token in named {
            let target = next(state, token)
            if target == StateTable.dead { continue }
            if canFinish(target, within: budget) {
                Self.insert(token, &words)
                walk.worst = max(walk.worst, table.shortest[Int(target)])
            } else {
                walk.leftOut += 1
            }
        }
    }

    private static func insert(_ token: Int32, _ words: inout [UInt64]) {
        guard token >= 0, Int(token) >> 6 < words.count else { return }
        words[Int(token) >> 6] |= 1 << UInt64(token & 63)
    }

    // MARK: Ends

    private func canFinish(_ state: Int32, within budget: Int) -> Bool {
        canFinish(state, within: budget, &table)
    }

    /// Whether the text can be ended from a state within so many tokens.
    private func canFinish(_ state: Int32, within budget: Int, _ table: inout StateTable) -> Bool {
        let bytes = table.shortest[Int(state)]
        // At worst every byte takes a token.
        if trie.hasAllBytes, bytes <= budget { return true }
        let (most, overflow) = budget.multipliedReportingOverflow(by: max(trie.longest, 1))
        if !overflow, bytes > most { return false }
        let cost = cost(of: state, &table)
        return cost != Self.never && Int(cost) <= budget
    }

    private func cost(of state: Int32) -> Int32 { cost(of: state, &table) }

    /// The fewest tokens that make up the shortest ending. The ending after one of them is the rest of the
    /// same ending, so that its cost is one less: what can be ended in time stays so.
    private func cost(of state: Int32, _ table: inout StateTable) -> Int32 {
        if let known = costs[state] { return known }
        guard table.shortest[Int(state)] <= Self.longestEnding else { return Self.never }
        var states = [state]
        var steps: [Int32] = []
        while let last = states.last, table.shortest[Int(last)] > 0 {
            let step = table.way(last)
            if step == Int32.max {
                costs[state] = Self.never
                return Self.never
            }
            steps.append(step)
            states.append(
                step >= 0 ? table.next(last, UInt8(step)) : table.next(last, token: -1 - step))
        }
        var fewest = [Int32](repeating: Self.never, count: states.count)
        fewest[steps.count] = 0
        for start in steps.indices.reversed() {
            if steps[start] < 0 {
                if fewest[start + 1] < Self.never { fewest[start] = fewest[start + 1] + 1 }
                continue
            }
            var node = 0
            var place = start
            while place < steps.count, steps[place] >= 0, let child = trie.child(node, UInt8(steps[place])) {
                node = child
                place += 1
                if fewest[place] < Self.never, !trie.ownTokens(node).isEmpty {
                    fewest[start] = min(fewest[start], fewest[place] + 1)
                }
            }
        }
        for (state, cost) in zip(states, fewest) { costs[state] = cost }
        return fewest[0]
    }
}
