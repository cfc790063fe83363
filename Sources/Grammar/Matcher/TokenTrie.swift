public import Tokenizer

/// The texts of a vocabulary's tokens as a tree of bytes, which all masks of a model are computed over.
///
/// Build it once for a model and share it; for 150,000 tokens it takes some tens of milliseconds and 10 MB.
public final class TokenTrie: Sendable {
    struct Node {
        /// The node after this one's last descendant; nodes are in the order of their texts.
        var end: Int32
        /// Where the tokens of this node and, after them, of its descendants begin in `tokens`.
        var firstToken: Int32
        /// Groups of ``TrieBytes`` that occur below.
        var groups: UInt32
        /// Bytes from the root.
        var depth: UInt16
        var byte: UInt8
        /// Bytes of the longest text below, at most 255.
        var height: UInt8 = 0
    }

    /// The root, and every other node after its parent.
    let nodes: [Node]
    /// Tokens in the order of their texts.
    let tokens: [Int32]
    /// The same as bits.
    let allText: [UInt64]
    /// Tokens in the vocabulary, those without text included.
    public let vocabularyCount: Int
    /// The tokens that end a generation; none of them is text.
    let endOfGeneration: [Int32]
    /// Tokens that a grammar can refer to.
    let referable: [Bool]
    /// Tokens that are no text and do not end a generation.
    let textless: [Int32]
    /// Stands for any of these.
    static let textless: Int32 = -2
    /// The bytes of each token as text, empty for others: `bytes[starts[t]..<starts[t + 1]]`.
    private let bytes: [UInt8]
    private let starts: [Int32]
    /// Bytes of the longest token.
    let longest: Int
    /// Whether every byte that UTF-8 uses is a token by itself.
    let hasAllBytes: Bool

    /// The tokens of a vocabulary. Control tokens are no text: only a reference such as `<think>` in a
    /// grammar matches them.
    ///
    /// - Parameter rendered: control tokens that are text: their names.
    public convenience init(vocabulary: Vocabulary, rendered: Set<Int32> = []) {
        var texts: [[UInt8]] = []
        var referable: [Bool] = []
        texts.reserveCapacity(vocabulary.count)
        for token in 0..<Int32(vocabulary.count) {
            let bytes = vocabulary.bytes(of: token)
            referable.append(!bytes.isEmpty)
            switch vocabulary.kind(of: token) {
            case .normal, .userDefined, .byte: texts.append(bytes)
            default: texts.append(rendered.contains(token) ? bytes : [])
            }
        }
        self.init(texts: texts, endOfGeneration: vocabulary.endOfGeneration, referable: referable)
    }

    /// Tokens by their bytes; those without any are no text.
    ///
    /// - Parameter referable: tokens that a grammar can refer to; nil: those with bytes.
    package init(texts: [[UInt8]], endOfGeneration: [Int32], referable: [Bool]? = nil) {
        self.endOfGeneration = endOfGeneration
        self.referable = referable ?? texts.map { !$0.isEmpty }
        vocabularyCount = texts.count
        let ends = Set(endOfGeneration)
        var bytes: [UInt8] = []
        var starts: [Int32] = [0]
        var order: [(key: UInt64, token: Int32)] = []
        for (token, text) in texts.enumerated() {
            // Depths are 16 bits wide; no real token is longer.
            if !text.isEmpty, text.count <= Int(UInt16.max), !ends.contains(Int32(token)) {
                bytes += text
                var key: UInt64 = 0
                for place in 0..<8 { key = key << 8 | UInt64(place < text.count ? text[place] : 0) }
                order.append((key, Int32(token)))
            }
            starts.append(Int32(bytes.count))
        }
        order.sort { left, right in
            if left.key != right.key { return left.key < right.key }
            let (a, b) = (texts[Int(left.token)], texts[Int(right.token)])
            return a == b ? left.token < right.token : a.lexicographicallyPrecedes(b)
        }
        self.bytes = bytes
        self.starts = starts
        tokens = order.map(\.token)
        var all = [UInt64](repeating: 0, count: (texts.count + 63) / 64)
        for token in tokens { all[Int(token) >> 6] |= 1 << UInt64(token & 63) }
        allText = all
        var builder = TokenTrieBuilder()
        for token in tokens { builder.insert(texts[Int(token)]) }
        nodes = builder.finish()
        longest = texts.reduce(0) { max($0, $1.count) }
        textless = texts.indices.lazy.map { Int32($0) }.filter {
            texts[Int($0)].isEmpty && !ends.contains($0)
        }
        var single = [Bool](repeating: false, count: 256)
        for token in tokens where texts[Int(token)].count == 1 { single[Int(texts[Int(token)][0])] = true }
        hasAllBytes = (0..<256).allSatisfy { single[$0] || $0 == 0xC0 || $0 == 0xC1 || $0 > 0xF4 }
    }

