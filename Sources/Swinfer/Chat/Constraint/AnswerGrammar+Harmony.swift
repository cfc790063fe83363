import Grammar

/// gpt-oss's messages: `<|start|>assistant to=functions.f<|channel|>commentary json<|message|>{...}<|call|>`.
extension AnswerGrammar {
    private static let start = "<|start|>"
    private static let channel = "<|channel|>"
    private static let message = "<|message|>"

    mutating func harmonyCalls(_ tools: [ToolDefinition]) throws(SwinferError) -> Int {
        let header = rules.reserve("header")
        let body = rules.reserve("message")
        let recipient = rules.reserve("recipient")
        rules.set(
            header, FreeText(marks: [(" to=", recipient), (Self.message, body)]))
        rules.set(
            body,
            FreeText(
                marks: [Self.start, Self.channel, "<|end|>", "<|call|>", "<|return|>"].map { ($0, header) }))
        // Behind the arguments stands nothing but the next message.
        let next = GrammarExpression.choice([
            .empty,
            .sequence([
                .choice([.text("<|call|>"), .text("<|end|>"), .empty]),
                .choice([.empty, .sequence([.text(Self.start), .rule(header)])]),
            ]),
        ])
        let kind = GrammarExpression.choice([
            .text(" json"), .text(" <|constrain|>json"), .text("<|constrain|>json"),
        ])
        let rest = GrammarExpression.sequence([
            .optional(.text("\(Self.channel)commentary")), .optional(kind), .text(Self.message),
        ])
        var branches: [GrammarExpression] = []
        for tool in tools {
            let call = rules.add(.sequence([try arguments(of: tool), next]), "call")
            branches.append(.sequence([.text("functions.\(tool.name)"), rest, .rule(call)]))
        }
        rules.set(recipient, .choice(branches))
        return Self.isInHeader(prompt) ? header : body
    }

    mutating func harmonyAnswer(_ answer: Int) -> Int {
        let header = rules.reserve("header")
        let thinking = rules.reserve("thinking")
        let next = rules.add(
            .sequence([.optional(.text("\(Self.start)assistant")), .rule(header)]), "message")
        rules.set(thinking, FreeText(marks: [("<|end|>", next)], mayEnd: false))
        let final = GrammarExpression.sequence([
            .choice([.text("final"), .text("final json"), .text("final <|constrain|>json")]),
            .text(Self.message), .rule(answer), .optional(.text("<|end|>")),
        ])
        rules.set(
            header,
            .sequence([
                .text(Self.channel),
                .choice([final, .sequence([.text("analysis\(Self.message)"), .rule(thinking)])]),
            ]))
        if prompt.hasSuffix("\(Self.channel)final\(Self.message)") { return answer }
        return Self.isInHeader(prompt) ? header : next
    }

    /// Whether a prompt ends in a header that it began.
    private static func isInHeader(_ prompt: String) -> Bool {
        guard let start = prompt.ranges(of: start).last else { return false }
        return !prompt[start.upperBound...].contains(message)
    }
}
