import Compute

/// Beginnings of texts that the engine can go back to: the least recently used leave first.
///
/// Where all layers keep every position, the longest of several texts that begin alike stands for
/// all of them; elsewhere each entry can be gone back to at its own position only.
struct PrefixStore {
    struct Entry {
        let tokens: [Int32]
        let snapshot: SequenceCache.Snapshot
        var lastUse: Int
    }

    private(set) var entries: [Entry] = []
    private let byteLimit: Int
    private var clock = 0

    static let countLimit = 64

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// The entry that saves most of reading a text, and how many of its tokens.
    func best(for wanted: [Int32], limit: Int) -> (index: Int, position: Int)? {
        var best: (index: Int, position: Int)?
        for (index, entry) in entries.enumerated() {
            var position = min(commonPrefix(entry.tokens, wanted), limit)
            if position < entry.snapshot.position, entry.snapshot.prefix(position) == nil { position = 0 }
            if position > best?.position ?? 0 { best = (index, position) }
        }
        return best
    }

    /// The entry's first tokens, for use.
    mutating func use(_ index: Int, position: Int) -> SequenceCache.Snapshot? {
        clock += 1
        entries[index].lastUse = clock
        return entries[index].snapshot.prefix(position)
    }

    /// Whether this very beginning is there.
    func contains(_ tokens: ArraySlice<Int32>) -> Bool {
        entries.contains { entry in
            if entry.tokens.count == tokens.count { return entry.tokens[...] == tokens }
            return entry.tokens.count > tokens.count && entry.tokens.starts(with: tokens)
                && entry.snapshot.prefix(tokens.count) != nil
        }
    }

    mutating func add(_ tokens: ArraySlice<Int32>, _ snapshot: SequenceCache.Snapshot) {
        clock += 1
        // What the new one can stand for is not needed any more.
        entries.removeAll {
            $0.tokens.count <= tokens.count && tokens.starts(with: $0.tokens)
                && snapshot.prefix($0.tokens.count) != nil
        }
        entries.append(Entry(tokens: Array(tokens), snapshot: snapshot, lastUse: clock))
        while entries.count > PrefixStore.countLimit || byteCount > byteLimit {
            if !removeOldest() { return }
        }
    }

    /// Bytes of all entries; blocks that several hold count once.
    var byteCount: Int {
        var seen: Set<ObjectIdentifier> = []
        var bytes = 0
        for entry in entries {
            bytes += entry.snapshot.byteCount
            entry.snapshot.forEachBlock { block, size in
                if seen.insert(block).inserted { bytes += size }
            }
        }
        return bytes
    }

    /// Lets the least recently used entry go; false: there is none.
    mutating func removeOldest() -> Bool {
        guard let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) else {
            return false
        }
        entries.remove(at: oldest)
        return true
    }
}
