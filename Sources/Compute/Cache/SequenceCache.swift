/// The memory of one sequence: its keys and values in every layer up to the context length, and
/// the state of its recurrent layers.
///
/// Made by `Executor.makeSequence`. The executor writes it; whoever owns the sequence tracks
/// how many positions are valid.
@safe
public final class SequenceCache: @unchecked Sendable {
    let arena: Arena
    let layoutID: Int
    private let stateRange: Range<Int>
    /// Tokens that the recurrent state has seen.
    var statePosition = 0
    /// The executor's number of the last batch that the sequence was in.
    var lastBatch = 0
    var base: UnsafeMutableRawPointer { arena.base }

    /// Bytes reserved for the whole context; pages are committed as positions are written.
    public var reservedBytes: Int { arena.byteCount }

    init(layout: CacheLayout, layoutID: Int) throws(ComputeError) {
        arena = try Arena(byteCount: layout.byteCount)
        stateRange = layout.stateRange
        self.layoutID = layoutID
    }

    /// The state of recurrent layers after some number of tokens.
    ///
    /// Keys and values stay in the cache when later positions are written, so this is all that
    /// going back to that number of tokens takes in layers that keep every position.
    @safe
    public final class Snapshot: Sendable {
        let arena: Arena
        let layoutID: Int
        /// Tokens that the state has seen.
        public let position: Int
        public var byteCount: Int { arena.byteCount }

        init(_ arena: Arena, layoutID: Int, position: Int) {
            self.arena = arena
            self.layoutID = layoutID
            self.position = position
        }
    }

    /// Copies the recurrent state as it is. Not while a batch with this sequence runs.
    public func snapshot() throws(ComputeError) -> Snapshot {
        let copy = try Arena(byteCount: stateRange.count)
        copy.base.copyMemory(from: base + stateRange.lowerBound, byteCount: stateRange.count)
        return Snapshot(copy, layoutID: layoutID, position: statePosition)
    }

    /// Takes the recurrent state back to where it was; the next token's position is the
    /// snapshot's. It may be another sequence's, if that has the same first tokens.
    public func restore(_ snapshot: Snapshot) throws(ComputeError) {
        guard snapshot.layoutID == layoutID else {
            throw ComputeError.invalidBatch("a snapshot of another executor's sequence")
        }
        (base + stateRange.lowerBound).copyMemory(from: snapshot.arena.base, byteCount: stateRange.count)
        statePosition = snapshot.position
    }
}
