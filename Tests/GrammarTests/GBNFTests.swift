import Grammar
import Testing

@Suite struct GBNFTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var grammar: String
        var accepted: [String]
        var refused: [String]
        var testDescription: String { grammar }
    }

    @Test(arguments: [
        Case(grammar: #"root ::= "a""#, accepted: ["a"], refused: ["", "b", "aa"]),
        Case(grammar: #"root ::= "a" "b" | "c""#, accepted: ["ab", "c"], refused: ["a", "abc", "b"]),
        Case(grammar: #"root ::= "ab"*"#, accepted: ["", "ab", "abab"], refused: ["a", "aba", "abb"]),
        Case(grammar: #"root ::= "a"+ "b"?"#, accepted: ["a", "aab"], refused: ["", "b", "abb"]),
        Case(grammar: #"root ::= [a-c]{2}"#, accepted: ["ab", "cc"], refused: ["a", "abc", "ad"]),
        Case(grammar: #"root ::= [a-c]{2,}"#, accepted: ["ab", "abca"], refused: ["a", ""]),
        Case(grammar: #"root ::= [a-c]{1,3} "x""#, accepted: ["ax", "abcx"], refused: ["x", "aaaax"]),
        Case(grammar: #"root ::= "a"{0,2}"#, accepted: ["", "a", "aa"], refused: ["aaa"]),
        Case(grammar: #"root ::= "a"{0} "b""#, accepted: ["b"], refused: ["ab"]),
        Case(grammar: "root ::= ( [0-9] { 2 , 3 } )", accepted: ["12", "123"], refused: ["1", "1234"]),
        Case(
            grammar: #"root ::= ("a" | "b" "c")* "d""#, accepted: ["d", "abcd", "bcad"], refused: ["bd", "a"]),
        Case(grammar: #"root ::= (("a"?)*)* "b""#, accepted: ["b", "aab"], refused: ["", "a"]),
        Case(grammar: #"root ::= ("a" | ) "b""#, accepted: ["ab", "b"], refused: ["a"]),
        Case(grammar: #"root ::= "" "#, accepted: [""], refused: ["a"]),
        Case(grammar: #"root ::= [^a-z\n]"#, accepted: ["A", "é", "日", "😀", "-"], refused: ["a", "\n", ""]),
        Case(grammar: #"root ::= [a\-z\]]+"#, accepted: ["a-z]"], refused: ["b"]),
        Case(grammar: #"root ::= [a-]+"#, accepted: ["a-"], refused: ["b"]),
        Case(grammar: #"root ::= [^\x00-\x7F]+"#, accepted: ["é😀"], refused: ["a"]),
        Case(grammar: #"root ::= [ぁ-ゟ]+"#, accepted: ["ひらがな"], refused: ["カ", "a"]),
        Case(grammar: #"root ::= [\U0001F600-\U0001F64F]"#, accepted: ["😀", "🙏"], refused: ["🚀"]),
        Case(grammar: #"root ::= "\u00e9\x41\t\r\n\"\\\[\]""#, accepted: ["éA\t\r\n\"\\[]"], refused: ["e"]),
        Case(grammar: "root ::= .", accepted: ["a", "日", "\n", "😀"], refused: ["", "ab"]),
        Case(
            grammar: "# start\nroot ::= a # first\n  \na ::= \"x\" | # more\n \"y\"\n", accepted: ["x", "y"],
            refused: ["z"]),
        Case(grammar: "root ::= (\"a\" # one\n\n | b)\r\nb::=\"b\"", accepted: ["a", "b"], refused: ["ab"]),
        Case(grammar: "root ::= a-1_b\na-1_b ::= \"x\"", accepted: ["x"], refused: ["y"]),
        // Recursion of the right, the middle, and between rules.
        Case(grammar: #"root ::= "a" root | "b""#, accepted: ["b", "aaab"], refused: ["a", "ba"]),
        Case(
            grammar: #"root ::= "a" root "b" | """#, accepted: ["", "ab", "aaabbb"],
            refused: ["aab", "abb", "ba"]),
        Case(
            grammar: "root ::= \"(\" inner \")\"\ninner ::= root inner | \"x\"?",
            accepted: ["()", "(x)", "(()(x)x)"], refused: ["(", "())", "(xx)"]),
        // Ambiguous.
        Case(
            grammar: #"root ::= "a" root "b" | "a" root "c" | "d""#, accepted: ["d", "aadbc", "aadcb"],
            refused: ["aadb"]),
        Case(
            grammar: "root ::= (a | b)*\na ::= \"x\" | \"xx\"\nb ::= \"x\" \"x\"", accepted: ["", "xxxxx"],
            refused: ["y"]),
        // A way that never ends is no way.
        Case(grammar: "root ::= \"a\" | loop\nloop ::= \"b\" loop", accepted: ["a"], refused: ["b", "bb"]),
        Case(
            grammar: "root ::= expr\nexpr ::= term ([-+*/] term)*\nterm ::= [0-9]+ | \"(\" expr \")\"",
            accepted: ["1", "1+2*(3-4)", "((1))"], refused: ["1+", "(1", "+1"]),
    ])
    func matches(_ test: Case) throws {
        let program = try GrammarProgram(gbnf: test.grammar)
        for text in test.accepted { #expect(program.matches(text), "\(text.debugDescription)") }
        for text in test.refused { #expect(!program.matches(text), "\(text.debugDescription)") }
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        var grammar: String
        var kind: GrammarError.Kind
        var place: GrammarError.Place
        var testDescription: String { grammar }

        init(_ grammar: String, _ kind: GrammarError.Kind, _ line: Int, _ column: Int) {
            self.grammar = grammar
            self.kind = kind
            place = line == 0 ? .whole : .text(line: line, column: column)
        }
    }

    @Test(arguments: [
        Refused("", .undefinedRule, 0, 0),
        Refused("start ::= \"a\"", .undefinedRule, 0, 0),
        Refused("root ::= \"a\" other", .undefinedRule, 1, 14),
        Refused("root ::= \"a\"\nroot ::= \"b\"", .syntax, 2, 1),
        Refused("root = \"a\"", .syntax, 1, 6),
        Refused("root ::= \"a", .syntax, 1, 10),
        Refused("root ::= [a", .syntax, 1, 10),
        Refused("root ::= []", .syntax, 1, 10),
        Refused("root ::= [z-a]", .syntax, 1, 11),
        Refused("root ::= \"\\q\"", .syntax, 1, 11),
        Refused("root ::= \"\\x4\"", .syntax, 1, 11),
        Refused("root ::= \"\\uD800\"", .syntax, 1, 11),
        Refused("root ::= (\"a\"", .syntax, 1, 14),
        Refused("root ::= \"a\")", .syntax, 1, 13),
        Refused("root ::= *", .syntax, 1, 10),
        Refused("root ::= \"a\"{x}", .syntax, 1, 14),
        Refused("root ::= \"a\"{2,1}", .syntax, 1, 13),
        Refused("root ::= \"a\"{2", .syntax, 1, 15),
        Refused("root ::= <think>", .syntax, 1, 10),
        Refused("root ::= <[x]>", .syntax, 1, 10),
        Refused("root ::= !a", .syntax, 1, 11),
        Refused("root ::= \"a\" ; \"b\"", .syntax, 1, 14),
        Refused("root ::= \"a\"{99999999999999999999}", .limit, 1, 14),
        // Left recursion: at once, around a corner, behind what may be empty.
        Refused("root ::= root \"a\" | \"b\"", .leftRecursion, 1, 1),
        Refused("root ::= a\na ::= b \"x\"\nb ::= a | \"y\"", .leftRecursion, 2, 1),
        Refused("root ::= empty root \"a\" | \"b\"\nempty ::= \"\" | \"c\"", .leftRecursion, 1, 1),
        Refused("root ::= (empty empty)? \"z\"* root | \"b\"\nempty ::= \"c\"?", .leftRecursion, 1, 1),
        // Never ends.
        Refused("root ::= \"a\" root", .unsatisfiable, 1, 1),
    ])
    func isRefusedWithItsPlace(_ test: Refused) throws {
        let error = try #require(refusal { _ = try GrammarProgram(gbnf: test.grammar) })
        #expect(error.kind == test.kind, "\(error)")
        #expect(error.place == test.place, "\(error)")
    }

    @Test func hostileGrammarsEndQuickly() throws {
        // Nested repetitions are rules of rules, not copies of copies.
        let nested = try GrammarProgram(gbnf: #"root ::= ((("a"{1000}){1000}){1000}){1000}"#)
        #expect(nested.shortestLength == 1_000_000_000_000)
        let doubled = (0..<80).map { "r\($0) ::= r\($0 + 1) r\($0 + 1)" }.joined(separator: "\n")
        let huge = try GrammarProgram(gbnf: "root ::= r0\n\(doubled)\nr80 ::= \"a\"")
        #expect(huge.shortestLength > 1 << 60)
        #expect(
            refusal { _ = try GrammarProgram(gbnf: #"root ::= ([a-z] "b" "c"){524288,524288}"#) }?.kind
                == .limit)
        let deep = String(repeating: "(", count: 5000) + "\"a\"" + String(repeating: ")", count: 5000)
        #expect(refusal { _ = try GrammarProgram(gbnf: "root ::= \(deep)") }?.kind == .limit)
    }

    /// 2^n stacks after n bytes, which share what they have in common.
    @Test func ambiguityDoesNotMultiply() throws {
        let program = try GrammarProgram(gbnf: #"root ::= "a" root "b" | "a" root "c" | "d""#)
        let matcher = GrammarMatcher(program: program, trie: Sample.bytes)
        matcher.accept(text: String(repeating: "a", count: 1000) + "d")
        #expect(!matcher.hasFailed)
        matcher.accept(text: String(repeating: "bc", count: 500))
        #expect(matcher.isComplete)

        let digits = try GrammarProgram(gbnf: "root ::= s\ns ::= \"x\" | \"x\" s | \"x\" s s")
        let other = GrammarMatcher(program: digits, trie: Sample.bytes)
        other.accept(text: String(repeating: "x", count: 200))
        #expect(other.canEnd)
    }
}
