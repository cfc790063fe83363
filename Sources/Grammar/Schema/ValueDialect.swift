/// How values are written: in JSON, or in what some models write in its place.
package struct ValueDialect: Sendable {
    /// Around strings.
    private let quote: String
    private let encoding: AutomatonEncoding
    /// What no string contains, because it would end the whole.
    private let forbidden: String?
    /// Whether names of members are strings.
    let quotesNames: Bool

    package static let json = ValueDialect(quote: "\"", encoding: .json, forbidden: nil, quotesNames: true)

    /// JSON that does not contain a text.
    package static func json(without text: String) -> ValueDialect {
        ValueDialect(quote: "\"", encoding: .json, forbidden: text, quotesNames: true)
    }

    /// Bare names, and strings as they are between quotes of several characters.
    package static func bare(quote: String) -> ValueDialect {
        ValueDialect(quote: quote, encoding: .plain, forbidden: quote, quotesNames: false)
    }

    var isPlainJSON: Bool { forbidden == nil }

    /// A name without quotes.
    static let bareName = GrammarExpression.sequence([
        .scalars(letters),
        .repeated(.scalars(ScalarSet(letters.ranges + [0x30...0x39])), least: 0, most: nil),
    ])
    private static let letters = ScalarSet([0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])

    /// The strings of an automaton.
    func strings(_ automaton: ScalarAutomaton) throws(GrammarError) -> GrammarExpression {
        var automaton = automaton
        if let forbidden { automaton = try automaton.intersection(ScalarAutomaton(without: forbidden)) }
        return .sequence([.text(quote), .automaton(automaton, encoding), .text(quote)])
    }

    /// The names of an automaton.
    func names(_ automaton: ScalarAutomaton, _ pointer: String) throws(GrammarError) -> GrammarExpression {
        if quotesNames { return try strings(automaton) }
        throw GrammarError(
            .unsupported, "names that no schema gives are not supported in this format", at: .pointer(pointer)
        )
    }

    func written(_ text: String, _ pointer: String) throws(GrammarError) -> [UInt8] {
        if let forbidden, text.contains(forbidden) {
            throw GrammarError(
                .unsupported, "\(forbidden) in a value is not supported in this format", at: .pointer(pointer)
            )
        }
        return encoding == .json ? JSONText.quoted(text) : Array((quote + text + quote).utf8)
    }

    func writtenName(_ name: String, _ pointer: String) throws(GrammarError) -> [UInt8] {
        if quotesNames { return try written(name, pointer) }
        let isBare = name.utf8.allSatisfy { byte in
            byte >= 0x80 || 0x30...0x39 ~= byte || Self.letters.contains(UInt32(byte)) || byte == 0x2D
        }
        guard isBare, !name.isEmpty else {
            throw GrammarError(
                .unsupported, "the name \(name) is not supported in this format", at: .pointer(pointer))
        }
        return Array(name.utf8)
    }
}
