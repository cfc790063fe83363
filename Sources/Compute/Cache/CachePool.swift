import Synchronization

/// The blocks that all sequences of an executor take their memory from, and their limit.
final class CachePool: Sendable {
    private struct Contents {
        var used = 0
        var spare: [[Arena]]
    }

    let layout: CacheLayout
    private let contents: Mutex<Contents>
    /// Bytes of blocks in use at most.
    private let limitBytes: Atomic<Int>
    /// Blocks of a group that are kept for the next who needs one.
    private static let spareBlocks = 4

    init(_ layout: CacheLayout, limit: Int) {
        self.layout = layout
        limitBytes = Atomic(limit)
        contents = Mutex(Contents(spare: layout.groups.map { _ in [] }))
    }

    /// Bytes of blocks in use, each counted once however many sequences share it.
    var usedBytes: Int { contents.withLock { $0.used } }
    var limit: Int { limitBytes.load(ordering: .relaxed) }

    /// A block with anything in it.
    func take(group: Int) throws(ComputeError) -> CacheBlock {
        let bytes = layout.groups[group].blockBytes
        let limit = limit
        let spare: Result<Arena?, ComputeError> = contents.withLock { contents in
            guard contents.used + bytes <= limit else {
                return .failure(.cacheFull(used: contents.used, wanted: bytes, limit: limit))
            }
            contents.used += bytes
            return .success(contents.spare[group].popLast())
        }
        if let arena = try spare.get() { return CacheBlock(arena, group: group, pool: self) }
        do {
            return CacheBlock(try Arena(byteCount: bytes), group: group, pool: self)
        } catch {
            contents.withLock { $0.used -= bytes }
            throw error
        }
    }

    /// Takes a block's memory back.
    fileprivate func give(_ arena: Arena, group: Int) {
        contents.withLock { contents in
            contents.used -= layout.groups[group].blockBytes
            if contents.spare[group].count < CachePool.spareBlocks { contents.spare[group].append(arena) }
        }
    }
}

/// 256 positions of all layers of a group. Sequences and snapshots that share it hold a reference each.
@safe
final class CacheBlock: @unchecked Sendable {
    let arena: Arena
    let group: Int
    private let pool: CachePool
    /// First position that nobody has written: from there on, one who shares the block may go on
    /// in place. Touched only by whoever runs the executor.
    var written = 0
    var base: UnsafeMutableRawPointer { arena.base }

    fileprivate init(_ arena: Arena, group: Int, pool: CachePool) {
        self.arena = arena
        self.group = group
        self.pool = pool
    }

    deinit { pool.give(arena, group: group) }
}
