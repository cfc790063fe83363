import Grammar

/// The grammar of a whole answer: thinking and text are free; calls, or the answer itself, are not.
struct AnswerGrammar {
    let format: ChatOutputFormat
    /// The template's words that end the prompt.
    let prompt: String
    var rules = RuleSet()

    init(_ format: ChatOutputFormat, prompt: String) {
        self.format = format
        self.prompt = prompt
    }

    /// Answers whose calls name one of some functions, with arguments that satisfy its schema.
    ///
    /// - Throws: `SwinferError.invalidConstraint` for schemas that cannot be enforced, and for formats of calls
    ///   that cannot be.
    static func program(
        _ format: ChatOutputFormat, prompt: String, tools: [ToolDefinition]
    ) throws(SwinferError) -> GrammarProgram {
        var grammar = AnswerGrammar(format, prompt: prompt)
        let root = try format.isHarmony ? grammar.harmonyCalls(tools) : grammar.markedCalls(tools)
        do { return try GrammarProgram(grammar.rules, root: root) } catch {
            throw .invalidConstraint("tools: \(error)")
        }
    }

    /// Answers that satisfy a constraint, after any thinking.
    ///
    /// - Parameter token: the number of the token that a name in a grammar stands for.
    static func program(
        _ format: ChatOutputFormat, prompt: String, _ constraint: OutputConstraint,
        token: @escaping (String) -> Int32?
    ) throws(SwinferError) -> GrammarProgram {
        var grammar = AnswerGrammar(format, prompt: prompt)
        do {
            let answer = try constraint.add(to: &grammar.rules, token: token)
            let root = format.isHarmony ? grammar.harmonyAnswer(answer) : grammar.markedAnswer(answer)
            return try GrammarProgram(grammar.rules, root: root)
        } catch {
            throw .invalidConstraint("\(constraint.name): \(error)")
        }
    }

    /// What models write between the parts of a call.
    static let space = GrammarExpression.choice([.empty, .text(" "), .text("\n"), .text("\n\n")])

    // MARK: Answers with markers

    private mutating func markedAnswer(_ answer: Int) -> Int {
        guard let reasoning = format.reasoning else { return answer }
        let after = rules.add(.sequence([Self.space, .rule(answer)]), "answer")
        let thinking = rules.reserve("thinking")
        rules.set(thinking, FreeText(marks: [(reasoning.end, after)], mayEnd: false))
        if MarkedOutputParser.opens(prompt, reasoning) { return thinking }
        return rules.add(
            .choice([
                .rule(answer), .sequence([Self.space, .text(reasoning.start), .rule(thinking)]),
            ]), "answer")
    }

    private mutating func markedCalls(_ tools: [ToolDefinition]) throws(SwinferError) -> Int {
        guard let syntax = format.tools else {
            throw .invalidConstraint(
                "the chat template shows no format of calls that is known, so that none can be constrained")
        }
        let answer = rules.reserve("answer")
        let calls = try callMarks(syntax, tools, then: answer)
        var text = FreeText(marks: calls.anywhere, startMarks: calls.atStart)
        var root = answer
        if let reasoning = format.reasoning {
            let thinking = rules.reserve("thinking")
            rules.set(
                thinking,
                FreeText(marks: [(reasoning.end, answer)] + (syntax.endsReasoning ? calls.anywhere : [])))
            if reasoning.isToken {
                text.marks.append((reasoning.start, thinking))
            } else {
                text.startMarks.append((reasoning.start, thinking))
            }
            if MarkedOutputParser.opens(prompt, reasoning) { root = thinking }
        }
        rules.set(answer, text)
        // functionary's prompt ends with the mark.
        for mark in calls.anywhere where syntax == .functionary && prompt.hasSuffix(mark.text) {
            root = mark.rule
        }
        return root
    }

    // MARK: Schemas

    /// The rule of a function's arguments.
    mutating func arguments(
        of tool: ToolDefinition, as dialect: ValueDialect = .json
    ) throws(SwinferError) -> GrammarExpression {
        do {
            return .rule(try rules.add(JSONSchema(parsing: tool.parameters).ofArguments(), as: dialect))
        } catch { throw Self.refusal(of: tool, error) }
    }

    /// The rules of its arguments one by one.
    ///
    /// - Parameter closer: what ends each of them.
    mutating func members(
        of tool: ToolDefinition, until closer: String
    ) throws(SwinferError) -> [(member: MemberRule, isText: Bool)] {
        let schemas = ToolSchemas([tool])
        func isText(_ name: String) -> Bool { schemas.isText(function: tool.name, parameter: name) }
        do {
            let members = try rules.add(
                membersOf: JSONSchema(parsing: tool.parameters).ofArguments(), until: closer, isText: isText)
            return members.map { ($0, isText($0.name)) }
        } catch { throw Self.refusal(of: tool, error) }
    }

    private static func refusal(of tool: ToolDefinition, _ error: GrammarError) -> SwinferError {
        .invalidConstraint("parameters of \(tool.name): \(error)")
    }
}
