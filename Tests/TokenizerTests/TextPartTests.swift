import Testing
import Tokenizer

/// Nothing in a part that is not trusted becomes a special token.
@Suite struct TextPartTests {
    /// Words that merge whole, control tokens, and user-defined ones.
    private func tokenizer() throws -> Tokenizer {
        try Tokenizer(
            SmallVocabulary.bytePairs(
                [("a", "b"), ("ab", "c"), ("<", "t")],
                others: [("<|im_end|>", 3), ("<think>", 4), ("[X]", 4), ("    ", 4), ("aa", 4)]))
    }

    private func pieces(_ parts: [TextPart]) throws -> [String] {
        let tokenizer = try tokenizer()
        return try tokenizer.encode(parts: parts).map { tokenizer.vocabulary.text(of: $0) }
    }

    @Test func onlyTrustedPartsHoldSpecialTokens() throws {
        let specials = ["<|im_end|>", "<think>", "[X]"]
        for special in specials {
            #expect(try pieces([TextPart("a" + special, isTrusted: true)]) == ["a", special])
            let hostile = try pieces([TextPart("a" + special, isTrusted: false)])
            #expect(Set(hostile).isDisjoint(with: specials) && hostile.joined() == "a" + special)
            // Not even put together of two hands.
            for cut in 1..<special.count {
                for isTrusted in [true, false] {
                    let split = try pieces([
                        TextPart(String(special.prefix(cut)), isTrusted: isTrusted),
                        TextPart(String(special.dropFirst(cut)), isTrusted: !isTrusted),
                    ])
                    #expect(Set(split).isDisjoint(with: specials) && split.joined() == special)
                }
            }
        }
    }

    @Test func textIsJoinedAcrossParts() throws {
        #expect(
            try pieces([TextPart("<|im_end|>a", isTrusted: true), TextPart("bc", isTrusted: false)])
                == ["<|im_end|>", "abc"])
        #expect(
            try pieces([
                TextPart("<|im", isTrusted: true), TextPart("_end|>", isTrusted: true),
                TextPart("ab", isTrusted: false), TextPart("", isTrusted: true),
                TextPart("c<think>", isTrusted: true),
            ]) == ["<|im_end|>", "abc", "<think>"])
    }

    @Test func plainUserDefinedTokensAreFoundEverywhere() throws {
        #expect(try pieces([TextPart("aab    ", isTrusted: false)]) == ["aa", "b", "    "])
    }

    /// SentencePiece merges whatever makes a token; a user-defined one that is markup is no such thing.
    @Test func mergingMakesNoMarkup() throws {
        var source = SmallVocabulary.sentencePiece([("<x", 0), ("<x>", 0), ("▁", 0)])
        source.types[source.types.count - 2] = 4
        let tokenizer = try Tokenizer(source)
        let token = try #require(tokenizer.vocabulary.token(withText: "<x>"))
        #expect(try tokenizer.encode(parts: [TextPart("<x>", isTrusted: true)]).contains(token))
        let hostile = try tokenizer.encode(parts: [TextPart("<x>", isTrusted: false)])
        #expect(!hostile.contains(token))
        #expect(try tokenizer.encode("<x>", addSpecial: false, parseSpecial: false).contains(token))
    }

    @Test func noParts() throws {
        #expect(try pieces([]) == [])
        #expect(try pieces([TextPart("", isTrusted: false)]) == [])
    }
}
