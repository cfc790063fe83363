/// One walk over a vocabulary's tree together with a grammar's states.
struct MaskWalk {
    /// The places of allowed tokens in the tree's order, as ranges that rise and do not touch.
    private var allowed: [Range<Int>] = []
    private var count = 0
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
                    allow(tokens)
                } else {
                    leftOut += tokens.count
                }
            }
            states[depth] = state
            index = isUniform ? Int(node.end) : index + 1
        }
    }

    private mutating func allow(_ places: Range<Int>) {
        count += places.count
        if let last = allowed.last, last.upperBound == places.lowerBound {
            allowed[allowed.count - 1] = last.lowerBound..<places.upperBound
        } else {
            allowed.append(places)
        }
    }

    /// The allowed tokens as bits. Of nearly all, the others are taken out.
    func words(_ trie: TokenTrie) -> [UInt64] {
        let takesOut = 2 * count > trie.tokens.count
        var words = takesOut ? trie.allText : [UInt64](repeating: 0, count: trie.allText.count)
        func flip(_ places: Range<Int>) {
            for place in places {
                let token = trie.tokens[place]
                words[Int(token) >> 6] ^= 1 << UInt64(token & 63)
            }
        }
        var end = 0
        for range in allowed {
            flip(takesOut ? end..<range.lowerBound : range)
            end = range.upperBound
        }
        if takesOut { flip(end..<trie.tokens.count) }
        return words
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
