import Grammar

/// Vocabularies made here.
enum Sample {
    /// End of text, then every byte, then what `texts` says.
    static func trie(_ texts: [String] = []) -> TokenTrie {
        TokenTrie(
            texts: [[]] + (0...255).map { [UInt8($0)] } + texts.map { Array($0.utf8) }, endOfGeneration: [0])
    }

    static let bytes = trie()

    /// Pieces as they occur in JSON, some of them parts of characters.
    static let pieces = TokenTrie(
        texts: [[]] + (0...255).map { [UInt8($0)] }
            + [
                "{\"", "\":", "\": ", "\", \"", "\",", "\"a", "\"name", "name", "true", "false", "null", "nu",
                "ll",
                "\n", "\n  ", "  ", "    ", "é", "日本", "😀", "12", "100", "0.5", "-1", "e+", "\"]", "}}", "]}",
                "[[", "[{\"",
                "\\u", "\\n", "\\\"", "00e9", "abc", "hello world", "2024", "-02", "\"}", "\"\n}", ", ", "[]",
                "{}", "\"\"", "aaaa",
            ].map { Array($0.utf8) } + [
                [0xE6, 0x97], [0xA5, 0x22], [0x22, 0xF0, 0x9F], [0x98, 0x80, 0x41],
            ],
        endOfGeneration: [0])
}

extension GrammarProgram {
    /// Whether a text matches as a whole.
    func matches(_ text: String) -> Bool {
        let matcher = GrammarMatcher(program: self, trie: Sample.bytes)
        matcher.accept(text: text)
        return matcher.canEnd
    }
}

extension GrammarMatcher {
    func isInMask(_ token: Int32, remaining: Int = .max) -> Bool {
        mask(remaining: remaining)[Int(token) >> 6] & 1 << UInt64(token & 63) != 0
    }

    /// The tokens of the mask.
    func allowed(remaining: Int = .max) -> [Int32] {
        let words = mask(remaining: remaining)
        return (0..<Int32(trie.vocabularyCount)).filter { words[Int($0) >> 6] & 1 << UInt64($0 & 63) != 0 }
    }
}

/// Runs a body that must fail; returns what it threw.
func refusal(_ body: () throws -> Void) -> GrammarError? {
    do {
        try body()
        return nil
    } catch { return error as? GrammarError }
}
