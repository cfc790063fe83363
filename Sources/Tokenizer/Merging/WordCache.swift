/// The words of one text that were merged last, and where their tokens stand in the output.
///
/// One place per hash: a new word takes the place of the old one, so that memory is bounded.
struct WordCache {
    private struct Entry {
        var hash: UInt64 = 0
        var start = 0
        var tokens = 0
        var length: UInt32 = 0
        var count: UInt32 = 0
    }

    /// Where a word's entry belongs, and its hash.
    struct Place {
        var index: Int
        var hash: UInt64

        static let none = Place(index: -1, hash: 0)
    }

    /// Longer words seldom come again.
    private static let longestWord = 48

    private var entries: [Entry]
    private let hash: RollingHash

    /// A cache that suits a text of some bytes; none for a short one.
    init(_ hash: RollingHash, textBytes: Int) {
        self.hash = hash
        var capacity = 0
        if textBytes >= 256 {
            capacity = 64
            while capacity < textBytes / 8, capacity < 1 << 15 { capacity *= 2 }
        }
        entries = Array(repeating: Entry(), count: capacity)
    }

    func place(of word: Range<Int>, in text: Span<UInt8>) -> Place {
        guard !entries.isEmpty, word.count <= Self.longestWord else { return .none }
        let value = hash.hash(text, word)
        let spread = (value &* 0x9E37_79B9_7F4A_7C15) >> 40
        return Place(index: Int(truncatingIfNeeded: spread) & (entries.count - 1), hash: value)
    }

    /// Where the word's tokens stand in the output.
    func tokens(at place: Place, _ word: Range<Int>, in text: Span<UInt8>) -> Range<Int>? {
        guard place.index >= 0 else { return nil }
        let entry = entries[place.index]
        guard entry.hash == place.hash, Int(entry.length) == word.count else { return nil }
        for offset in 0..<word.count where text[entry.start + offset] != text[word.lowerBound + offset] {
            return nil
        }
        return entry.tokens..<entry.tokens + Int(entry.count)
    }

    mutating func remember(_ word: Range<Int>, at place: Place, _ tokens: Range<Int>) {
        guard place.index >= 0 else { return }
        entries[place.index] = Entry(
            hash: place.hash, start: word.lowerBound, tokens: tokens.lowerBound, length: UInt32(word.count),
            count: UInt32(tokens.count))
    }
}
