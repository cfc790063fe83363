import TestSupport
import Testing
import Tokenizer

/// How much work texts take, counted instead of timed.
@Suite struct WorkTests {
    private func steps(_ tokenizer: Tokenizer, _ text: String) throws -> Int {
        var steps = 0
        _ = try tokenizer.encode(Array(text.utf8).span, false, true, steps: &steps)
        return steps
    }

    /// Texts of about `count` characters.
    private static let texts: [(String, @Sendable (Int) -> String)] = [
        ("one letter", { String(repeating: "a", count: $0) }),
        ("two letters", { String(repeating: "ab", count: $0 / 2) }),
        ("spaces", { String(repeating: " ", count: $0) }),
        ("words", { String(repeating: "ab a ", count: $0 / 5) }),
        ("line feeds", { String(repeating: "\n", count: $0) }),
        ("Chinese", { String(repeating: "你好", count: $0 / 2) }),
        (
            "mixed",
            { count in
                var generator = SplitMix(state: 4)
                return String((0..<count).map { _ in "ab ".randomElement(using: &generator) ?? "a" })
            }
        ),
    ]

    @Test(arguments: ["gpt-2", "qwen2", "superbpe", "deepseek-llm", "jais-2"])
    func bytePairsGrowLinearly(_ preTokenizer: String) throws {
        var merges: [(String, String)] = []
        var text = "a"
        while text.count < 64 {
            merges.append((text, text))
            text += text
        }
        merges += [
            ("a", "b"), ("ab", "ab"), ("abab", "abab"), ("Ġ", "Ġ"), ("ĠĠ", "ĠĠ"), ("Ċ", "Ċ"), ("ä", "½"),
        ]
        try check(Tokenizer(SmallVocabulary.bytePairs(merges, preTokenizer: preTokenizer)))
    }

    @Test func sentencePieceGrowsLinearly() throws {
        let pieces = ["▁", "a", "b", "aa", "aaaa", "aaaaaaaa", "ab", "abab", "▁▁", "▁▁▁▁", "你好", "▁a"]
        try check(Tokenizer(SmallVocabulary.sentencePiece(pieces.map { ($0, Float($0.count)) })))
    }

    private func check(_ tokenizer: Tokenizer) throws {
        for (name, text) in Self.texts {
            let half = try steps(tokenizer, text(20_000))
            let whole = try steps(tokenizer, text(40_000))
            #expect(whole <= half * 21 / 10 + 100, "\(name): \(half), \(whole)")
            #expect(whole <= 40_000 * 10, "\(name): \(whole)")
        }
    }

    @Test func wordsAreRemembered() throws {
        let tokenizer = try Tokenizer(SmallVocabulary.bytePairs([("a", "b")]))
        let once = try steps(tokenizer, String(repeating: "abababab ", count: 100))
        #expect(try steps(tokenizer, String(repeating: "abababab ", count: 1000)) == once)
    }

    @Test func longTextsAreRefused() {
        #expect(
            TokenizerError.textTooLong(bytes: 5, limit: Tokenizer.longestText).description.contains(
                "536870912"))
    }
}
