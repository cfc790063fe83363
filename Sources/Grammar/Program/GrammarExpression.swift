/// What a rule matches; the common form of grammars and schemas.
indirect enum GrammarExpression: Sendable {
    /// Nothing but the empty text.
    case empty
    /// No text at all.
    case never
    case literal([UInt8])
    case scalars(ScalarSet)
    /// The texts of an automaton, as they are or as the inside of a JSON string.
    case automaton(ScalarAutomaton, AutomatonEncoding)
    case sequence([GrammarExpression])
    case choice([GrammarExpression])
    /// At least `least` times, at most `most` times; nil: any number.
    case repeated(GrammarExpression, least: Int, most: Int?)
    case rule(Int)
    /// One token of the vocabulary, or any but it.
    case token(Int32, negated: Bool)

    static func text(_ text: String) -> GrammarExpression { .literal([UInt8](text.utf8)) }

    static func optional(_ expression: GrammarExpression) -> GrammarExpression {
        .repeated(expression, least: 0, most: 1)
    }
}

enum AutomatonEncoding: Sendable {
    case plain
    /// What JSON forbids inside strings is escaped, all else stands for itself.
    case json
}
