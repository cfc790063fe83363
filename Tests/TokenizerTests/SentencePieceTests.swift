import TestSupport
import Testing
import Tokenizer

@Suite struct SentencePieceTests {
    private let pieces: [(String, Float)] = [
        ("▁", -9), ("h", -9), ("e", -9), ("l", -9), ("o", -9), ("w", -9), ("he", -3), ("ll", -2), ("el", -1),
        ("hell", -4), ("▁w", -5), ("lo", -6), ("▁h", -5),
    ]

    private func tokenizer(_ change: (inout VocabularySource) -> Void = { _ in }) throws -> Tokenizer {
        var source = SmallVocabulary.sentencePiece(pieces)
        change(&source)
        return try Tokenizer(source)
    }

    @Test func highestScoresMergeFirst() throws {
        // "el" has the highest score, so that "he" and "ll" cannot come about.
        #expect(try tokenizer().pieces("hello") == ["▁h", "el", "lo"])
        let other = try tokenizer { $0.scores[$0.scores.count - 5] = -20 }
        #expect(try other.pieces("hello") == ["▁", "hell", "o"])
    }

    @Test func equalScoresMergeFromTheLeft() throws {
        let tokenizer = try Tokenizer(
            SmallVocabulary.sentencePiece([("▁", 0), ("a", 0), ("aa", -1), ("aaa", -1)]))
        #expect(try tokenizer.pieces("aaaaa") == ["▁", "aaa", "aa"])
    }

    @Test func spacesAreMarkedAndOneIsAdded() throws {
        #expect(try tokenizer().pieces("w w") == ["▁w", "▁w"])
        #expect(try tokenizer().pieces("") == [])
        #expect(try tokenizer().pieces(" ") == ["▁", "▁"])
        let bare = try tokenizer { $0.addsSpacePrefix = false }
        #expect(try bare.pieces("w w") == ["w", "▁w"])
        #expect(try bare.text(bare.encode(" w w", addSpecial: false, parseSpecial: false)) == " w w")
    }

    @Test func textWithoutTokensIsBytes() throws {
        #expect(try tokenizer().pieces("é") == ["▁", "<0xC3>", "<0xA9>"])
        #expect(try tokenizer().pieces("\0") == ["▁", "<0x00>"])
        let tokens = try tokenizer().encode(
            bytes: [0xE4, 0xBD, 0xFF], addSpecial: false, parseSpecial: false)
        #expect(try tokenizer().decode(tokens, renderSpecial: false) == [0xE4, 0xBD, 0xFF])
    }

    @Test func withoutByteTokensTextIsUnknown() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.sentencePiece(pieces, hasBytes: false))
        #expect(try tokenizer.pieces("hé") == ["▁h", "<unk>", "<unk>"])
        var source = SmallVocabulary.sentencePiece([("a", 0)], hasBytes: false)
        source.hasDefaultSpecialTokens = false
        let poor = try Tokenizer(source)
        #expect(throws: TokenizerError.cannotEncode(byte: 0xE2)) {
            try poor.encode("a", addSpecial: false, parseSpecial: false)
        }
    }

    @Test func specialTokensAreAddedAsAskedFor() throws {
        #expect(try tokenizer().pieces("w", addSpecial: true) == ["<s>", "▁w"])
        #expect(try tokenizer().pieces("", addSpecial: true) == ["<s>"])
        let both = try tokenizer {
            $0.addsBOS = false
            $0.addsEOS = true
        }
        #expect(try both.pieces("w", addSpecial: true) == ["▁w", "</s>"])
        #expect(!both.vocabulary.addsBOS && both.vocabulary.addsEOS)
    }

    @Test func spacesFollowSpecialTokens() throws {
        let text = "w</s>w w"
        #expect(try tokenizer().pieces(text, parseSpecial: true) == ["▁w", "</s>", "▁w", "▁w"])
        #expect(
            try tokenizer().pieces(text)
                == ["▁w", "<0x3C>", "<0x2F>", "<0x73>", "<0x3E>", "w", "▁w"])
    }

    @Test func decodingTakesTheAddedSpaceAway() throws {
        let tokenizer = try tokenizer()
        for text in ["hello w", " hello", "  w", "wé\n", "</s>"] {
            let tokens = try tokenizer.encode(text, addSpecial: false, parseSpecial: false)
            #expect(try tokenizer.text(tokens) == text)
        }
        let tokens = try tokenizer.encode("w", addSpecial: true, parseSpecial: true)
        #expect(try tokenizer.text(tokens) == "<s> w")
        #expect(try tokenizer.text(tokens, renderSpecial: false) == " w")
    }

    /// Merging as its definition has it, one best pair of the whole text at a time.
    private static func naive(_ text: String, _ scores: [String: Float]) -> [String] {
        var symbols = text.unicodeScalars.map { String($0) }
        while true {
            var best: (index: Int, score: Float)?
            for index in symbols.indices.dropLast() {
                guard let score = scores[symbols[index] + symbols[index + 1]] else { continue }
                if score > best?.score ?? -.infinity { best = (index, score) }
            }
            guard let best else { return symbols }
            symbols[best.index] += symbols.remove(at: best.index + 1)
        }
    }

    @Test func mergesAsDefined() throws {
        var generator = SplitMix(state: 1)
        for round in 0..<40 {
            var scores: [String: Float] = ["a": 0, "b": 0, "c": 0, "▁": 0, "é": 0]
            for _ in 0..<Int.random(in: 3...40, using: &generator) {
                let length = Int.random(in: 2...6, using: &generator)
                let text = String((0..<length).map { _ in "abc▁é".randomElement(using: &generator) ?? "a" })
                // Few different scores, so that many are equal.
                scores[text] = Float(Int.random(in: -6...6, using: &generator)) / 2
            }
            var source = SmallVocabulary.sentencePiece(scores.map { ($0.key, $0.value) })
            source.addsSpacePrefix = false
            let tokenizer = try Tokenizer(source)
            for length in [0, 1, 2, 3, 10, 23, 24, 25, 26, 60, 400] {
                let text = String((0..<length).map { _ in "abc é".randomElement(using: &generator) ?? "a" })
                let marked = String(text.map { $0 == " " ? "▁" : $0 })
                #expect(try tokenizer.pieces(text) == Self.naive(marked, scores), "round \(round), \(text)")
            }
        }
    }
}
