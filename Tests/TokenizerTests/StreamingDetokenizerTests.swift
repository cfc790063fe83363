import Testing
import Tokenizer

@Suite struct StreamingDetokenizerTests {
    private let bytes: Tokenizer
    private let pieces: Tokenizer

    init() throws {
        bytes = try Tokenizer(SmallVocabulary.bytePairs([("a", "b")], others: [("<end>", 3)]))
        pieces = try Tokenizer(SmallVocabulary.sentencePiece([("▁", 0), ("a", 0), ("▁a", 1)]))
    }

    private func stream(_ text: [UInt8]) -> [String] {
        var detokenizer = StreamingDetokenizer(bytes)
        // Token n is byte n.
        return text.map { detokenizer.append(Token($0)) } + [detokenizer.finish()]
    }

    @Test func charactersAreWhole() {
        #expect(stream(Array("aé你🚀".utf8)) == ["a", "", "é", "", "", "你", "", "", "", "🚀", ""])
    }

    @Test func whatIsNoCharacterIsReplaced() {
        let replacement = "\u{FFFD}"
        #expect(stream([0x61, 0xFF, 0x62]) == ["a", replacement, "b", ""])
        #expect(stream([0xC3]) == ["", replacement])
        #expect(stream([0xC3, 0x61]) == ["", replacement + "a", ""])
        #expect(stream([0xE4, 0xBD]) == ["", "", replacement])
        #expect(stream([0xE4, 0xBD, 0x20]) == ["", "", replacement + " ", ""])
        #expect(stream([0xF0, 0x9F, 0x9A, 0xC3, 0xA9]) == ["", "", "", replacement, "é", ""])
        #expect(stream([0xE0, 0x80, 0x80]) == ["", replacement + replacement, replacement, ""])
        #expect(stream([0x80]) == [replacement, ""])
    }

    /// All sequences of three bytes from each end of the ranges that UTF-8 tells apart, and one more.
    @Test func piecesTogetherAreTheText() {
        let edges: [UInt8] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
            0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for first in edges {
            for second in edges {
                for third in edges {
                    let text = [first, second, third, 0x80]
                    #expect(stream(text).joined() == String(decoding: text, as: UTF8.self), "\(text)")
                }
            }
        }
    }

    @Test func theAddedSpaceIsTakenOnce() throws {
        let tokens = try pieces.encode("a a", addSpecial: false, parseSpecial: false)
        var fresh = StreamingDetokenizer(pieces)
        #expect(tokens.map { fresh.append($0) } == ["a", " a"])
        var continued = StreamingDetokenizer(pieces, previous: tokens)
        #expect(tokens.map { continued.append($0) } == [" a", " a"])
    }

    @Test func aCharacterMayBeginInTheTextBefore() {
        var detokenizer = StreamingDetokenizer(bytes, previous: [0x61, 0xC3])
        #expect(detokenizer.append(0xA9) == "é")
    }

    @Test func specialTokensAreRenderedWhenAskedFor() {
        var silent = StreamingDetokenizer(bytes)
        #expect(silent.append(257) == "")
        var loud = StreamingDetokenizer(bytes, renderSpecial: true)
        #expect(loud.append(257) == "<end>" && loud.append(9999) == "" && loud.append(-1) == "")
    }

    @Test func decodingCleansSpacesWhereLlamaCppDoes() throws {
        func decoded(_ text: String) throws -> String {
            try bytes.text(bytes.encode(text, addSpecial: false, parseSpecial: false))
        }
        #expect(try decoded("a . b ? c ! d , e") == "a. b? c! d, e")
        #expect(try decoded("x ' y") == "x'y")
        #expect(try decoded("I 'm he 's we 've they 're I 'll he 'd") == "I'm he's we've they're I 'll he 'd")
        #expect(try decoded(" .") == ".")
        #expect(try decoded(" '") == " '")
        #expect(try decoded("' ' '") == "'''")
        #expect(try decoded("") == "")
    }
}
