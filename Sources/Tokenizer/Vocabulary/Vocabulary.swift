/// The tokens of a model: their texts, kinds and special parts.
public struct Vocabulary: Sendable {
    /// The number of tokens. A model's embedding may have more rows.
    public let count: Int

    /// False when the model knows tokens only by number, so that text can neither be encoded nor decoded.
    public let hasText: Bool

    /// Begin of a text.
    public internal(set) var bos: Token?
    /// End of a text.
    public internal(set) var eos: Token?
    /// End of a turn.
    public internal(set) var eot: Token?
    /// End of a message within a turn.
    public internal(set) var eom: Token?
    /// Stands for what has no token.
    public internal(set) var unk: Token?
    public internal(set) var sep: Token?
    public internal(set) var pad: Token?
    public internal(set) var mask: Token?
    /// Before the text that precedes a gap to fill.
    public internal(set) var fillPrefix: Token?
    /// Before the text that follows a gap to fill.
    public internal(set) var fillSuffix: Token?
    /// Before the text that fills the gap.
    public internal(set) var fillMiddle: Token?
    var fillPadding: Token?
    var fillRepository: Token?
    var fillSeparator: Token?

    /// Whether encoding with special tokens begins with ``bos``.
    public internal(set) var addsBOS = false
    /// Whether encoding with special tokens ends with ``eos``.
    public internal(set) var addsEOS = false
    /// Whether two texts of a pair are to be separated by ``sep``. Encoding one text does not use it.
    public internal(set) var addsSEP = false
    /// Whether a space is put before text, and taken from the begin of decoded text.
    public internal(set) var addsSpacePrefix = false
    /// `tokenizer.ggml.remove_extra_whitespaces`. As in llama.cpp, it changes nothing for the kinds of
    /// vocabularies that are supported.
    public let removesExtraWhitespace: Bool

    /// The tokens that end a generation, in order.
    public internal(set) var endOfGeneration: [Token] = []

    let table: TextTable
    var attributes: [TokenAttributes]

    /// Tokens without text.
    init(count: Int) {
        self.count = count
        hasText = false
        table = TextTable(TextList(), alphabet: .plain)
        attributes = []
        removesExtraWhitespace = false
    }

    /// Texts, kinds and settings; special tokens are found by ``resolveSpecialTokens(_:_:)``.
    init(table: TextTable, source: VocabularySource) {
        count = source.tokens.count
        hasText = true
        self.table = table
        attributes =
            source.types.isEmpty
            ? Array(repeating: .normal, count: count)
            : source.types.prefix(count).map { TokenAttributes(type: $0) }
        removesExtraWhitespace = source.removesExtraWhitespace
    }

    /// Whether the number is that of a token.
    public func contains(_ token: Token) -> Bool {
        token >= 0 && Int(token) < count
    }

    /// Whether the token ends a generation.
    public func isEndOfGeneration(_ token: Token) -> Bool {
        endOfGeneration.contains(token)
    }

    /// What the token is for; ``TokenKind/undefined`` when there is no such token.
    public func kind(of token: Token) -> TokenKind {
        attributes(of: token).kind
    }

    /// The token's text as the file has it, with what is no UTF-8 replaced; empty when there is none.
    public func text(of token: Token) -> String {
        String(decoding: textBytes(of: token), as: UTF8.self)
    }

    /// The bytes that the token stands for, special tokens as their text; empty when there is no such
    /// token or no text.
    public func bytes(of token: Token) -> [UInt8] {
        var bytes: [UInt8] = []
        appendPiece(of: token, renderSpecial: true, to: &bytes)
        return bytes
    }

    /// The token whose text in the file is this, nil when there is none.
    public func token(withText text: String) -> Token? {
        let found = table.find(named: text)
        return found >= 0 ? found : nil
    }

    func attributes(of token: Token) -> TokenAttributes {
        hasText && contains(token) ? attributes[Int(token)] : []
    }

    func textBytes(of token: Token) -> ArraySlice<UInt8> {
        hasText && contains(token) ? table.texts.bytes[table.texts[Int(token)]] : []
    }
}
