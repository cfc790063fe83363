/// What a vocabulary says about merging: what its characters are and which neighbours merge.
///
/// A symbol is a part of the text, known by its ``RollingHash``.
protocol MergeModel {
    var hash: RollingHash { get }

    /// Where the character that begins at a position ends.
    func endOfCharacter(in text: Span<UInt8>, at position: Int, before limit: Int) -> Int

    /// When two neighbours merge: the lowest of a word first, of equal ones the leftmost. `UInt32.max` when
    /// they do not merge.
    ///
    /// - Parameters:
    ///   - range: where both are in the text.
    ///   - middle: where the right one begins.
    func priority(
        _ left: UInt64, _ right: UInt64, _ range: Range<Int>, middle: Int, in text: Span<UInt8>
    ) -> UInt32

    /// The token that a word is without any merging.
    func wholeWord(_ range: Range<Int>, in text: Span<UInt8>) -> Token?

    /// Appends the tokens of a symbol that nothing merged with.
    func append(
        _ symbol: UInt64, _ range: Range<Int>, in text: Span<UInt8>, to tokens: inout [Token]
    ) throws(TokenizerError)
}

/// The length of a character by its first byte alone, as SentencePiece's encoders take it.
@inline(__always)
func characterWidth(_ lead: UInt8) -> Int {
    lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
}

/// The text of a token that stands for one byte: `<0x0A>`.
func byteName(_ byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
}