    func text(of token: Int32) -> ArraySlice<UInt8> {
        guard token >= 0, Int(token) < vocabularyCount else { return [] }
        return bytes[Int(starts[Int(token)])..<Int(starts[Int(token) + 1])]
    }

    /// The bytes of a token as text; none for what is no text.
    public func bytes(of token: Int32) -> [UInt8] { Array(text(of: token)) }

    func isEndOfGeneration(_ token: Int32) -> Bool { endOfGeneration.contains(token) }

    /// The tokens of a node itself.
    func ownTokens(_ node: Int) -> Range<Int> {
        let next = node + 1 < nodes.count ? Int(nodes[node + 1].firstToken) : tokens.count
        return Int(nodes[node].firstToken)..<next
    }

    /// The tokens of a node and its descendants.
    func allTokens(_ node: Int) -> Range<Int> {
        let end = Int(nodes[node].end)
        return Int(nodes[node].firstToken)..<(end < nodes.count ? Int(nodes[end].firstToken) : tokens.count)
    }

    /// The node that a byte leads to.
    func child(_ node: Int, _ byte: UInt8) -> Int? {
        var child = node + 1
        while child < Int(nodes[node].end), nodes[child].byte <= byte {
            if nodes[child].byte == byte { return child }
            child = Int(nodes[child].end)
        }
        return nil
    }
}

/// Takes texts in order.
private struct TokenTrieBuilder {
    private var nodes = [TokenTrie.Node(end: 0, firstToken: 0, groups: 0, depth: 0, byte: 0)]
    /// The nodes of the last text, from the root.
    private var path = [0]
    private var last: [UInt8] = []
    private var count: Int32 = 0

    mutating func insert(_ text: [UInt8]) {
        var common = 0
        while common < min(text.count, last.count), text[common] == last[common] { common += 1 }
        close(common)
        for depth in common..<text.count {
            path.append(nodes.count)
            nodes.append(
                TokenTrie.Node(
                    end: 0, firstToken: count, groups: 0, depth: UInt16(depth + 1), byte: text[depth]))
        }
        last = text
        count += 1
        markGroups(text)
    }

    mutating func finish() -> [TokenTrie.Node] {
        close(0)
        nodes[0].end = Int32(nodes.count)
        return nodes
    }

    private mutating func close(_ depth: Int) {
        while path.count > depth + 1 { nodes[path.removeLast()].end = Int32(nodes.count) }
    }

    /// Tells every node of a text which groups follow it.
    private mutating func markGroups(_ text: [UInt8]) {
        // Widths of the characters, by their first byte; 0 within one.
        var widths = [UInt8](repeating: 0, count: text.count)
        var index = 0
        while index < text.count {
            let width = TrieBytes.width(text[...], at: index)
            if width == 0 { break }
            widths[index] = UInt8(width)
            index += width
        }
        let broken = UInt32(1) << UInt32(TrieBytes.broken)
        var groups: UInt32 = index < text.count ? broken : 0
        for depth in (0...text.count).reversed() {
            if depth < text.count, widths[depth] > 0 {
                let group = widths[depth] == 1 ? TrieBytes.group(text[depth]) : 26 + Int(widths[depth])
                groups |= 1 << UInt32(group)
            }
            let isWhole = depth == text.count ? index == text.count : widths[depth] > 0 || depth == index
            nodes[path[depth]].groups |= isWhole ? groups : broken
            let height = UInt8(min(text.count - depth, 255))
            nodes[path[depth]].height = max(nodes[path[depth]].height, height)
        }
    }
}
