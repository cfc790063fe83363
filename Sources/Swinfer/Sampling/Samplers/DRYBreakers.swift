/// Token sequences at which DRY stops looking for a repetition: every way in which a text such as a
/// line break can come about, also as a part of longer tokens.
package struct DRYBreakers: Sendable, Equatable {
    /// By their first token, the tokens that must follow; none for a token that holds a whole text.
    private var tails: [Int32: [[Int32]]] = [:]

    private static let longestText = 40
    private static let longestTail = 20

    package static let none = DRYBreakers()

    private init() {}

    /// Of given token sequences.
    package init(_ sequences: [[Int32]]) {
        for sequence in sequences where !sequence.isEmpty { add(sequence[0], Array(sequence.dropFirst())) }
    }

    /// Of texts, in a vocabulary.
    ///
    /// - Parameters:
    ///   - tokenCount: tokens of the vocabulary.
    ///   - bytes: a token's bytes.
    ///   - tokenize: a text's tokens, without special ones.
    package init(
        _ texts: [String], tokenCount: Int, bytes: (Int32) -> [UInt8], tokenize: (String) -> [Int32]
    ) {
        let texts = texts.map { Array($0.utf8.prefix(DRYBreakers.longestText)) }.filter { !$0.isEmpty }
        for token in 0..<Int32(tokenCount) {
            let word = bytes(token)
            for text in texts {
                for split in DRYBreakers.splits(of: text, at: word) {
                    guard let split else {
                        add(token, [])
                        break
                    }
                    guard let rest = String(validating: text[split...], as: UTF8.self) else { continue }
                    add(token, Array(tokenize(rest).prefix(DRYBreakers.longestTail)))
                }
            }
        }
    }

    private mutating func add(_ head: Int32, _ tail: [Int32]) {
        if tails[head]?.contains(tail) != true { tails[head, default: []].append(tail) }
    }

    /// How many of a text's bytes a word ends with, in every way that there is; nil: the word holds the
    /// text whole.
    private static func splits(of text: [UInt8], at word: [UInt8]) -> [Int?] {
        var splits: [Int?] = []
        for start in word.indices where word[start] == text[0] {
            let length = min(text.count, word.count - start)
            guard word[start..<start + length].elementsEqual(text[..<length]) else { continue }
            if length == text.count { return [nil] }
            splits.append(length)
        }
        return splits
    }

    /// Whether a token alone holds a breaker.
    func isBreaker(_ token: Int32) -> Bool { tails[token]?.contains([]) ?? false }

    /// Tokens after the last breaker in a text; all, when there is none.
    func distance(in recent: RecentTokens) -> Int {
        if tails.isEmpty { return recent.count }
        for back in 0..<recent.count {
            var longest = -1
            for tail in tails[recent[back: back]] ?? [] where tail.count > longest && tail.count <= back {
                if tail.indices.allSatisfy({ tail[$0] == recent[back: back - 1 - $0] }) {
                    longest = tail.count
                }
            }
            if longest >= 0 { return back - longest }
        }
        return recent.count
    }
}
