/// The memory of one sequence: its keys and values in every layer, and the state of its recurrent
/// layers.
///
/// Made by `Executor.makeSequence`, and touched only where the executor runs. It takes blocks as
/// positions are written, and shares them with the snapshots and sequences that were made from
/// it: a block that others hold is copied before a position that they know is written anew.
@safe
public final class SequenceCache: @unchecked Sendable {
    let layoutID: Int
    let pool: CachePool
    /// The state of the recurrent layers after the last token.
    private(set) var state: Arena?
    /// See `SequenceCache+KeptStates.swift`.
    var kept = KeptStates()
    /// What the threads see: see `CacheLayout`.
    let table: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// [group][number] blocks that are held.
    private(set) var blocks: [[CacheBlock?]]
    /// Tokens that the sequence holds.
    public internal(set) var position = 0
    /// Where the batch that is being put together will leave it.
    var planned = 0
    /// The executor's number of the last batch that the sequence was in.
    var lastBatch = 0

    var layout: CacheLayout { pool.layout }

    /// Positions behind a window that are kept, so that a few tokens can be taken back.
    static let slack = 64

    init(pool: CachePool, layoutID: Int) throws(ComputeError) {
        self.pool = pool
        self.layoutID = layoutID
        state = pool.layout.stateBytes > 0 ? try Arena(byteCount: pool.layout.stateBytes) : nil
        let count = pool.layout.tableCount
        table = .allocate(capacity: count)
        let nowhere = UnsafeMutableRawPointer(bitPattern: 64)!
        table.initialize(repeating: nowhere, count: count)
        if let state { table[0] = state.base }
        blocks = pool.layout.groups.map { _ in [] }
    }

    deinit { table.deallocate() }

    /// Bytes of the blocks that it holds, those it shares included, and of its state.
    public var byteCount: Int {
        var bytes = layout.stateBytes * (1 + kept.extraCount)
        for (group, held) in zip(layout.groups, blocks) {
            for block in held where block != nil { bytes += group.blockBytes }
        }
        return bytes
    }

    // MARK: Going back

    /// Whether the sequence can go on from a position that it has passed.
    ///
    /// Recurrent layers know a sequence only as it is now, and at the tokens whose states a piece
    /// kept; windows are kept for a few tokens back. Everything can start anew at 0.
    public func canGoBack(to position: Int) -> Bool {
        if position == 0 || position == self.position { return true }
        guard position > 0, position < self.position,
            layout.states.isEmpty || kept.state(at: position) != nil
        else { return false }
        return holdsWindows(at: position)
    }

    private func holdsWindows(at position: Int) -> Bool {
        for (number, group) in layout.groups.enumerated() {
            let needed = SequenceCache.firstNeeded(group, at: position)
            if needed < position, !holds(group: number, needed >> CacheLayout.blockShift) { return false }
        }
        return true
    }

    private func holds(group: Int, _ number: Int) -> Bool {
        number < blocks[group].count && blocks[group][number] != nil
    }

    /// The first position that the token at `position` may look at.
    static func firstNeeded(_ group: CacheLayout.Group, at position: Int) -> Int {
        group.reach.map { max(0, position + 1 - $0) } ?? 0
    }

    /// Ends the sequence earlier, where it can go back to; does nothing elsewhere.
    public func goBack(to position: Int) {
        guard canGoBack(to: position) else { return }
        if let state = kept.state(at: position) { use(state) }
        self.position = position
    }

    /// From now on this is the recurrent layers' state.
    func use(_ state: Arena) {
        self.state = state
        table[0] = state.base
    }

    /// Gives all memory back; the sequence is empty.
    public func clear() {
        for group in blocks.indices { blocks[group].removeAll() }
        releaseKeptStates()
        position = 0
    }

    // MARK: Going on

    /// Makes the positions of a piece writable. Throws before anything is lost that the piece
    /// does not overwrite.
    func reserve(_ range: Range<Int>) throws(ComputeError) {
        if range.isEmpty { return }
        let first = range.lowerBound >> CacheLayout.blockShift
        let last = (range.upperBound - 1) >> CacheLayout.blockShift
        for group in blocks.indices {
            while blocks[group].count <= last { blocks[group].append(nil) }
            for number in first...last { try makeWritable(group, number, from: range.lowerBound) }
        }
    }

    private func makeWritable(_ group: Int, _ number: Int, from start: Int) throws(ComputeError) {
        let begin = number << CacheLayout.blockShift
        if blocks[group][number] != nil {
            if isKnownUniquelyReferenced(&blocks[group][number]) { return }
            guard let shared = blocks[group][number], max(start, begin) < shared.written else { return }
            let copy = try pool.take(group: group)
            if start > begin { self.copy(shared, to: copy, rows: start - begin) }
            position = min(position, start)
            place(copy, group, number)
            return
        }
        place(try pool.take(group: group), group, number)
    }

    private func copy(_ source: CacheBlock, to target: CacheBlock, rows: Int) {
        for layer in layout.layers where layer.group == source.group {
            for head in 0..<layer.heads {
                for run in layer.runs(head) {
                    (target.base + run.offset).copyMemory(
                        from: source.base + run.offset, byteCount: rows * run.rowBytes)
                }
            }
        }
    }

