import Grammar
import Testing

@Suite struct FreeTextTests {
    /// Free text, and digits up to a `;` behind `<n>` or, where a text begins, `#`.
    private func program(mayEnd: Bool = true) throws -> GrammarProgram {
        var rules = RuleSet()
        let text = rules.reserve("text")
        let digits = GrammarExpression.repeated(.bytes(0x30...0x39), least: 1, most: nil)
        let number = rules.add(.sequence([digits, .text(";"), .rule(text)]), "number")
        rules.set(
            text,
            FreeText(
                marks: [("<n>", number), ("<<m", number)], startMarks: [("#", number)], mayEnd: mayEnd))
        return try GrammarProgram(rules, root: text)
    }

    @Test(arguments: [
        ("", true), ("anything <n at all", true), ("日本\u{0} < <n", true), ("a<n>12;", true),
        ("a<n>12", false),
        ("<n>;", false), ("<n>x", false), ("a<n>1; b <n>2; c", true), ("<n>1;<n>x", false), ("<<n>1;", true),
        ("<<n>x", false), ("<<m3;", true), ("<<mx", false), ("<<<mx", false), ("#1;", true), ("#x", false),
        (" \n#x", false), (" \n#1;#2;", true), ("a #x", true), ("<#x", true), ("<n>1; #x", false),
    ])
    func marks(text: String, matches: Bool) throws {
        #expect(try program().matches(text) == matches)
    }

    @Test func bytesAndTokensThatAreNoText() throws {
        // Token 300 is no text.
        let trie = TokenTrie(
            texts: [[]] + (0...255).map { [UInt8($0)] } + [Array("<n>".utf8), Array("a<n>x".utf8), []],
            endOfGeneration: [0])
        let matcher = GrammarMatcher(program: try program(), trie: trie)
        #expect(matcher.allowed() == Array(0...257) + [259])
        matcher.accept(1 + 0xFF)
        matcher.accept(259)
        #expect(matcher.canEnd && matcher.allows(259))
        matcher.accept(257)
        #expect(matcher.allowed() == Array(49...58))
        #expect(!matcher.allows(259) && !matcher.canEnd && matcher.tokensToFinish == 2)
    }

    @Test func whatMustComeComesInTime() throws {
        #expect(refusal { _ = try program(mayEnd: false) }?.kind == .unsatisfiable)
        var rules = RuleSet()
        let end = rules.add(.text("!"), "end")
        let text = rules.reserve("text")
        rules.set(text, FreeText(marks: [("<n>", end)], mayEnd: false))
        let finite = GrammarMatcher(program: try GrammarProgram(rules, root: text), trie: Sample.bytes)
        #expect(finite.tokensToFinish == 4)
        #expect(finite.allowed(remaining: 4) == [1 + 0x3C] && finite.allowed(remaining: 3).isEmpty)
        finite.accept(text: "a <n")
        #expect(finite.tokensToFinish == 2)
    }

    /// Values in other forms than JSON.
    @Test func dialects() throws {
        let schema = try JSONSchema(
            parsing:
                #"{"type":"object","properties":{"a":{"type":"string"},"b":{"enum":["x",[1]]}},"required":["a"]}"#
        )
        func matches(_ text: String, _ dialect: ValueDialect) throws -> Bool {
            var rules = RuleSet()
            let root = try rules.add(schema, as: dialect)
            return try GrammarProgram(rules, root: root).matches(text)
        }
        let bare = ValueDialect.bare(quote: "<|q|>")
        #expect(try matches(#"{a:<|q|>x "y" \<|q|>,b:<|q|>x<|q|>}"#, bare))
        #expect(try matches("{a:<|q|><|q<|q|>}", bare))
        #expect(try !matches("{a:<|q|>x<|q|><|q|>}", bare) && !matches(#"{"a":<|q|>x<|q|>}"#, bare))
        let closed = ValueDialect.json(without: "</p>")
        #expect(try matches(#"{"a": "</p <\\/p>"}"#, closed))
        #expect(try !matches(#"{"a": "x</p>"}"#, closed) && matches(#"{"a": "x</p>"}"#, .json))
    }

    @Test func membersOneByOne() throws {
        let schema = try JSONSchema(
            parsing:
                #"{"type":"object","properties":{"a":{"type":"string","maxLength":5},"b":{"type":"integer"}},"required":["b"]}"#
        )
        var rules = RuleSet()
        let members = try rules.add(membersOf: schema, until: "</p>") { $0 == "a" }
        #expect(members.map(\.name) == ["a", "b"] && members.map(\.isRequired) == [false, true])
        let text = try GrammarProgram(rules, root: members[0].rule)
        #expect(text.matches("a\"b") && !text.matches("abcdef") && !text.matches("</p>"))
        let number = try GrammarProgram(rules, root: members[1].rule)
        #expect(number.matches("12") && !number.matches("a"))
    }
}
