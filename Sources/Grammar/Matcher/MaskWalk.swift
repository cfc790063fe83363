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
            // Below a node whose bytes all lead back to its state, every token is as good as this one.
            let isUniform = table.loops(state, on: node.groups)
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
}
