/// Merges the characters of words into tokens, and remembers words.
///
/// A short word looks for its best pair from the start after each merge. A long one keeps its pairs in a
/// queue and its symbols in a linked list, so that `n` characters take `n log n` steps.
struct WordMerger<Model: MergeModel> {
    /// Words of at most this many characters are short.
    private static var shortLimit: Int { 24 }

    private let model: Model
    private var cache: WordCache

    /// How many pairs were looked at as candidates: what the time of long words grows with.
    private(set) var steps = 0

    // Of the word in work, by character: the symbol that begins with it and where that begins; when that
    // symbol and the next one merge.
    private var symbols: [UInt64] = []
    private var starts: [Int] = []
    private var priorities: [UInt32] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []

    /// - Parameter textBytes: how much text is to come, for the cache's size.
    init(_ model: Model, textBytes: Int) {
        self.model = model
        cache = WordCache(model.hash, textBytes: textBytes)
    }

    /// Appends the tokens of a word.
    mutating func append(
        _ word: Range<Int>, in text: Span<UInt8>, to tokens: inout [Token]
    ) throws(TokenizerError) {
        guard !word.isEmpty else { return }
        let place = cache.place(of: word, in: text)
        if let known = cache.tokens(at: place, word, in: text) {
            for index in known { tokens.append(tokens[index]) }
            return
        }
        let first = tokens.count
        if let token = model.wholeWord(word, in: text) {
            tokens.append(token)
        } else {
            load(word, in: text)
            if symbols.count <= Self.shortLimit {
                try mergeShort(word, in: text, to: &tokens)
            } else {
                try mergeLong(word, in: text, to: &tokens)
            }
        }
        cache.remember(word, at: place, first..<tokens.count)
    }

    private mutating func load(_ word: Range<Int>, in text: Span<UInt8>) {
        symbols.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        var position = word.lowerBound
        while position < word.upperBound {
            let end = model.endOfCharacter(in: text, at: position, before: word.upperBound)
            symbols.append(model.hash.hash(text, position..<end))
            starts.append(position)
            position = end
        }
        // One more start, so that each symbol's end is the next one's start.
        starts.append(word.upperBound)
    }

    /// When the symbols that begin at two places merge.
    @inline(__always)
    private mutating func priority(_ left: Int, _ right: Int, end: Int, in text: Span<UInt8>) -> UInt32 {
        steps += 1
        return model.priority(
            symbols[left], symbols[right], starts[left]..<end, middle: starts[right], in: text)
    }

    // MARK: Short words

    private mutating func mergeShort(
        _ word: Range<Int>, in text: Span<UInt8>, to tokens: inout [Token]
    ) throws(TokenizerError) {
        priorities.removeAll(keepingCapacity: true)
        for index in symbols.indices {
            priorities.append(.max)
            updatePair(index, in: text)
        }
        while true {
            var best = 0
            for index in 1..<max(priorities.count, 1) where priorities[index] < priorities[best] {
                best = index
            }
            guard priorities[best] != .max else { break }
            symbols[best] = model.hash.joining(
                symbols[best], symbols[best + 1], count: starts[best + 2] - starts[best + 1])
            symbols.remove(at: best + 1)
            starts.remove(at: best + 1)
            priorities.remove(at: best + 1)
            updatePair(best, in: text)
            if best > 0 { updatePair(best - 1, in: text) }
        }
        for index in symbols.indices {
            try model.append(symbols[index], starts[index]..<starts[index + 1], in: text, to: &tokens)
        }
    }

    private mutating func updatePair(_ index: Int, in text: Span<UInt8>) {
        priorities[index] =
            index + 1 < symbols.count ? priority(index, index + 1, end: starts[index + 2], in: text) : .max
    }

    // MARK: Long words

    private mutating func mergeLong(
        _ word: Range<Int>, in text: Span<UInt8>, to tokens: inout [Token]
    ) throws(TokenizerError) {
        let count = symbols.count
        priorities = [UInt32](repeating: .max, count: count)
        next = (1...Int32(count)).map { $0 }
        previous = (0..<Int32(count)).map { $0 - 1 }
        var candidates: [UInt64] = []
        candidates.reserveCapacity(count)
        for index in 0..<count {
            if let key = updateLink(index, in: text) { candidates.append(key) }
        }
        var queue = MergeQueue(candidates)
        while let key = queue.popLowest() {
            let left = MergeQueue.position(key)
            // A symbol that was merged away has no pair, and one whose pair changed another priority. The
            // same priority means the same pair, or one that is to merge just now as well.
            guard priorities[left] == MergeQueue.priority(key) else { continue }
            let right = Int(next[left])
            let end = Int(next[right])
            symbols[left] = model.hash.joining(
                symbols[left], symbols[right], count: starts[end] - starts[right])
            next[left] = next[right]
            if end < count { previous[end] = Int32(left) }
            priorities[right] = .max
            if let key = updateLink(left, in: text) { queue.push(key) }
            if previous[left] >= 0, let key = updateLink(Int(previous[left]), in: text) { queue.push(key) }
        }
        var index = 0
        while index < count {
            let end = Int(next[index])
            try model.append(symbols[index], starts[index]..<starts[end], in: text, to: &tokens)
            index = end
        }
    }

    /// Looks up when a symbol and the next one merge.
    ///
    /// - Returns: the pair's place in the queue, nil when they do not merge.
    private mutating func updateLink(_ left: Int, in text: Span<UInt8>) -> UInt64? {
        let right = Int(next[left])
        guard right < symbols.count else {
            priorities[left] = .max
            return nil
        }
        priorities[left] = priority(left, right, end: starts[Int(next[right])], in: text)
        return priorities[left] == .max ? nil : MergeQueue.key(priorities[left], left)
    }
}
