import Tokenizer

extension Model {
    /// The text that token ids stand for; what `tokenize` makes tokens of comes back.
    ///
    /// For text that is being generated, the events of a stream carry it in whole characters.
    ///
    /// - Parameters:
    ///   - tokens: ids of the vocabulary.
    ///   - renderSpecial: tell special tokens by their names; else they have no text.
    /// - Returns: the text, with U+FFFD for bytes that are no whole character.
    /// - Throws: `SwinferError.tokenizer` for an id that is not in the vocabulary.
    public func text(of tokens: [Int32], renderSpecial: Bool = false) throws(SwinferError) -> String {
        do {
            return String(decoding: try tokenizer.decode(tokens, renderSpecial: renderSpecial), as: UTF8.self)
        } catch { throw SwinferError(error) }
    }
}
