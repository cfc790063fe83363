import Grammar

/// What a generated text must look like.
///
/// The text is checked token by token as it is chosen. It ends only where the constraint lets it end, and
/// near the limit of tokens it is closed in time. What is supported: `docs/constraints.md`.
public enum OutputConstraint: Sendable, Equatable {
    /// A grammar in llama.cpp's notation (GBNF); the text is what its rule `root` matches.
    case grammar(String)
    /// A JSON Schema; the text is JSON that satisfies it.
    case jsonSchema(String)
    /// Any JSON object.
    case json

    /// Checks all that can be checked without a model: everything but whether names of tokens in a
    /// grammar, such as `<think>`, are tokens of its vocabulary.
    ///
    /// - Throws: `SwinferError.invalidConstraint` with the place: line and column, or JSON pointer.
    public func validate() throws(SwinferError) {
        _ = try program { _ in 0 }
    }

    /// - Parameter token: the number of the token that a name in a grammar stands for.
    func program(token: @escaping (String) -> Int32?) throws(SwinferError) -> GrammarProgram {
        var rules = RuleSet()
        do {
            let root = try add(to: &rules, token: token)
            return try GrammarProgram(rules, root: root)
        } catch {
            throw .invalidConstraint("\(name): \(error)")
        }
    }

    /// Adds what the text must be to a grammar; returns the number of its rule.
    func add(
        to rules: inout RuleSet, token: @escaping (String) -> Int32?
    ) throws(GrammarError) -> Int {
        switch self {
        case .grammar(let text): try rules.add(gbnf: text, token: token)
        case .jsonSchema(let text): try rules.add(JSONSchema(parsing: text))
        case .json: try rules.add(JSONSchema.object)
        }
    }

    var name: String {
        switch self {
        case .grammar: "grammar"
        case .jsonSchema, .json: "JSON schema"
        }
    }
}
