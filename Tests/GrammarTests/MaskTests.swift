import Grammar
import TestSupport
import Testing

@Suite struct MaskTests {
    private static let grammars = [
        #"root ::= [^"]* "\"""#, #"root ::= [^"]{2,30} "\"""#, #"root ::= .{0,9} "z""#,
        #"root ::= ("日本" | "é" | [a-y])+"#,
        "root ::= \"{\" ws (\"\\\"a\" [^\"\\\\]* \"\\\"\")? ws \"}\"\nws ::= [ \\n]{0,4}",
        "root ::= [\\U0001F600-\\U0001F64F]+ [ab]{2,5}",
    ]

    /// A mask holds just the tokens that are allowed one by one, with any number of tokens left.
    @Test(arguments: grammars)
    func agreesWithSingleTokens(_ grammar: String) throws {
        var random = SplitMix(state: 7)
        let program = try GrammarProgram(gbnf: grammar)
        for remaining in [3, 5, 12, Int.max] {
            let matcher = GrammarMatcher(program: program, trie: Sample.pieces)
            for step in 0..<12 {
                let left = remaining == Int.max ? remaining : remaining - step
                if left <= 0 { break }
                let words = matcher.mask(remaining: left)
                for token in 0..<Int32(Sample.pieces.vocabularyCount) {
                    let isIn = words[Int(token) >> 6] & 1 << UInt64(token & 63) != 0
                    #expect(isIn == matcher.allows(token, remaining: left), "token \(token), \(left) left")
                }
                let others = matcher.allowed(remaining: left).filter { $0 != 0 }
                guard let token = others.randomElement(using: &random) else {
                    #expect(matcher.canEnd)
                    break
                }
                // Trying a token out says the same as going on past it.
                let place = matcher.place(after: token, at: nil, remaining: left)
                let tried = matcher.mask(at: place, remaining: left - 1)
                #expect(place != nil)
                matcher.accept(token)
                #expect(matcher.mask(remaining: left - 1) == tried)
            }
            if remaining != Int.max { #expect(matcher.canEnd, "\(remaining)") }
        }
    }

    /// What the shortcut for uniform parts of the tree says, found out token by token.
    @Test func partsOfCharactersAreFollowed() throws {
        let program = try GrammarProgram(gbnf: #"root ::= "\"" [^"\\]* "\"""#)
        let matcher = GrammarMatcher(program: program, trie: Sample.pieces)
        matcher.accept(1 + 0x22)
        #expect(matcher.isInMask(1 + 0xE6) && !matcher.isInMask(1 + 0x97))
        matcher.accept(1 + 0xE6)
        #expect(matcher.allowed().filter { $0 <= 256 } == Array(0x81...0xC0))
        #expect(!matcher.canEnd)
        matcher.accept(1 + 0x97)
        // The last byte and the closing quote are one token.
        let closing = Int32(Sample.pieces.vocabularyCount - 3)
        #expect(matcher.isInMask(closing))
        matcher.accept(closing)
        #expect(matcher.isComplete && matcher.allowed() == [0])
    }

    @Test func endOfTextOnlyAtTheEnd() throws {
        let matcher = GrammarMatcher(
            program: try GrammarProgram(gbnf: #"root ::= "a" "b"?"#), trie: Sample.bytes)
        #expect(!matcher.allows(0) && !matcher.isInMask(0))
        matcher.accept(98)
        #expect(matcher.canEnd && !matcher.isComplete && matcher.allowed() == [0, 99])
        matcher.accept(99)
        #expect(matcher.isComplete && matcher.allowed() == [0])
    }

    /// Endings are counted in tokens, so that long names do not use up what is left.
    @Test func endingsAreCountedInTokens() throws {
        let program = try GrammarProgram(gbnf: #"root ::= [a-z]* "hello world" "hello world""#)
        let matcher = GrammarMatcher(program: program, trie: Sample.pieces)
        #expect(matcher.tokensToFinish == 2)
        #expect(matcher.allowed(remaining: 1) == [])
        #expect(matcher.allowed(remaining: 2).count == 1)
        // Three are left: one may be spent.
        #expect(matcher.allows(1 + 0x61, remaining: 3) && !matcher.allows(1 + 0x61, remaining: 2))
        #expect(!matcher.allows(1 + 0x68, remaining: 2))
    }

    /// A grammar that needs a new state for every byte does not gather them for ever.
    @Test func statesAreForgotten() throws {
        let program = try GrammarProgram(gbnf: "root ::= \"a\"{20000}")
        let matcher = GrammarMatcher(program: program, trie: Sample.bytes)
        for _ in 0..<20_000 {
            guard matcher.allows(98), !matcher.allows(99) else {
                Issue.record("not allowed")
                return
            }
            matcher.accept(98)
        }
        #expect(matcher.isComplete)
    }

    /// A vocabulary that lacks a byte cannot finish what needs it.
    @Test func vocabulariesMayLackBytes() throws {
        let trie = TokenTrie(texts: [[], [0x61], [0x62], [0x63]], endOfGeneration: [0])
        let program = try GrammarProgram(gbnf: #"root ::= "a" "d" | "b" "c""#)
        let matcher = GrammarMatcher(program: program, trie: trie)
        #expect(matcher.allows(2) && !matcher.allows(1))
        let none = GrammarMatcher(program: try GrammarProgram(gbnf: #"root ::= "ad""#), trie: trie)
        #expect(none.tokensToFinish == nil && none.allowed().isEmpty)
    }
}
