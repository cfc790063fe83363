import Testing
import Tokenizer

@Suite struct SpecialTokenTests {
    private func tokenizer(
        _ others: [(String, Int)], _ change: (inout VocabularySource) -> Void = { _ in }
    ) throws -> Tokenizer {
        var source = SmallVocabulary.bytePairs([("a", "b")], preTokenizer: "qwen2", others: others)
        change(&source)
        return try Tokenizer(source)
    }

    @Test func controlTokensComeFromTextOnlyWhenAskedFor() throws {
        let tokenizer = try tokenizer([("<|im_start|>", 3), ("<|im_end|>", 3), ("<tool>", 4)])
        let text = "ab<|im_end|><tool>ab"
        #expect(try tokenizer.pieces(text, parseSpecial: true) == ["ab", "<|im_end|>", "<tool>", "ab"])
        let plain = try tokenizer.encode(text, addSpecial: true, parseSpecial: false)
        #expect(plain.contains { tokenizer.vocabulary.text(of: $0) == "<tool>" })
        #expect(!plain.contains { tokenizer.vocabulary.kind(of: $0) == .control })
        #expect(try tokenizer.text(plain) == text)
    }

    @Test func mergesDoNotReachControlTokens() throws {
        // Files whose merges or pieces spell a control token out.
        for preTokenizer in ["qwen2", "llama-bpe"] {
            var source = SmallVocabulary.bytePairs([("<", "x")], preTokenizer: preTokenizer)
            source.types[256] = 3
            let pairs = try Tokenizer(source)
            #expect(try pairs.pieces("<x") == ["<", "x"])
            #expect(try pairs.pieces("<x", parseSpecial: true) == ["<x"])
        }

        var pieces = SmallVocabulary.sentencePiece([("<", -1), ("s", -1), (">", -1), ("s>", -1)])
        pieces.addsSpacePrefix = false
        let scored = try Tokenizer(pieces)
        #expect(try scored.pieces("<s>") == ["<", "s>"])
        #expect(try scored.pieces("<s>", parseSpecial: true) == ["<s>"])
        #expect(try scored.pieces("<unk>", parseSpecial: true) == ["<unk>"])
        #expect(try scored.pieces("<0x41>").first == "<")
    }

    @Test func longerTokensTakePrecedence() throws {
        let tokenizer = try tokenizer([("<a", 4), ("a><b>", 4), ("<b>", 4), ("b>c", 4)])
        // The longest is taken first, though another one begins before it.
        #expect(try tokenizer.pieces("<a><b>c") == ["<", "a><b>", "c"])
        #expect(try tokenizer.pieces("<a<b>c") == ["<a", "<b>", "c"])
        #expect(try tokenizer.pieces("<b><b>") == ["<b>", "<b>"])
    }

    @Test func runsOfUserDefinedTokens() throws {
        let runs = (2...8).map { (String(repeating: " ", count: $0), 4) }
        let tokenizer = try tokenizer(runs)
        for count in 0...40 {
            let pieces = try tokenizer.pieces(String(repeating: " ", count: count) + "ab")
            let expected = Array(repeating: 8, count: count / 8) + (count % 8 > 1 ? [count % 8] : [])
            #expect(pieces.filter { $0.allSatisfy { $0 == " " } }.map(\.count) == expected)
        }
    }

    @Test func whitespaceBelongsToStrippingTokens() throws {
        let tokenizer = try Tokenizer(
            {
                var source = SmallVocabulary.sentencePiece([("▁", -9), ("a", -9), ("▁a", -1)])
                source.modelName = "Phi-3-mini"
                return source
            }())
        #expect(try tokenizer.pieces("a</s> \n\t a", parseSpecial: true) == ["▁a", "</s>", "▁a"])
        #expect(try tokenizer.pieces("a<s> a", parseSpecial: true) == ["▁a", "<s>", "▁", "▁a"])
    }

    @Test func generationEndsAreKnownByName() throws {
        let tokenizer = try tokenizer([
            ("<|im_end|>", 3), ("<|endoftext|>", 3), ("<|eot_id|>", 1), ("<|im_start|>", 3),
        ]) {
            $0.specialTokens[.eos] = 258
        }
        let vocabulary = tokenizer.vocabulary
        #expect(
            vocabulary.endOfGeneration.map { vocabulary.text(of: $0) } == [
                "<|im_end|>", "<|endoftext|>", "<|eot_id|>",
            ])
        #expect(vocabulary.isEndOfGeneration(257) && !vocabulary.isEndOfGeneration(260))
        #expect(vocabulary.eot == vocabulary.token(withText: "<|eot_id|>"))
        #expect(vocabulary.eos == 258)
        // Its name makes it a control token whatever the file says.
        #expect(vocabulary.kind(of: 259) == .control)
    }

    @Test func gptOssGoesOnAfterAMessage() throws {
        let tokenizer = try tokenizer([
            ("<|return|>", 3), ("<|call|>", 3), ("<|end|>", 3), ("<|channel|>", 3),
        ])
        let vocabulary = tokenizer.vocabulary
        func token(_ name: String) throws -> Token { try #require(vocabulary.token(withText: name)) }
        #expect(try !vocabulary.isEndOfGeneration(token("<|end|>")))
        #expect(
            try vocabulary.isEndOfGeneration(token("<|return|>"))
                && vocabulary.isEndOfGeneration(token("<|call|>")))
        // Readers of the format see its parts, but text of others does not become them.
        #expect(try tokenizer.piece(token("<|channel|>"), renderSpecial: false) == Array("<|channel|>".utf8))
        #expect(try tokenizer.piece(token("<|return|>"), renderSpecial: false) == [])
        #expect(try !tokenizer.pieces("<|channel|><|end|>").contains { $0.hasPrefix("<|") && $0.count > 2 })
    }

    @Test func unusedTokensAreNothing() throws {
        let tokenizer = try tokenizer([("left", 5), ("odd", 9)])
        #expect(
            tokenizer.vocabulary.kind(of: 257) == .unused && tokenizer.vocabulary.kind(of: 258) == .undefined)
        #expect(try tokenizer.text([257, 258, 256]) == "ab")
    }

    @Test func fillingTokensAreKnownByName() throws {
        let vocabulary = try tokenizer([("<|fim_prefix|>", 4), ("<|fim_suffix|>", 3), ("<fim_middle>", 1)])
            .vocabulary
        #expect(vocabulary.fillPrefix == 257 && vocabulary.fillSuffix == 258 && vocabulary.fillMiddle == 259)
        #expect(vocabulary.kind(of: 257) == .control && vocabulary.kind(of: 259) == .control)
    }
}
