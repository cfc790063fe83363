import TestSupport
import Testing
import Tokenizer

@Suite struct PreTokenizerTests {
    private func words(_ name: String, _ text: String) throws -> [String] {
        try #require(PreTokenizer.named(name)).words(in: text)
    }

    static let expected: [(String, String, [String])] = [
        (
            "gpt-2", "Don't stop  now, 1234!\n\n",
            ["Don", "'t", " stop", " ", " now", ",", " 1234", "!", "\n\n"]
        ),
        ("gpt-2", "IT'S ¿x?", ["IT", "'", "S", " ¿", "x", "?"]),
        ("starcoder", "a1234", ["a", "1", "2", "3", "4"]),
        ("falcon", "x==12345 ", ["x", "==", "123", "45", " "]),
        ("llama-bpe", "IT'S 12345 (x)\n\n y", ["IT", "'S", " ", "123", "45", " (", "x", ")\n\n", " y"]),
        ("llama-bpe", "a   b \n c", ["a", "  ", " b", " \n", " c"]),
        ("qwen2", "x=12;\n", ["x", "=", "1", "2", ";\n"]),
        ("qwen2", "e\u{301}a", ["e", "\u{301}a"]),
        ("qwen35", "e\u{301}a \u{301}", ["e\u{301}a", " \u{301}"]),
        ("ufakzeka", "Ali'de", ["Ali", "'de"]),
        ("seed-coder", "x;\n\ny", ["x", ";", "\n\n", "y"]),
        (
            "jais-2", "a" + String(repeating: " ", count: 8) + "b",
            ["a", "    ", "  ", " ", " b"]
        ),
        ("exaone-moe", "the end of it. Yes", ["the end of it", ".", " Yes"]),
        (
            "gpt-4o", "camelCase HTTPServer it's /x\n/",
            ["camel", "Case", " HTTPServer", " it's", " /", "x", "\n", "/"]
        ),
        ("gpt-4o", "ÉAB Éab", ["É", "AB", " Éab"]),
        ("gpt-4o", "1234 a/\n/b", ["123", "4", " a", "/\n/", "b"]),
        ("tekken", "it's 12", ["it", "'s", " ", "1", "2"]),
        ("kimi-k2", "Hello世界it's 1234", ["Hello", "世界", "it's", " ", "123", "4"]),
        ("tiny_aya", "n 1234567", ["n", " ", "1", "234", "567"]),
        ("deepseek-llm", "Das ist\t你好 123!", ["Das", " ist", "\t", "你好", " ", "123", "!"]),
        ("deepseek-coder", "int x = 12;\n", ["int", " x", " = ", "1", "2", ";", "\n"]),
        ("deepseek-v3", "f(x)=12345你好 かな", ["f", "(x", ")=", "123", "45", "你好", " ", "かな"]),
        ("deepseek-v3", "a .\n\n b", ["a", " .\n\n", " b"]),
        ("spark2_5", "a.\n\nb", ["a", ".", "\n", "\n", "b"]),
        ("bloom", "a (b), c", ["a", " (", "b", "),", " c"]),
        ("superbpe", "one two 1234567", ["one two ", "1", "234", "567"]),
        ("gemma4", "a b\n\nc", ["a b", "\n\n", "c"]),
    ]

    @Test(arguments: expected)
    func splits(_ name: String, _ text: String, _ parts: [String]) throws {
        #expect(try words(name, text) == parts)
    }

    @Test func aliasesSplitAlike() throws {
        let text = "It's HTTPServer 12345 (x)\n\n 你好 é e\u{301}..."
        for (name, others) in [
            ("llama-bpe", ["llama3", "llama-v3", "glm4", "chatglm-bpe", "dbrx", "smaug-bpe", "pixtral"]),
            ("qwen2", ["deepseek-r1-qwen", "hunyuan", "stablelm2", "megrez", "bailingmoe", "grok-2"]),
            ("gpt-4o", ["llama4", "minimax-m2", "kanana2"]),
            ("deepseek-v3", ["hunyuan-dense", "joyai-llm"]),
            ("starcoder", ["refact", "command-r", "smollm", "exaone"]),
        ] {
            for other in others { #expect(try words(other, text) == words(name, text), "\(other)") }
        }
    }

    /// Every name splits any text into parts that together are the text.
    @Test(arguments: PreTokenizer.names)
    func nothingIsLost(_ name: String) throws {
        var generator = SplitMix(state: 3)
        let characters = Array("aAbÉé019 .,'\n\r\t/-$你か한\u{301}\u{3000}\u{85}\u{2028}½٣🚀\u{E000}\u{0}")
        for length in [0, 1, 2, 3, 4, 30, 200] {
            for _ in 0..<20 {
                let text = String(
                    (0..<length).map { _ in characters.randomElement(using: &generator) ?? "a" })
                let parts = try words(name, text)
                #expect(parts.joined() == text, "\(text)")
                #expect(!parts.contains(""), "\(text)")
            }
        }
    }

    @Test func manyNamesAreKnown() {
        #expect(PreTokenizer.names.count >= 80)
        #expect(PreTokenizer.named("nonsense") == nil)
    }

    @Test func classesAreThoseOfUnicode() {
        let table = ScalarClass.table
        func kind(_ scalar: Unicode.Scalar) -> ScalarClass { ScalarClass(rawValue: table[Int(scalar.value)]) }
        #expect(kind("a") == .letter && kind("你") == .letter && kind("ª") == .letter)
        #expect(kind("7") == .number && kind("½") == .number && kind("Ⅷ") == .number)
        #expect(kind("\u{301}") == .mark && kind("_") == .punctuation && kind("$") == .symbol)
        #expect(kind(" ") == .whitespace && kind("\u{85}") == .whitespace && kind("\u{3000}") == .whitespace)
        #expect(kind("\u{0}") == .other && kind("\u{200B}") == .other && kind("\u{E000}") == .other)
        #expect(table.count == 0x110000 && table.allSatisfy { $0.nonzeroBitCount == 1 })
        // Whitespace has not changed since Unicode 6.3.
        for value in 0..<UInt32(table.count) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect((kind(scalar) == .whitespace) == scalar.properties.isWhitespace)
        }
    }
}
