import Grammar
import Testing

@Suite struct TokenReferenceTests {
    /// 257: `<think>`, 258: `</think>`, which are no text; 259: ordinary.
    private let trie = TokenTrie(
        texts: [[]] + (0...255).map { [UInt8($0)] } + [[], [], Array("word".utf8)], endOfGeneration: [0],
        referable: [true] + Array(repeating: true, count: 259))

    private func resolve(_ name: String) -> Int32? { ["<think>": 257, "</think>": 258][name] }

    @Test func tokensMatchByNumber() throws {
        let program = try GrammarProgram(
            gbnf: "root ::= <think> thinking </think> \"a\"+\nthinking ::= !</think>*", token: resolve)
        let matcher = GrammarMatcher(program: program, trie: trie)
        #expect(matcher.allowed() == [257])
        matcher.accept(257)
        #expect(matcher.allowed().count == 259)
        #expect(matcher.isInMask(258) && matcher.isInMask(259) && !matcher.isInMask(0))
        matcher.accept(259)
        matcher.accept(257)
        matcher.accept(258)
        #expect(matcher.allowed() == [98])
        #expect(matcher.tokensToFinish == 1)
        matcher.accept(98)
        #expect(matcher.allowed() == [0, 98])
    }

    @Test func numbersNeedNoVocabulary() throws {
        let program = try GrammarProgram(gbnf: "root ::= <[257]> | \"word\" !<[258]>")
        let matcher = GrammarMatcher(program: program, trie: trie)
        #expect(matcher.allowed() == [120, 257, 259].map { $0 == 120 ? 120 : $0 })
        matcher.accept(259)
        #expect(!matcher.allows(258) && matcher.allows(257) && matcher.allows(259) && !matcher.allows(0))
        #expect(!matcher.isInMask(258) && matcher.isInMask(257))
    }

    @Test func textAndTokenTogether() throws {
        // The token's text goes on with "x", the token itself with "y".
        let program = try GrammarProgram(gbnf: "root ::= \"word\" \"x\" | <[259]> \"y\"")
        let matcher = GrammarMatcher(program: program, trie: trie)
        matcher.accept(259)
        #expect(matcher.allowed() == [121, 122])
    }
}
