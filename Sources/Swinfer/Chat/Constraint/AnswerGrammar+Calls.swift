import Grammar

extension AnswerGrammar {
    /// What begins calls, and the rules that go on behind it.
    struct CallMarks {
        var anywhere: [FreeText.Mark] = []
        /// Where an answer begins.
        var atStart: [FreeText.Mark] = []
    }

    private typealias Expression = GrammarExpression

    /// The marks of a format's calls.
    ///
    /// - Parameter answer: the rule of what follows the calls.
    mutating func callMarks(
        _ syntax: ToolSyntax, _ tools: [ToolDefinition], then answer: Int
    ) throws(SwinferError) -> CallMarks {
        var marks = CallMarks()
        let rest = Expression.rule(answer)
        func mark(_ start: String, _ parts: [Expression]) {
            marks.anywhere.append((start, rules.add(.sequence(parts), "call")))
        }
        switch syntax {
        case .tagged(let tags):
            let call = try taggedCall(tags, tools)
            let end = Expression.sequence([Self.space, .text(tags.end)])
            mark(tags.start, [Self.space, call, tags.needsEnd ? end : .optional(end), rest])
        case .bareObject:
            let object = try objectAfterBrace(tools, name: "name", arguments: "parameters")
            let more = rules.reserve("more calls")
            let next = Expression.sequence([Self.space, .text("{"), object, .rule(more)])
            rules.set(more, .choice([.empty, next, .sequence([Self.space, .text(";"), next])]))
            mark("<|python_tag|>", [next])
            marks.atStart.append(("{", rules.add(.sequence([object, .rule(more)]), "call")))
        case .mistral:
            let object = try object(
                tools, name: "name", arguments: "arguments",
                end: .optional(
                    .sequence([
                        .text(","), Self.space, .text("\"id\":"), Self.space, .text("\""), Self.identifier(9),
                        .text("\""),
                    ])))
            let id = Expression.sequence([.text("[CALL_ID]"), Self.identifier(9)])
            let named = try named(tools) { [.text($0), .optional(id), .text("[ARGS]"), Self.space, $1] }
            mark("[TOOL_CALLS]", [Self.space, .choice([Self.array(object), named]), rest])
        case .kimi:
            let index = Expression.sequence([.text(":"), Self.digits])
            let call = try named(tools) { name, arguments in
                [
                    .text("functions.\(name)"), index, .text("<|tool_call_argument_begin|>"), Self.space,
                    arguments, Self.space, .text("<|tool_call_end|>"),
                ]
            }
            section(
                "<|tool_calls_section_begin|>", "<|tool_call_begin|>", call, "<|tool_calls_section_end|>",
                rest, &marks)
        case .deepSeek:
            let call = try named(tools) { name, arguments in
                [
                    .choice([
                        .sequence([.text("\(name)<｜tool▁sep｜>"), arguments]),
                        .sequence([
                            .text("function<｜tool▁sep｜>\(name)\n```json\n"), arguments, .text("\n```"),
                        ]),
                    ]), .text("<｜tool▁call▁end｜>"),
                ]
            }
            section(
                "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", call, "<｜tool▁calls▁end｜>", rest, &marks)
        case .solar:
            let call = Expression.sequence([
                Self.identifier(10), .text("<|tool_call:name|>"),
                try named(tools) {
                    [.text($0), .text("<|tool_call:args|>"), $1, .text("<|tool_call:end|>")]
                },
            ])
            mark("<|tool_call:begin|>", [call, rest])
        case .functionary:
            let call = try named(tools) { [.text($0), .text("\n"), $1] }
            marks.anywhere.append(
                (
                    ">>>",
                    rules.add(
                        .choice([.sequence([call, rest]), .sequence([.text("all\n"), rest])]), "call")
                ))
        case .functionObjects:
            let call = try named(tools) { [.text($0), .text(">"), $1, .text("</function>")] }
            mark("<function=", [call, rest])
            if let python = tools.first(where: { $0.name == "python" }) {
                mark("<|python_tag|>", [try arguments(of: python), rest])
            }
        case .commandR:
            let object = try object(tools, name: "tool_name", arguments: "parameters")
            // "Action:" alone may be the answer's words.
            for space in ["", " ", "\n"] {
                mark(
                    "Action:\(space)```json",
                    [Self.space, Self.array(object), Self.space, .text("```"), rest])
            }
        case .functionTags, .argumentTags, .invoke: try tagMarks(syntax, tools, rest, &marks)
        case .gemma(let tags):
            var calls: [Expression] = []
            for tool in tools {
                let arguments = try arguments(of: tool, as: .bare(quote: tags.quote))
                calls.append(.sequence([.text(tool.name), arguments]))
            }
            mark(tags.start, [.text("call:"), .choice(calls), .text(tags.end), rest])
        case .pythonic, .nested:
            throw .invalidConstraint(
                "calls in this model's format (Python, or nested tags) cannot be constrained to schemas; leave the option out"
            )
        }
        return marks
    }

