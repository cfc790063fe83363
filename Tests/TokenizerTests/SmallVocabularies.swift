import Tokenizer

/// Vocabularies made here, for tests that need no file.
enum SmallVocabulary {
    static let byteNames: [String] = (0...255).map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
    }

    /// GPT-2's characters, by byte.
    static let byteCharacters: [String] = {
        var next: UInt32 = 0x100
        return (0...255).map { (byte: UInt32) in
            let isVisible = 0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte
            if !isVisible { next += 1 }
            return String(Character(Unicode.Scalar(isVisible ? byte : next - 1) ?? " "))
        }
    }()

    /// `<unk>`, `<s>`, `</s>`, 256 bytes, then `pieces` with their scores.
    static func sentencePiece(_ pieces: [(String, Float)], hasBytes: Bool = true) -> VocabularySource {
        let bytes = hasBytes ? byteNames : []
        var source = VocabularySource(
            model: .sentencePiece, tokens: TextList(["<unk>", "<s>", "</s>"] + bytes + pieces.map(\.0)))
        source.scores = [0, 0, 0] + bytes.map { _ in 0 } + pieces.map(\.1)
        source.types = [2, 3, 3] + bytes.map { _ in 6 } + pieces.map { _ in 1 }
        return source
    }

    /// 256 bytes, what the merges make, then `others` of a type.
    static func bytePairs(
        _ merges: [(String, String)], preTokenizer: String = "gpt-2", others: [(String, Int)] = []
    ) -> VocabularySource {
        var tokens = byteCharacters
        for (left, right) in merges where !tokens.contains(left + right) { tokens.append(left + right) }
        var source = VocabularySource(
            model: .bytePairs(preTokenizer: preTokenizer), tokens: TextList(tokens + others.map(\.0)))
        source.types = tokens.map { _ in 1 } + others.map(\.1)
        source.merges = TextList(merges.map { "\($0) \($1)" })
        return source
    }
}

extension Tokenizer {
    /// The texts of a text's tokens.
    func pieces(_ text: String, addSpecial: Bool = false, parseSpecial: Bool = false) throws -> [String] {
        try encode(text, addSpecial: addSpecial, parseSpecial: parseSpecial).map { vocabulary.text(of: $0) }
    }

    func text(_ tokens: [Token], renderSpecial: Bool = true) throws -> String {
        String(decoding: try decode(tokens, renderSpecial: renderSpecial), as: UTF8.self)
    }
}
