import GGUF
import Testing
import Tokenizer

@Suite struct HostileVocabularyTests {
    @Test func aVocabularyHasTokens() {
        #expect(throws: TokenizerError.missingKey("tokenizer.ggml.tokens")) {
            try Tokenizer(VocabularySource(model: .sentencePiece, tokens: TextList()))
        }
        #expect(throws: TokenizerError.missingKey("tokenizer.ggml.tokens")) {
            try Tokenizer(VocabularySource(model: .bytePairs(preTokenizer: "gpt-2"), tokens: TextList()))
        }
    }

    @Test func unknownPreTokenizersAreNotGuessed() throws {
        let error = #expect(throws: TokenizerError.unsupportedPreTokenizer("new")) {
            try Tokenizer(SmallVocabulary.bytePairs([], preTokenizer: "new"))
        }
        #expect(
            error?.description.contains("'new'") == true && error?.description.contains("llama-bpe") == true)
    }

    @Test func listsMustBeLongEnough() throws {
        for change: (inout VocabularySource) -> Void in [
            { $0.scores.removeLast() }, { $0.types.removeLast() },
        ] {
            var source = SmallVocabulary.sentencePiece([("a", 0)])
            change(&source)
            #expect(throws: TokenizerError.self) { try Tokenizer(source) }
        }
        var source = SmallVocabulary.sentencePiece([("a", 0)])
        source.scores += [1, 2, 3]
        source.types += [3, 3]
        #expect(try Tokenizer(source).pieces("a").last == "a")
        source.scores = []
        source.types = []
        #expect(try Tokenizer(source).pieces("a").last == "a")
    }

    @Test func oddScoresAreDefined() throws {
        let scores: [Float] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -0.0, 0]
        for score in scores {
            for other in scores {
                let source = SmallVocabulary.sentencePiece([
                    ("▁", 0), ("a", 0), ("b", 0), ("aa", score), ("ab", other),
                ])
                let tokens = try Tokenizer(source).encode("aabab", addSpecial: false, parseSpecial: false)
                #expect(try Tokenizer(source).text(tokens) == "aabab")
            }
        }
    }

    @Test func equalTextsAreTheFirstToken() throws {
        var source = SmallVocabulary.sentencePiece([("▁", 0), ("a", -1), ("a", -2), ("b", 0), ("b", 0)])
        source.types[source.types.count - 1] = 4
        source.addsSpacePrefix = false
        let tokenizer = try Tokenizer(source)
        #expect(try tokenizer.encode("aab", addSpecial: false, parseSpecial: false) == [260, 260, 262])
        #expect(try tokenizer.text([260, 261, 262, 263]) == "aabb")
    }

    @Test func emptyTokensHaveNames() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.sentencePiece([("a", 0), ("", 0), ("", 0)]))
        #expect(tokenizer.vocabulary.text(of: 260) == "[EMPTY_260]")
        #expect(try tokenizer.pieces("a").last == "a")
    }

    @Test func oddMergesHaveNoEffect() throws {
        var source = SmallVocabulary.bytePairs([("a", "b")])
        source.merges = TextList(
            [
                "", " ", "  ", "a", "a ", " b", "ab", "x y z", "nowhere known", "a b", "a b", "b a", "ab ab",
                "\u{301} a",
            ])
        let tokenizer = try Tokenizer(source)
        // "abab" is no token.
        #expect(try tokenizer.pieces("abab") == ["a", "b", "a", "b"])
        #expect(try tokenizer.pieces("ab") == ["ab"])
        #expect(
            try tokenizer.text(tokenizer.encode("xabab ab", addSpecial: false, parseSpecial: false))
                == "xabab ab")
    }

    @Test func numbersOutsideOfTheVocabularyArePassedOver() throws {
        var source = SmallVocabulary.sentencePiece([("a", 0)])
        for special in VocabularySource.SpecialToken.allCases { source.specialTokens[special] = 260 }
        source.specialTokens[.eos] = -1
        source.specialTokens[.padding] = Int.max
        source.addsEOS = true
        let vocabulary = try Tokenizer(source).vocabulary
        #expect(vocabulary.bos == 1 && vocabulary.eos == 2 && vocabulary.pad == nil && vocabulary.eot == nil)
        #expect(try Tokenizer(source).pieces("a", addSpecial: true).first == "<s>")
    }

    @Test func missingBOSIsNotAdded() throws {
        var source = VocabularySource(
            model: .bytePairs(preTokenizer: "llama-bpe"), tokens: TextList(["a", "b"]))
        source.addsEOS = true
        let tokenizer = try Tokenizer(source)
        #expect(tokenizer.vocabulary.bos == nil && tokenizer.vocabulary.addsBOS)
        #expect(try tokenizer.pieces("ab?", addSpecial: true) == ["a", "b"])
    }

    @Test func mergesAreNeeded() throws {
        var source = SmallVocabulary.bytePairs([])
        source.hasMerges = false
        #expect(throws: TokenizerError.missingKey("tokenizer.ggml.merges")) { try Tokenizer(source) }
        source.model = .bytePairs(preTokenizer: "kimi-k2")
        #expect(try Tokenizer(source).pieces("ab") == ["a", "b"])
        source.hasMerges = true
        source.model = .bytePairs(preTokenizer: "gpt-2")
        #expect(try Tokenizer(source).pieces("ab") == ["a", "b"])
    }

    @Test func tokensThatAreNoUTF8() throws {
        var source = VocabularySource(
            model: .sentencePiece,
            tokens: TextList([
                Array("<unk>".utf8), [0xFF], [0xC3], [0xC3, 0xA9], [0xE2, 0x96], [0x80, 0x80],
            ]))
        source.types = [2, 4, 1, 1, 3, 4]
        let tokenizer = try Tokenizer(source)
        for bytes: [UInt8] in [
            [0xC3, 0xA9], [0xE2, 0x96, 0x81], [0xFF, 0xC3], [0x80, 0x80, 0x80], [0xE2, 0x80, 0x80],
        ] {
            _ = try tokenizer.encode(bytes: bytes, addSpecial: true, parseSpecial: true)
        }
        var pairs = SmallVocabulary.bytePairs([("a", "b")], preTokenizer: "deepseek-v3")
        let tokens = pairs.tokens
        var texts = (0..<tokens.count).map { _ in [UInt8]() }
        for index in texts.indices {
            texts[index] = Array(SmallVocabulary.byteCharacters[min(index, 255)].utf8)
        }
        texts[256] = [0x80]
        pairs.tokens = TextList(texts)
        pairs.types[256] = 4
        let split = try Tokenizer(pairs)
        // The user-defined token cuts a character in two; what is left of it is replaced.
        _ = try split.encode("\u{800}é\u{1000}", addSpecial: false, parseSpecial: true)
    }

    @Test func withoutVocabularyOnlyTextIsAnError() throws {
        let tokenizer = try Tokenizer(VocabularySource(model: .none(count: 1000), tokens: TextList()))
        #expect(!tokenizer.vocabulary.hasText && tokenizer.vocabulary.count == 1000)
        #expect(tokenizer.vocabulary.contains(999) && !tokenizer.vocabulary.contains(1000))
        #expect(tokenizer.vocabulary.text(of: 5) == "" && tokenizer.piece(5, renderSpecial: true) == [])
        #expect(!tokenizer.vocabulary.isEndOfGeneration(0) && tokenizer.vocabulary.bos == nil)
        #expect(throws: TokenizerError.noVocabulary) {
            try tokenizer.encode("a", addSpecial: true, parseSpecial: true)
        }
        #expect(throws: TokenizerError.noVocabulary) { try tokenizer.decode([1], renderSpecial: true) }
    }

    @Test func numbersThatAreNoTokens() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.sentencePiece([("a", 0)]))
        for token: Token in [-1, .min, 260, .max] {
            #expect(throws: TokenizerError.tokenOutOfRange(token: token, count: 260)) {
                try tokenizer.decode([1, token], renderSpecial: true)
            }
            #expect(tokenizer.piece(token, renderSpecial: true) == [])
            #expect(
                tokenizer.vocabulary.text(of: token) == ""
                    && tokenizer.vocabulary.kind(of: token) == .undefined)
        }
    }
}
