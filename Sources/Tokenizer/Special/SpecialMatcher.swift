/// A part of a text after special tokens were found in it.
enum Fragment: Equatable {
    case text(Range<Int>)
    case token(Token)
}

/// Finds the tokens that are recognized as a whole.
///
/// As in llama.cpp longer tokens take precedence wherever they stand, not the leftmost match: the text
/// is searched for the longest token, what is left of it for the next one, and so on. Here that takes one
/// walk over the text and a queue, not one search per token.
struct SpecialMatcher: Sendable {
    private struct Entry {
        var token: Token
        var length: Int
        var attributes: TokenAttributes
        /// Found even when special tokens are not parsed.
        var isText: Bool
        /// Looks like a part of a message format, such as `<think>`.
        var isMarkup: Bool
    }

    /// Longer texts are not recognized: real ones have a hundred bytes, and each byte costs memory.
    private static let longest = 4096

    /// In order of precedence.
    private let entries: [Entry]
    private let trie: TextTrie
    private let hasTextEntries: Bool

    init(_ vocabulary: Vocabulary) {
        var tokens: [Token] = []
        for (index, attributes) in vocabulary.attributes.enumerated() {
            let token = Token(index)
            guard !attributes.isDisjoint(with: .recognized),
                vocabulary.table.texts[index].count <= Self.longest,
                // Of equal texts the first token counts.
                vocabulary.table.find(named: Array(vocabulary.textBytes(of: token))) == token
            else { continue }
            tokens.append(token)
        }
        func length(_ token: Token) -> Int { vocabulary.table.texts[Int(token)].count }
        tokens.sort { (-length($0), $0) < (-length($1), $1) }
        entries = tokens.map { token in
            let attributes = vocabulary.attributes[Int(token)]
            return Entry(
                token: token, length: length(token), attributes: attributes,
                isText: attributes.isDisjoint(with: .structural),
                isMarkup: vocabulary.textBytes(of: token).isMarkup)
        }
        trie = TextTrie(tokens.map { Array(vocabulary.textBytes(of: $0)) })
        hasTextEntries = entries.contains { $0.isText }
    }

    /// The fragments of a text: tokens that the scope lets be found, and what is between them.
    func fragments(of text: Span<UInt8>, _ scope: SpecialScope) -> [Fragment] {
        guard text.count > 0 else { return [] }
        if case .userDefined = scope, !hasTextEntries { return [.text(0..<text.count)] }
        var candidates: [UInt64] = []
        for position in 0..<text.count where trie.root(text[position]) >= 0 {
            if let entry = longest(at: position, in: text, below: .max, scope) {
                candidates.append(MergeQueue.key(UInt32(entry), position))
            }
        }
        guard !candidates.isEmpty else { return [.text(0..<text.count)] }
        return joined(choose(candidates, text, scope), text.count)
    }

    /// Whether an entry may be found at a position.
    private func allows(_ scope: SpecialScope, _ entry: Entry, at position: Int) -> Bool {
        switch scope {
        case .userDefined: entry.isText
        case .all: true
        case .trusted(let ends):
            (entry.isText && !entry.isMarkup) || position + entry.length <= ends[position]
        }
    }

    /// A token in a text, with the whitespace that belongs to it.
    private struct Match {
        var entry: Int
        var range: Range<Int>
    }

    /// The longest entry shorter than `limit` that begins at a position.
    private func longest(
        at position: Int, in text: Span<UInt8>, below limit: Int, _ scope: SpecialScope
    ) -> Int? {
        var node = trie.root(text[position])
        var found: Int?
        var end = position + 1
        while node >= 0, end - position < limit {
            let entry = Int(trie.text(at: node))
            if entry >= 0, allows(scope, entries[entry], at: position) { found = entry }
            guard end < text.count else { break }
            node = trie.child(node, text[end])
            end += 1
        }
        return found
    }

    private func choose(_ candidates: [UInt64], _ text: Span<UInt8>, _ scope: SpecialScope) -> [Match] {
        var queue = MergeQueue(candidates)
        var taken = [Bool](repeating: false, count: text.count)
        var matches: [Match] = []
        while let key = queue.popLowest() {
            let index = Int(MergeQueue.priority(key))
            let start = MergeQueue.position(key)
            guard !taken[start] else { continue }
            let entry = entries[index]
            // What was taken before is at least as long, so it cannot lie between the ends.
            guard !taken[start + entry.length - 1] else {
                if let shorter = longest(at: start, in: text, below: entry.length, scope) {
                    queue.push(MergeQueue.key(UInt32(shorter), start))
                }
                continue
            }
            var range = start..<start + entry.length
            func isFreeSpace(_ position: Int) -> Bool {
                !taken[position] && (text[position] == 0x20 || 0x09...0x0D ~= text[position])
            }
            if entry.attributes.contains(.stripsLeft) {
                while range.lowerBound > 0, isFreeSpace(range.lowerBound - 1) {
                    range = range.lowerBound - 1..<range.upperBound
                }
            }
            if entry.attributes.contains(.stripsRight) {
                while range.upperBound < text.count, isFreeSpace(range.upperBound) {
                    range = range.lowerBound..<range.upperBound + 1
                }
            }
            for position in range { taken[position] = true }
            matches.append(Match(entry: index, range: range))
        }
        matches.sort { $0.range.lowerBound < $1.range.lowerBound }
        return matches
    }

    private func joined(_ matches: [Match], _ count: Int) -> [Fragment] {
        var fragments: [Fragment] = []
        var position = 0
        for match in matches {
            if match.range.lowerBound > position {
                fragments.append(.text(position..<match.range.lowerBound))
            }
            fragments.append(.token(entries[match.entry].token))
            position = match.range.upperBound
        }
        if position < count { fragments.append(.text(position..<count)) }
        return fragments
    }
}
