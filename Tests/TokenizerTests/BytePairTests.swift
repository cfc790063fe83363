import TestSupport
import Testing
import Tokenizer

@Suite struct BytePairTests {
    private let merges = [
        ("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "w"), ("l", "o"), ("Ċ", "Ċ"),
    ]

    @Test func earliestMergesFirst() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.bytePairs(merges))
        #expect(try tokenizer.pieces("hello") == ["hello"])
        #expect(try tokenizer.pieces("ello") == ["e", "ll", "o"])
        #expect(try tokenizer.pieces("hello world") == ["hello", "Ġw", "o", "r", "l", "d"])
        #expect(try tokenizer.pieces("\n\n\n") == ["ĊĊ", "Ċ"])
    }

    @Test func allBytesGoBackAndForth() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.bytePairs(merges, preTokenizer: "qwen2"))
        let text = String(String.UnicodeScalarView((0...0x7FF).compactMap(Unicode.Scalar.init))) + "你好🚀"
        let tokens = try tokenizer.encode(text, addSpecial: false, parseSpecial: false)
        #expect(try tokenizer.decode(tokens, renderSpecial: false) == Array(text.utf8))
        for byte in 0...255 {
            #expect(tokenizer.vocabulary.bytes(of: Token(byte)) == [UInt8(byte)])
        }
    }

    @Test func wordsDoNotMergeWithEachOther() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.bytePairs([("a", "Ġ"), ("1", "a")]))
        #expect(try tokenizer.pieces("1a b") == ["1", "a", "Ġ", "b"])
    }

    @Test func wholeWordsCountWhereMergesAreIgnored() throws {
        let others = [("Ġhello", 1)]
        let plain = try Tokenizer(SmallVocabulary.bytePairs(merges, preTokenizer: "qwen2", others: others))
        #expect(try plain.pieces("x hello") == ["x", "Ġ", "hello"])
        let whole = try Tokenizer(
            SmallVocabulary.bytePairs(merges, preTokenizer: "llama-bpe", others: others))
        #expect(try whole.pieces("x hello") == ["x", "Ġhello"])
    }

    @Test func mergesMayPassThroughTextsWithoutToken() throws {
        var source = VocabularySource(
            model: .bytePairs(preTokenizer: "gpt-2"), tokens: TextList(["a", "b", "c", "abc"]))
        source.merges = TextList(["a b", "ab c"])
        let tokenizer = try Tokenizer(source)
        #expect(try tokenizer.pieces("abc") == ["abc"])
        // "ab" is no token, so its bytes are; "d" has no token at all.
        #expect(try tokenizer.pieces("abdab") == ["a", "b", "a", "b"])
    }

    @Test func gemmaMergesCharactersAndMarksSpaces() throws {
        var source = VocabularySource(
            model: .bytePairs(preTokenizer: "gemma4"),
            tokens: TextList(
                ["▁", "a", "b", "▁a", "▁a▁b", "\n", "\n\n", "\n\n\n", "é"] + SmallVocabulary.byteNames + [
                    "<bos>"
                ]))
        source.types = [1, 1, 1, 1, 1, 1, 1, 1, 1] + SmallVocabulary.byteNames.map { _ in 6 } + [3]
        source.merges = TextList(["▁ a", "▁a ▁b", "▁ b", "\n \n"])
        source.specialTokens[.bos] = 9 + 256
        source.addsBOS = false
        source.hasDefaultSpecialTokens = false
        let tokenizer = try Tokenizer(source)
        // "▁b" is no token, but merges with what it follows.
        #expect(try tokenizer.pieces(" a b") == ["▁a▁b"])
        #expect(try tokenizer.pieces("a b") == ["a", "<0xE2>", "<0x96>", "<0x81>", "<0x62>"])
        #expect(try tokenizer.pieces("\n\n\na\n\n\n\n") == ["\n\n\n", "a", "\n\n", "\n\n"])
        #expect(try tokenizer.pieces("é你") == ["é", "<0xE4>", "<0xBD>", "<0xA0>"])
        // Gemma's BOS is added even if the file denies it.
        #expect(try tokenizer.pieces("a", addSpecial: true) == ["<bos>", "a"])
        #expect(tokenizer.vocabulary.eos == nil && tokenizer.vocabulary.unk == nil)
        for text in [" a b", "é你 \n\n"] {
            #expect(
                try tokenizer.text(tokenizer.encode(text, addSpecial: false, parseSpecial: false)) == text)
        }
    }

    @Test func invalidTextIsReplaced() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.bytePairs(merges, preTokenizer: "qwen2"))
        func decoded(_ bytes: [UInt8]) throws -> [UInt8] {
            try tokenizer.decode(
                tokenizer.encode(bytes: bytes, addSpecial: false, parseSpecial: false), renderSpecial: true)
        }
        let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
        #expect(try decoded([0x61, 0x80, 0x62]) == [0x61] + replacement + [0x62])
        #expect(try decoded([0xC3]) == replacement)
        #expect(try decoded([0xE4, 0xBD]) == replacement + replacement)
        #expect(try decoded([0xC0, 0x80]) == [0])
        #expect(try decoded([0xE0, 0x80, 0xAF]) == [0x2F])
        #expect(try decoded([0xED, 0xA0, 0x80]) == [0xED, 0xA0, 0x80])
        #expect(
            try decoded([0xF4, 0x90, 0x80, 0x80]) == replacement + replacement + replacement + replacement)
        #expect(try decoded([0xFF, 0xFE]) == replacement + replacement)
    }

    /// Merging as its definition has it.
    private static func naive(_ word: String, _ ranks: [String: Int]) -> [String] {
        var symbols = word.map { String($0) }
        while true {
            var best: (index: Int, rank: Int)?
            for index in symbols.indices.dropLast() {
                guard let rank = ranks["\(symbols[index]) \(symbols[index + 1])"] else { continue }
                if rank < best?.rank ?? .max { best = (index, rank) }
            }
            guard let best else { return symbols }
            symbols[best.index] += symbols.remove(at: best.index + 1)
        }
    }

    @Test func mergesAsDefined() throws {
        var generator = SplitMix(state: 2)
        for round in 0..<40 {
            // In any order: a text may be in use before the merge that makes it.
            var texts = ["a", "b", "c"]
            var merges: [(String, String)] = []
            for _ in 0..<Int.random(in: 3...60, using: &generator) {
                guard let left = texts.randomElement(using: &generator),
                    let right = texts.randomElement(using: &generator), left.count + right.count < 12
                else { continue }
                if !texts.contains(left + right) { texts.append(left + right) }
                if !merges.contains(where: { $0 == (left, right) }) { merges.append((left, right)) }
            }
            merges.shuffle(using: &generator)
            let ranks = Dictionary(uniqueKeysWithValues: merges.enumerated().map { ("\($1.0) \($1.1)", $0) })
            let tokenizer = try Tokenizer(SmallVocabulary.bytePairs(merges))
            for length in [1, 2, 3, 10, 23, 24, 25, 26, 60, 400] {
                let text = String((0..<length).map { _ in "abc".randomElement(using: &generator) ?? "a" })
                #expect(try tokenizer.pieces(text) == Self.naive(text, ranks), "round \(round), \(text)")
            }
        }
    }
}
