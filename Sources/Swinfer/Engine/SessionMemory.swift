import Compute

/// What a session's cache holds. Touched on the engine's thread only.
final class SessionMemory: @unchecked Sendable {
    let cache: SequenceCache
    /// The tokens that the cache has taken in.
    private(set) var tokens: [Int32] = []
    /// The engine's step when it was last used.
    var lastUse = 0
    var isRunning = false
    /// What the drafter knows of the text, once it was asked.
    var draft: DraftMemory?

    init(_ cache: SequenceCache) { self.cache = cache }

    /// The cache has taken in more tokens.
    func append(_ more: ArraySlice<Int32>) { tokens.append(contentsOf: more) }

    /// Keeps the first tokens; the cache can go back there.
    func keep(_ count: Int) { tokens.removeLast(tokens.count - count) }

    /// Forgets what the cache holds of tokens that were tried and not taken.
    func forgetRest() {
        if cache.position > tokens.count { cache.goBack(to: tokens.count) }
    }

    /// No more tokens are tried for now: what going back takes is not needed.
    func settle() {
        forgetRest()
        cache.dropKeptStates()
    }

    /// Becomes what was saved of the first of these tokens.
    func restore(_ snapshot: SequenceCache.Snapshot, of tokens: [Int32]) throws {
        try cache.restore(snapshot)
        draft?.textWasReplaced()
        self.tokens = Array(tokens.prefix(snapshot.position))
    }

    /// Fills the empty cache from a file's bytes.
    func read(_ tokens: [Int32], _ body: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        self.tokens = []
        draft?.textWasReplaced()
        try unsafe cache.read(position: tokens.count, body)
        self.tokens = tokens
    }

    /// Takes tokens out behind the first `keep`.
    func shift(keep: Int, discard: Int, _ executor: Executor) throws {
        try executor.shift(cache, keep: keep, discard: discard)
        draft?.textWasReplaced()
        tokens.removeSubrange(keep..<keep + discard)
    }

    /// Gives the memory back.
    func clear() {
        cache.clear()
        draft?.textWasReplaced()
        tokens = []
    }
}

/// How many tokens two texts begin with alike.
func commonPrefix(_ a: [Int32], _ b: [Int32]) -> Int {
    let count = min(a.count, b.count)
    return (0..<count).first { a[$0] != b[$0] } ?? count
}
