// A sequence's memory as bytes, for files: the recurrent state, then the rows of every held block
// of every group: by block, layer, head, keys before values. What there is follows from the layout
// and the position alone.

extension SequenceCache.Snapshot {
    /// Hands the snapshot's bytes over, piece after piece.
    public func write<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void)
        throws(Failure)
    {
        if let state {
            try body(UnsafeRawBufferPointer(start: state.base, count: state.byteCount))
        }
        for held in blocks {
            for (offset, block) in held.blocks.enumerated() {
                let rows = SequenceCache.rows(of: held.first + offset, position: position)
                for run in layout.runs(ofGroup: block.group) {
                    try body(
                        UnsafeRawBufferPointer(start: block.base + run.offset, count: rows * run.rowBytes))
                }
            }
        }
    }
}

extension SequenceCache {
    /// Rows of a block that a sequence of so many tokens has filled.
    static func rows(of number: Int, position: Int) -> Int {
        min(CacheLayout.blockLength, position - number << CacheLayout.blockShift)
    }

    /// Bytes that a snapshot at a position hands over.
    public func savedBytes(position: Int) -> Int {
        var bytes = layout.stateBytes
        for (index, group) in layout.groups.enumerated() {
            let runs = layout.runs(ofGroup: index).reduce(0) { $0 + $1.rowBytes }
            for number in SequenceCache.blockNumbers(group, position: position) {
                bytes += runs * SequenceCache.rows(of: number, position: position)
            }
        }
        return bytes
    }

    /// Numbers of the blocks that a sequence of so many tokens holds.
    static func blockNumbers(_ group: CacheLayout.Group, position: Int) -> Range<Int> {
        let end = divideUp(position, CacheLayout.blockLength)
        return min(end, firstNeeded(group, at: position) >> CacheLayout.blockShift)..<end
    }

    /// Becomes what a snapshot wrote. Empty afterwards if `body` or memory fails.
    ///
    /// - Parameter body: fills its argument with the next bytes.
    public func read(position: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        clear()
        do {
            if let state {
                try body(UnsafeMutableRawBufferPointer(start: state.base, count: state.byteCount))
            }
            for (index, group) in layout.groups.enumerated() {
                for number in SequenceCache.blockNumbers(group, position: position) {
                    let block = try pool.take(group: index)
                    let rows = SequenceCache.rows(of: number, position: position)
                    for run in layout.runs(ofGroup: index) {
                        try body(
                            UnsafeMutableRawBufferPointer(
                                start: block.base + run.offset, count: rows * run.rowBytes))
                    }
                    block.written = min(position, (number + 1) << CacheLayout.blockShift)
                    place(block, index, number)
                }
            }
        } catch {
            clear()
            throw error
        }
        self.position = position
    }
}

extension CacheLayout {
    /// Where the rows of a group's heads begin in a block, and how long one is.
    func runs(ofGroup group: Int) -> [(offset: Int, rowBytes: Int)] {
        layers.filter { $0.group == group }.flatMap { layer in (0..<layer.heads).flatMap(layer.runs) }
    }
}
