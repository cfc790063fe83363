/// A part of a text whose parts come from different hands.
public struct TextPart: Sendable, Equatable {
    public var text: String
    /// Whether names of special tokens in this part are these tokens. Of a part that is not trusted,
    /// nothing becomes one, not even together with its neighbours.
    public var isTrusted: Bool

    public init(_ text: String, isTrusted: Bool) {
        self.text = text
        self.isTrusted = isTrusted
    }
}

extension Tokenizer {
    /// The tokens of a text made of parts, such as a chat template's own words and a user's.
    ///
    /// Special tokens are found inside of trusted parts only: control tokens, and user-defined ones
    /// that look like a part of a message format. Other user-defined tokens, such as runs of spaces, are
    /// found everywhere. The text between two special tokens is tokenized as one, across parts. No
    /// token is added before or after.
    public func encode(parts: [TextPart]) throws(TokenizerError) -> [Token] {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        var position = 0
        while position < parts.count {
            // Neighbours of one hand are one part.
            let isTrusted = parts[position].isTrusted
            let start = bytes.count
            while position < parts.count, parts[position].isTrusted == isTrusted {
                bytes += parts[position].text.utf8
                position += 1
            }
            ends += repeatElement(isTrusted ? bytes.count : 0, count: bytes.count - start)
        }
        var steps = 0
        return try encode(bytes.span, false, .trusted(ends: ends), steps: &steps)
    }
}
