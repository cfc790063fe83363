/// What a rule matches; the common form of grammars and schemas.
package indirect enum GrammarExpression: Sendable {
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
    /// One byte, whether it is a whole character or not.
    case bytes(ClosedRange<UInt8>)
    /// Any one token that is no text.
    case textless

    package static func text(_ text: String) -> GrammarExpression { .literal([UInt8](text.utf8)) }

    package static func optional(_ expression: GrammarExpression) -> GrammarExpression {
        .repeated(expression, least: 0, most: 1)
    }

    /// A text as a string of JSON.
    package static func jsonString(_ text: String) -> GrammarExpression { .literal(JSONText.quoted(text)) }

    /// The same with rules that have other numbers.
    func shifted(by offset: Int) -> GrammarExpression {
        switch self {
        case .sequence(let parts): .sequence(parts.map { $0.shifted(by: offset) })
        case .choice(let parts): .choice(parts.map { $0.shifted(by: offset) })
        case .repeated(let part, let least, let most):
            .repeated(part.shifted(by: offset), least: least, most: most)
        case .rule(let rule): .rule(rule + offset)
        case .empty, .never, .literal, .scalars, .automaton, .token, .bytes, .textless: self
        }
    }
}

package enum AutomatonEncoding: Sendable {
    case plain
    /// What JSON forbids inside strings is escaped, all else stands for itself.
    case json
}
