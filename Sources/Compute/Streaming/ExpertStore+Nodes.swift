import Synchronization

// Who takes which expert of a token on a machine with several memory nodes. A slot's node is its
// number modulo theirs.

extension ExpertStore {
    /// A layer begins.
    func resetUnits() {
        guard let nodes else { return }
        for line in 0..<2 * nodes.count { nodeUnits[line].value.store(0, ordering: .relaxed) }
    }

    /// Runs `body` for every unit of every entry on some thread of the team, each once: entries in
    /// memory first, and of these and of the others first those that are near the thread.
    ///
    /// - Parameters:
    ///   - units: of each entry.
    ///   - body: receives an entry and one of its units.
    @inline(__always)
    func forEachUnit(
        _ nodes: NodePlacement, units: Int, thread: Int, _ body: (_ entry: Int, _ unit: Int) -> Void
    ) {
        let own = nodes.node(ofThread: thread)
        for step in 0..<2 * nodes.count {
            let entries = step < nodes.count ? 0..<hitCount : hitCount..<count
            let node = (own + step) % nodes.count
            let line = step < nodes.count ? node : nodes.count + node
            while true {
                let unit = nodeUnits[line].value.wrappingAdd(1, ordering: .relaxed).oldValue
                guard let entry = self.entry(unit / units, on: node, of: nodes.count, in: entries) else {
                    break
                }
                body(entry, unit % units)
            }
        }
    }

    /// The n-th of some entries whose slots are on a node.
    private func entry(_ number: Int, on node: Int, of nodeCount: Int, in range: Range<Int>) -> Int? {
        var left = number
        for entry in range where Int(entries[entry].slot) % nodeCount == node {
            if left == 0 { return entry }
            left -= 1
        }
        return nil
    }
}
