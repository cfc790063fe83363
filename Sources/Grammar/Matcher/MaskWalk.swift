/// One walk over a vocabulary's tree together with a grammar's states.
struct MaskWalk {
    var words: [UInt64]
    /// The most bytes that finishing takes after any token of the mask.
    var worst = 0
    /// Tokens that the grammar allows and the limit does not.
    var leftOut = 0

    /// - Parameter canFinish: whether the text can be ended from a state in time.
    mutating func run(
        _ trie: TokenTrie, _ table: inout StateTable, from start: Int32,
        canFinish: (Int32, inout StateTable) -> Bool
    ) {
        // States by depth.
        var states = [Int32](repeating: StateTable.dead, count: trie.longest + 1)
        states[0] = start
        var index = 1
        let count = trie.nodes.count
        while index < count {
            let node = trie.nodes[index]
            let depth = Int(node.depth)
            let state = table.next(states[depth - 1], node.byte)
            if state == StateTable.dead {
                index = Int(node.end)
                continue
            }
            let isUniform = node.height > 0 && isUniform(below: node, state, &table, canFinish)
            let tokens = isUniform ? trie.allTokens(index) : trie.ownTokens(index)
            if !tokens.isEmpty {
                if canFinish(state, &table) {
                    worst = max(worst, table.shortest[Int(state)])
                    for place in tokens { GrammarMatcher.insert(trie.tokens[place], &words) }
                } else {
                    leftOut += tokens.count
                }
            }
            states[depth] = state
            index = isUniform ? Int(node.end) : index + 1
        }
    }
    /// Whether every text below a node may follow, and can be finished after: each of its characters leads
    /// from state to state the same way, whatever it is - in a loop, or counted one by one.
    private mutating func isUniform(
        below node: TokenTrie.Node, _ start: Int32, _ table: inout StateTable,
        _ canFinish: (Int32, inout StateTable) -> Bool
    ) -> Bool {
        var state = start
        var most = worst
        var left = Int(node.height)
        while left > 0 {
            guard table.isUniform(state, on: node.groups) else { return false }
            let next = table.successor(state)
            if next == state { break }
            guard canFinish(next, &table) else { return false }
            most = max(most, table.shortest[Int(next)])
            state = next
            left -= 1
            // Longer texts than are counted follow only loops.
            if left == 0, node.height == UInt8.max { return false }
        }
        guard canFinish(start, &table) else { return false }
        worst = max(most, worst)
        return true
    }
}