    // MARK: JSON

    private mutating func taggedCall(
        _ tags: TaggedCalls, _ tools: [ToolDefinition]
    ) throws(SwinferError) -> Expression {
        switch tags.form {
        case .object: return try object(tools, name: "name", arguments: "arguments")
        case .array: return Self.array(try object(tools, name: "name", arguments: "arguments"))
        case .arrayWithNumbers:
            let number = Expression.sequence([
                .text("\"tool_call_id\":"), Self.inner, .text("\""), Self.digits, .text("\","), Self.inner,
            ])
            return Self.array(
                .sequence([
                    .text("{"), Self.inner, .optional(number),
                    try objectAfterBrace(tools, name: "tool_name", arguments: "parameters"),
                ]))
        case .arrayByName:
            return Self.array(
                try named(tools) { name, arguments in
                    [
                        .text("{"), Self.space, .jsonString(name), .text(":"), Self.space, arguments,
                        Self.space, .text("}"),
                    ]
                })
        }
    }

    /// `{"name": "f", "arguments": {...}}`.
    private mutating func object(
        _ tools: [ToolDefinition], name: String, arguments: String, end: Expression = .empty
    ) throws(SwinferError) -> Expression {
        .sequence([
            .text("{"), try objectAfterBrace(tools, name: name, arguments: arguments, end: end),
        ])
    }

    private mutating func objectAfterBrace(
        _ tools: [ToolDefinition], name nameKey: String, arguments argumentsKey: String,
        end: Expression = .empty
    ) throws(SwinferError) -> Expression {
        .sequence([
            Self.inner, .text("\"\(nameKey)\":"), Self.inner,
            try named(tools) { name, arguments in
                [
                    .jsonString(name), Self.inner, .text(","), Self.inner, .text("\"\(argumentsKey)\":"),
                    Self.inner, arguments, end, Self.inner, .text("}"),
                ]
            },
        ])
    }

    /// One of the functions, with its arguments as a JSON object.
    mutating func named(
        _ tools: [ToolDefinition], _ parts: (String, GrammarExpression) -> [GrammarExpression]
    ) throws(SwinferError) -> GrammarExpression {
        var calls: [Expression] = []
        for tool in tools { calls.append(.sequence(parts(tool.name, try arguments(of: tool)))) }
        return .choice(calls)
    }

    private static func array(_ item: Expression) -> Expression {
        .sequence([
            .text("["), inner, item,
            .repeated(.sequence([inner, .text(","), inner, item]), least: 0, most: nil), inner, .text("]"),
        ])
    }

    /// Space within JSON.
    private static let inner = Expression.choice([
        .empty, .text(" "), .sequence([.text("\n"), .repeated(.text(" "), least: 0, most: 16)]),
    ])

    private static let digits = Expression.repeated(.bytes(0x30...0x39), least: 1, most: 3)

    private static func identifier(_ length: Int) -> Expression {
        .repeated(.choice([.bytes(0x30...0x39), .bytes(0x61...0x7A)]), least: length, most: length)
    }

    // MARK: Sections

    /// Calls one after the other, within a section or without it.
    private mutating func section(
        _ begin: String, _ start: String, _ call: Expression, _ end: String, _ rest: Expression,
        _ marks: inout CallMarks
    ) {
        let body = Expression.rule(rules.add(call, "call"))
        let next = Expression.sequence([Self.space, .text(start), body])
        marks.anywhere.append(
            (
                begin,
                rules.add(
                    .sequence([
                        next, .repeated(next, least: 0, most: nil), Self.space, .text(end), rest,
                    ]), "calls")
            ))
        marks.anywhere.append((start, rules.add(.sequence([body, rest]), "call")))
    }
}
