extension SequenceCache.Snapshot {
    /// The same text's first tokens, where no layer knows more than positions; nil elsewhere.
    public func prefix(_ position: Int) -> SequenceCache.Snapshot? {
        if position == self.position { return self }
        guard position >= 0, position < self.position, layout.states.isEmpty,
            layout.groups.allSatisfy({ $0.reach == nil })
        else { return nil }
        let count = divideUp(position, CacheLayout.blockLength)
        return SequenceCache.Snapshot(
            layoutID: layoutID, layout: layout, state: nil,
            blocks: blocks.map { (first: $0.first, blocks: Array($0.blocks.prefix(count))) },
            position: position)
    }

    /// Calls `body` with what stands for each block and its bytes, to count shared ones once.
    public func forEachBlock(_ body: (ObjectIdentifier, Int) -> Void) {
        for held in blocks {
            for block in held.blocks { body(ObjectIdentifier(block), block.arena.byteCount) }
        }
    }
}
