extension SchemaCompiler.Common {
    var rule: GrammarExpression { .rule(rawValue) }

    /// What may stand between the parts of a value: nothing, a space, or a new line with its indentation.
    /// Bounded, so that a model cannot go on with blanks for ever.
    static let space = GrammarExpression.rule(SchemaCompiler.Common.blanks.rawValue)

    static let integer = GrammarExpression.sequence([.optional(.text("-")), digits(14)])

    /// 0, or a digit that is not and at most `more` others.
    private static func digits(_ more: Int) -> GrammarExpression {
        .choice([
            .text("0"),
            .sequence([
                .scalars(ScalarSet([0x31...0x39])),
                .repeated(.scalars(RegexParser.digits), least: 0, most: more),
            ]),
        ])
    }

    func expression(_ dialect: ValueDialect) -> GrammarExpression {
        let digit = GrammarExpression.scalars(RegexParser.digits)
        let colon = GrammarExpression.sequence([.text(":"), .optional(.text(" "))])
        switch self {
        case .blanks:
            return .choice([
                .empty, .text(" "),
                .sequence([
                    .text("\n"),
                    .choice([
                        .repeated(.text(" "), least: 0, most: 40), .repeated(.text("\t"), least: 1, most: 20),
                    ]),
                ]),
            ])
        case .character: return Self.stringCharacter
        case .string:
            if !dialect.isPlainJSON, let strings = try? dialect.strings(.any) { return strings }
            return .sequence([.text("\""), .repeated(Self.stringCharacter, least: 0, most: nil), .text("\"")])
        case .number:
            return .sequence([
                Self.integer,
                .optional(.sequence([.text("."), .repeated(digit, least: 1, most: 15)])),
                .optional(
                    .sequence([
                        .choice([.text("e"), .text("E")]),
                        .optional(.choice([.text("+"), .text("-")])), .repeated(digit, least: 1, most: 2),
                    ])),
            ])
        case .value:
            return .choice([
                Self.object.rule, Self.array.rule, Self.string.rule, Self.number.rule, .text("true"),
                .text("false"), .text("null"),
            ])
        case .object:
            let name = dialect.quotesNames ? Self.string.rule : ValueDialect.bareName
            let member = GrammarExpression.sequence([name, colon, Self.value.rule])
            return Self.list("{", member, "}")
        case .array: return Self.list("[", Self.value.rule, "]")
        }
    }

    private static func list(
        _ open: String, _ item: GrammarExpression, _ close: String
    ) -> GrammarExpression {
        .sequence([
            .text(open), space,
            .optional(
                .sequence([
                    item, .repeated(.sequence([.text(","), space, item]), least: 0, most: nil), space,
                ])), .text(close),
        ])
    }

    /// One character of a string: itself or an escape; no halves of characters.
    private static let stringCharacter: GrammarExpression = {
        func hex(_ digits: String) -> GrammarExpression {
            .scalars(ScalarSet((digits + digits.lowercased()).unicodeScalars.map { $0.value...$0.value }))
        }
        let any = hex("0123456789ABCDEF")
        let escapes = GrammarExpression.scalars(
            ScalarSet("\"\\/bfnrt".unicodeScalars.map { $0.value...$0.value }))
        return .choice([
            .scalars(JSONText.escaped.complement),
            .sequence([
                .text("\\"),
                .choice([
                    escapes,
                    .sequence([.text("u"), hex("0123456789ABCEF"), any, any, any]),
                    .sequence([.text("u"), hex("D"), hex("01234567"), any, any]),
                    .sequence([
                        .text("u"), hex("D"), hex("89AB"), any, any, .text("\\u"), hex("D"), hex("CDEF"), any,
                        any,
                    ]),
                ]),
            ]),
        ])
    }()
}

extension SchemaCompiler {
    /// A value as it is generated: with the spaces that any other may have.
    func written(_ value: JSONValue, _ pointer: String) throws(GrammarError) -> GrammarExpression {
        switch value {
        case .null: return .text("null")
        case .bool(let flag): return .text(flag ? "true" : "false")
        case .number(_, let text): return .text(text)
        case .string(let text): return .literal(try dialect.written(text, pointer))
        case .array(let values):
            return list("[", try values.map { item throws(GrammarError) in try written(item, pointer) }, "]")
        case .object(let members):
            let items = try members.map { member throws(GrammarError) in
                GrammarExpression.sequence([
                    try key(member.name, pointer), try written(member.value, pointer),
                ])
            }
            return list("{", items, "}")
        }
    }

    /// A member's name with its colon.
    func key(_ name: String, _ pointer: String) throws(GrammarError) -> GrammarExpression {
        .sequence([.literal(try dialect.writtenName(name, pointer) + [0x3A]), .optional(.text(" "))])
    }

    private func list(
        _ open: String, _ items: [GrammarExpression], _ close: String
    ) -> GrammarExpression {
        var parts: [GrammarExpression] = [.text(open), Common.space]
        for (index, item) in items.enumerated() {
            if index > 0 { parts += [.text(","), Common.space] }
            parts.append(item)
        }
        if !items.isEmpty { parts.append(Common.space) }
        return .sequence(parts + [.text(close)])
    }
}