    func place(_ block: CacheBlock, _ group: Int, _ number: Int) {
        while blocks[group].count <= number { blocks[group].append(nil) }
        blocks[group][number] = block
        table[layout.groups[group].table + number] = block.base
    }

    /// The batch failed after it had begun: what it wrote from here on counts for nothing. States
    /// have moved, so a sequence with recurrent layers is empty again.
    func abandon(from position: Int) {
        if layout.states.isEmpty { self.position = min(self.position, position) } else { clear() }
    }

    /// The piece was written: the sequence ends there, and what no later token can see is let go.
    func commit(_ range: Range<Int>) {
        if range.isEmpty { return }
        commitKeptStates(range)
        position = range.upperBound
        let ends = position == planned
        let first = range.lowerBound >> CacheLayout.blockShift
        let last = (range.upperBound - 1) >> CacheLayout.blockShift
        for (index, group) in layout.groups.enumerated() {
            for number in first...last {
                blocks[index][number]?.written = min(position, (number + 1) << CacheLayout.blockShift)
            }
            // Another piece of the same batch may have written the blocks behind.
            guard ends else { continue }
            if blocks[index].count > last + 1 { blocks[index].removeLast(blocks[index].count - last - 1) }
            guard group.reach != nil else { continue }
            let kept = SequenceCache.firstNeeded(group, at: max(0, position - SequenceCache.slack))
            var number = (kept >> CacheLayout.blockShift) - 1
            while number >= 0, blocks[index][number] != nil {
                blocks[index][number] = nil
                number -= 1
            }
        }
    }

    /// Puts blocks in place of what was there, and ends the sequence.
    func replace(_ moved: [(group: Int, number: Int, block: CacheBlock)], position: Int) {
        for (group, number, block) in moved { place(block, group, number) }
        for (index, group) in layout.groups.enumerated() {
            let numbers = SequenceCache.blockNumbers(group, position: position)
            if blocks[index].count > numbers.upperBound {
                blocks[index].removeLast(blocks[index].count - numbers.upperBound)
            }
        }
        self.position = position
    }

    // MARK: Snapshots

    /// A sequence as it was after some number of tokens: shared blocks, and a copy of the
    /// recurrent state. It stays as it is whatever happens to the sequence.
    @safe
    public final class Snapshot: @unchecked Sendable {
        let layoutID: Int
        let layout: CacheLayout
        let state: Arena?
        /// [group] the first block's number, and the blocks from there on.
        let blocks: [(first: Int, blocks: [CacheBlock])]
        /// Tokens that it has seen.
        public let position: Int
        /// Bytes that it alone takes: the copy of the recurrent state.
        public var byteCount: Int { state?.byteCount ?? 0 }
        /// Bytes of the blocks that it shares, which stay as long as it does.
        public var sharedBytes: Int {
            blocks.reduce(0) { $0 + $1.blocks.reduce(0) { $0 + $1.arena.byteCount } }
        }

        init(
            layoutID: Int, layout: CacheLayout, state: Arena?,
            blocks: [(first: Int, blocks: [CacheBlock])], position: Int
        ) {
            self.layoutID = layoutID
            self.layout = layout
            self.state = state
            self.blocks = blocks
            self.position = position
        }
    }

    /// The sequence as it is, or as it was after its first `position` tokens if it can go back
    /// there. Not while a batch with this sequence runs.
    public func snapshot(at position: Int? = nil) throws(ComputeError) -> Snapshot {
        let position = position ?? self.position
        guard position == self.position || canGoBack(to: position) else {
            throw .invalidBatch("a sequence of \(self.position) tokens cannot go back to \(position)")
        }
        var copy: Arena?
        if let state = position == self.position ? state : kept.state(at: position) ?? state {
            let arena = try Arena(byteCount: state.byteCount)
            arena.base.copyMemory(from: state.base, byteCount: state.byteCount)
            copy = arena
        }
        let end = divideUp(position, CacheLayout.blockLength)
        let held = layout.groups.enumerated().map { index, group in
            let first = min(end, SequenceCache.firstNeeded(group, at: position) >> CacheLayout.blockShift)
            return (first: first, blocks: blocks[index][first..<end].compactMap { $0 })
        }
        return Snapshot(
            layoutID: layoutID, layout: layout, state: copy, blocks: held, position: position)
    }

    /// Takes the sequence to what it, or another of the same executor, was at the snapshot. The
    /// next token's position is the snapshot's.
    public func restore(_ snapshot: Snapshot) throws(ComputeError) {
        guard snapshot.layoutID == layoutID else {
            throw ComputeError.invalidBatch("a snapshot of another executor's sequence")
        }
        clear()
        for (index, held) in snapshot.blocks.enumerated() {
            for (offset, block) in held.blocks.enumerated() { place(block, index, held.first + offset) }
        }
        if let state, let saved = snapshot.state {
            state.base.copyMemory(from: saved.base, byteCount: state.byteCount)
        }
        position = snapshot.position
    }
}
