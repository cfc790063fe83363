import Grammar
import TestSupport
import Testing

@Suite struct SchemaTests {
    @Test(arguments: SchemaCase.all)
    func acceptsAndRefuses(_ test: SchemaCase) throws {
        let program = try GrammarProgram(schema: JSONSchema(parsing: test.schema))
        for text in test.accepted { #expect(program.matches(text), "\(text)") }
        for text in test.refused { #expect(!program.matches(text), "\(text)") }
    }

    /// The cases themselves, told by the tests' own validator: what it knows no format of is left out.
    @Test(arguments: SchemaCase.all)
    func acceptedValuesAreValid(_ test: SchemaCase) throws {
        guard !test.schema.contains("$anchor"), !test.schema.contains("%25") else { return }
        let validator = try SchemaValidator(test.schema)
        for text in test.accepted { #expect(validator.isValid(try JSONTree(parsing: text)), "\(text)") }
    }

    /// Random tokens from the masks, with a limit from just enough to plenty: the text always parses and
    /// is valid when it ends.
    @Test(arguments: SchemaCase.all)
    func randomTextsAreValid(_ test: SchemaCase) throws {
        let program = try GrammarProgram(schema: JSONSchema(parsing: test.schema))
        let knowsAll = !test.schema.contains("$anchor") && !test.schema.contains("%25")
        let validator = try SchemaValidator(test.schema)
        let least = try #require(GrammarMatcher(program: program, trie: Sample.pieces).tokensToFinish)
        var random = SplitMix(state: 11)
        for round in 0..<12 {
            let limit = round < 4 ? least + round : least + test.tokens * round / 6
            let text = try Self.walk(program, limit, &random)
            let value = try? JSONTree(parsing: text)
            #expect(value != nil, "\(limit) tokens: \(text)")
            if let value, knowsAll { #expect(validator.isValid(value), "\(limit) tokens: \(text)") }
        }
    }

    static func walk(
        _ program: GrammarProgram, _ limit: Int, _ random: inout SplitMix
    ) throws -> String {
        let matcher = GrammarMatcher(program: program, trie: Sample.pieces)
        var bytes: [UInt8] = []
        for used in 0..<limit {
            if matcher.isComplete { break }
            let allowed = matcher.allowed(remaining: limit - used)
            // Texts end early half the time that they may.
            if allowed.contains(0), Bool.random(using: &random) { break }
            guard let token = allowed.filter({ $0 != 0 }).randomElement(using: &random) else { break }
            try #require(matcher.allows(token, remaining: limit - used))
            matcher.accept(token)
            bytes += matcher.trie.bytes(of: token)
        }
        #expect(matcher.canEnd)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func nestingIsBounded() throws {
        let program = try GrammarProgram(schema: .value)
        let matcher = GrammarMatcher(program: program, trie: Sample.bytes)
        var depth = 0
        while matcher.allows(1 + 0x5B) {
            matcher.accept(1 + 0x5B)
            depth += 1
        }
        #expect(depth > 100 && depth < 512)
        matcher.accept(text: String(repeating: "]", count: depth))
        #expect(matcher.isComplete)
    }

    @Test func blanksAreBounded() throws {
        let program = try GrammarProgram(schema: .object)
        let matcher = GrammarMatcher(program: program, trie: Sample.bytes)
        matcher.accept(text: "{\n")
        var count = 0
        while matcher.allows(1 + 0x20) {
            matcher.accept(1 + 0x20)
            count += 1
        }
        #expect(count <= 40 && !matcher.allows(1 + 0x0A) && matcher.allows(1 + 0x7D))
    }
}
