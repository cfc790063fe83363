/// Turns tokens into text one by one, and never gives out part of a character.
///
/// The pieces put together are the text of all tokens: bytes that are no UTF-8 become U+FFFD, but only
/// once it is certain that no later token completes them.
public struct StreamingDetokenizer: Sendable {
    private let tokenizer: Tokenizer
    private let renderSpecial: Bool
    private let rendered: Set<Token>

    /// Bytes that may be the begin of a character, at most three after each call.
    private var pending: [UInt8] = []
    private var isAtStart = true

    /// - Parameters:
    ///   - renderSpecial: Whether control and unknown tokens are their texts or nothing.
    ///   - rendered: Control and unknown tokens that are their texts even so.
    ///   - previous: Tokens that the first one continues, such as the prompt's: the text begins where
    ///     theirs ends, so that a space before the first word is kept.
    public init(
        _ tokenizer: Tokenizer, renderSpecial: Bool = false, rendered: Set<Token> = [],
        previous: some Sequence<Token> = EmptyCollection()
    ) {
        self.tokenizer = tokenizer
        self.renderSpecial = renderSpecial
        self.rendered = rendered
        for token in previous { _ = append(token) }
    }

    /// The text that is complete with this token; empty while a character is incomplete.
    public mutating func append(_ token: Token) -> String {
        let start = pending.count
        tokenizer.vocabulary.appendPiece(
            of: token, renderSpecial: renderSpecial || rendered.contains(token), to: &pending)
        if isAtStart, tokenizer.vocabulary.addsSpacePrefix, pending.count > start, pending[start] == 0x20 {
            pending.remove(at: start)
        }
        isAtStart = false
        let end = pending.count - incompleteSuffix
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeFirst(end)
        return text
    }

    /// Whether part of a character waits for the rest.
    public var isHolding: Bool { !pending.isEmpty }

    /// The text of what is left, which is no complete character.
    public mutating func finish() -> String {
        let text = String(decoding: pending, as: UTF8.self)
        pending = []
        return text
    }

    /// How many bytes at the end of those pending begin a character that more bytes could complete.
    private var incompleteSuffix: Int {
        for count in 1...3 where count <= pending.count {
            let lead = pending[pending.count - count]
            if lead & 0xC0 == 0x80 { continue }
            return isIncompleteCharacter(pending.suffix(count)) ? count : 0
        }
        return 0
    }

    private func isIncompleteCharacter(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let lead = bytes.first else { return false }
        // Table 3-7 of the Unicode standard: what may follow the first byte.
        let second: ClosedRange<UInt8>
        switch lead {
        case 0xE0: second = 0xA0...0xBF
        case 0xED: second = 0x80...0x9F
        case 0xF0: second = 0x90...0xBF
        case 0xF4: second = 0x80...0x8F
        case 0xC2...0xF3: second = 0x80...0xBF
        default: return false
        }
        let width = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard bytes.count < width else { return false }
        return bytes.dropFirst().first.map { second.contains($0) } ?? true
    }
}
