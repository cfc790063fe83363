extension Vocabulary {
    /// Appends what a token stands for. Control and unknown tokens are their text when `renderSpecial`,
    /// else nothing; unused and undefined ones are nothing.
    func appendPiece(of token: Token, renderSpecial: Bool, to bytes: inout [UInt8]) {
        let attributes = attributes(of: token)
        let text = textBytes(of: token)
        if !attributes.isDisjoint(with: .structural) {
            if renderSpecial || attributes.contains(.alwaysRendered) { bytes += text }
        } else if attributes.contains(.userDefined) {
            bytes += text
        } else if attributes.contains(.normal) {
            switch table.alphabet {
            case .byteLevel: ByteLevel.appendDecoded(text, to: &bytes)
            case .plain: appendWithSpaces(text, to: &bytes)
            }
        } else if attributes.contains(.byte) {
            if let byte = Self.byte(named: text) { bytes.append(byte) } else { bytes += text }
        }
    }

    /// Appends a text with each ▁ (E2 96 81) made a space.
    private func appendWithSpaces(_ text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == 0xE2, index + 2 < text.endIndex, text[index + 1] == 0x96,
                text[index + 2] == 0x81
            {
                bytes.append(0x20)
                index += 3
            } else {
                bytes.append(text[index])
                index += 1
            }
        }
    }

    /// The byte that a text of the form `<0x0A>` names.
    private static func byte(named text: ArraySlice<UInt8>) -> UInt8? {
        guard text.count == 6, text.starts(with: "<0x".utf8), text.last == UInt8(ascii: ">") else {
            return nil
        }
        return UInt8(String(decoding: text.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
    }
}
