/// The ranks of the pairs that merge, found by the pair's hash.
struct MergeTable: Sendable {
    private struct Slot {
        /// All bits set where free, which no hash is.
        var pair: UInt64 = .max
        var rank: UInt32 = 0
    }

    /// Open addressing, at most half full.
    private var slots: [Slot]

    /// - Parameters:
    ///   - merges: In order. Each is two texts with a space between; the first may begin with a space.
    ///     Others have no effect. Of equal merges the first counts.
    ///   - table: Says what the texts stand for.
    init(_ merges: TextList, _ table: TextTable) {
        var pairs: [Slot] = []
        pairs.reserveCapacity(merges.count)
        Self.forEachMerge(merges) { rank, first, second in
            guard let left = table.hashOfMeaning(merges.bytes.span, first),
                let right = table.hashOfMeaning(merges.bytes.span, second)
            else { return }
            pairs.append(Slot(pair: table.hash.pair(left, right), rank: UInt32(rank)))
        }
        var capacity = 16
        while capacity < pairs.count * 2 { capacity *= 2 }
        slots = Array(repeating: Slot(), count: capacity)
        // Apart from the hashing, so that the processor has many of the slow accesses in flight.
        for pair in pairs { insert(pair) }
    }

    /// Calls `body` with the place of each merge in the list and its two texts.
    static func forEachMerge(
        _ merges: TextList, _ body: (_ rank: Int, _ first: Range<Int>, _ second: Range<Int>) -> Void
    ) {
        for rank in 0..<merges.count {
            let range = merges[rank]
            var space = range.lowerBound + 1
            while space < range.upperBound, merges.bytes[space] != 0x20 { space += 1 }
            guard space + 1 < range.upperBound else { continue }
            body(rank, range.lowerBound..<space, space + 1..<range.upperBound)
        }
    }

    /// The place of a pair in the list, `UInt32.max` when it does not merge.
    @inline(__always)
    func rank(_ pair: UInt64) -> UInt32 {
        var index = start(pair)
        while true {
            let slot = slots[index]
            if slot.pair == pair { return slot.rank }
            if slot.pair == .max { return .max }
            index = (index + 1) & (slots.count - 1)
        }
    }

    private mutating func insert(_ slot: Slot) {
        var index = start(slot.pair)
        while slots[index].pair != .max {
            if slots[index].pair == slot.pair { return }
            index = (index + 1) & (slots.count - 1)
        }
        slots[index] = slot
    }

    @inline(__always)
    private func start(_ pair: UInt64) -> Int {
        Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 32) & (slots.count - 1)
    }
}
