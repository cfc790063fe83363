extension Tokenizer {
    /// The bytes of a token by itself; nothing when there is no such token or the model has no text.
    ///
    /// - Parameter renderSpecial: Whether control and unknown tokens are their texts or nothing.
    public func piece(_ token: Token, renderSpecial: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        vocabulary.appendPiece(of: token, renderSpecial: renderSpecial, to: &bytes)
        return bytes
    }

    /// The bytes of a whole text.
    ///
    /// As in llama.cpp, a space that begins the text is taken away where encoding adds one, and some
    /// vocabularies lose spaces before punctuation and contractions; ``StreamingDetokenizer`` keeps those.
    ///
    /// - Throws: ``TokenizerError/tokenOutOfRange(token:count:)``, ``TokenizerError/noVocabulary``.
    public func decode(_ tokens: [Token], renderSpecial: Bool) throws(TokenizerError) -> [UInt8] {
        guard vocabulary.hasText else { throw .noVocabulary }
        var bytes: [UInt8] = []
        for (index, token) in tokens.enumerated() {
            guard vocabulary.contains(token) else {
                throw .tokenOutOfRange(token: token, count: vocabulary.count)
            }
            vocabulary.appendPiece(of: token, renderSpecial: renderSpecial, to: &bytes)
            if index == 0, vocabulary.addsSpacePrefix, bytes.first == 0x20 { bytes.removeFirst() }
        }
        if case .bytePairs(_, let preTokenizer, _) = engine, preTokenizer.cleansSpaces {
            bytes = cleanedSpaces(bytes)
        }
        return bytes
    }
}

/// Text without the spaces that some tokenizers put before punctuation: of ` ?` and the like, of ` ' `,
/// and of ` 's`, ` 'm`, ` 're` and ` 've`.
private func cleanedSpaces(_ text: [UInt8]) -> [UInt8] {
    guard !text.isEmpty else { return text }
    let space = UInt8(ascii: " ")
    let apostrophe = UInt8(ascii: "'")

    var joined: [UInt8] = []
    joined.reserveCapacity(text.count)
    for (index, byte) in text.enumerated() {
        let closes = [UInt8(ascii: "?"), UInt8(ascii: "!"), UInt8(ascii: "."), UInt8(ascii: ",")].contains(
            byte)
        if closes, index > 0, text[index - 1] == space { joined.removeLast() }
        joined.append(byte)
    }

    var unspaced: [UInt8] = []
    unspaced.reserveCapacity(joined.count)
    var index = 0
    // The space before, unless an apostrophe before it took it.
    var followsSpace = false
    while index < joined.count {
        let byte = joined[index]
        if byte == apostrophe, followsSpace, index + 1 < joined.count, joined[index + 1] == space {
            unspaced.removeLast()
            unspaced.append(byte)
            index += 2
            followsSpace = false
            continue
        }
        unspaced.append(byte)
        followsSpace = byte == space
        index += 1
    }

    var contracted: [UInt8] = []
    contracted.reserveCapacity(unspaced.count)
    for (index, byte) in unspaced.enumerated() {
        if byte == apostrophe, index > 0, unspaced[index - 1] == space {
            switch unspaced[(index + 1)...].prefix(2) {
            case let rest where rest.first == UInt8(ascii: "s") || rest.first == UInt8(ascii: "m"):
                contracted.removeLast()
            case let rest where rest.elementsEqual("re".utf8) || rest.elementsEqual("ve".utf8):
                contracted.removeLast()
            default: break
            }
        }
        contracted.append(byte)
    }
    return contracted
}
