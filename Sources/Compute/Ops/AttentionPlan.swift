import Kernels

/// Which keys rows see, as the inner loop asks it.
struct BlockRange: BitwiseCopyable {
    /// Positions that a row sees, its own included.
    private var reach: Int
    /// Positions of a chunk, of which a row sees its own; 0: no chunks.
    private var chunk: Int

    init(_ range: KeyRange) {
        chunk = 0
        switch range {
        case .all: reach = Int.max / 2
        case .window(let size): reach = size
        case .chunk(let size):
            reach = size
            chunk = size
        }
    }

    /// First position that the row at `position` sees.
    @inline(__always)
    func first(_ position: Int) -> Int {
        chunk > 0 ? position / chunk * chunk : max(0, position + 1 - reach)
    }
}

/// A block of rows of one sequence and the keys it attends to.
struct AttentionBlock: BitwiseCopyable {
    var row: Int
    var rows: Int
    /// Key positions, begin on a multiple of the kernels' tile; rows mask what they do not see.
    var keyBegin: Int
    var keyEnd: Int
    var range: BlockRange
    /// Which part of the row block's keys this is, when few rows share out a long range.
    var part: Int
    var parts: Int
    /// Query vectors of parts before this block, per key head.
    var partialStart: Int
}

/// How the rows of a batch and their keys are cut into units of work, for one range of keys
/// and one number of query heads to a key head.
///
/// The cuts depend on positions alone, never on the number of threads, so results do not either.
struct AttentionPlan: BitwiseCopyable {
    var blocks: UnsafePointer<AttentionBlock>
    var count = 0
    var splitBlocks = 0
}

/// What distinguishes plans.
struct AttentionPlanKey: Equatable, Sendable {
    var range: KeyRange
    /// Query heads to a key head.
    var group: Int
}

/// Builds the plans of a batch, reusing its memory.
struct AttentionPlanner {
    private(set) var blocks: [AttentionBlock] = []
    private(set) var splitBlocks = 0
    /// Query vectors of all parts, per key head.
    private(set) var partialQueries = 0

    /// Few rows attend over a long context in parts of this many keys, so that every thread
    /// gets some also for one token. A multiple of the kernels' tile.
    static let partKeys = 512
    /// More rows than this make enough units without splitting.
    static let splitRows = 8

    mutating func clear() {
        blocks.removeAll(keepingCapacity: true)
        splitBlocks = 0
        partialQueries = 0
    }

    /// Adds the rows `row..<row + count` of one sequence, at positions from `position`.
    mutating func add(row: Int, count: Int, position: Int, key: AttentionPlanKey) {
        let tile = Int(SW_ATTENTION_TILE)
        let range = BlockRange(key.range)
        let rowsPerBlock = max(1, AttentionScratch.queryLimit / key.group)
        var first = 0
        while first < count {
            let rows = min(rowsPerBlock, count - first)
            let begin = range.first(position + first) / tile * tile
            let end = position + first + rows
            let split = count <= AttentionPlanner.splitRows
            // Parts lie on absolute multiples, so a row's sums do not depend on its company.
            let firstPart = begin / AttentionPlanner.partKeys
            let parts = split ? (end - 1) / AttentionPlanner.partKeys - firstPart + 1 : 1
            for part in 0..<parts {
                let partBegin = part == 0 ? begin : (firstPart + part) * AttentionPlanner.partKeys
                let partEnd = part == parts - 1 ? end : (firstPart + part + 1) * AttentionPlanner.partKeys
                blocks.append(
                    AttentionBlock(
                        row: row + first, rows: rows, keyBegin: partBegin, keyEnd: partEnd, range: range,
                        part: part, parts: parts, partialStart: partialQueries))
            }
            if parts > 1 {
                splitBlocks += 1
                partialQueries += parts * rows * key.group
            }
            first += rows
        }
    }
}
