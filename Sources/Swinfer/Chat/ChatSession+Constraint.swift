import Grammar
import Tokenizer

extension ChatSession {
    /// What an answer is held to; nil: nothing.
    ///
    /// - Parameter prompt: the template's words that end the prompt.
    /// - Throws: `SwinferError.invalidConstraint`.
    func constraint(
        _ options: GenerationOptions, prompt: String
    ) throws(SwinferError) -> GrammarConstraint? {
        if let constraint = options.constraint {
            return try model.constraint(constraint, ofAnswersIn: renderer.format, prompt: prompt)
        }
        guard renderer.constrainsTools, !tools.isEmpty else { return nil }
        return try model.constraint(ofCallsIn: renderer.format, prompt: prompt, tools: tools)
    }
}

extension Model {
    /// Holds an answer to a constraint, after any thinking.
    package func constraint(
        _ constraint: OutputConstraint, ofAnswersIn format: ChatOutputFormat, prompt: String
    ) throws(SwinferError) -> GrammarConstraint {
        try held(
            to: AnswerGrammar.program(format, prompt: prompt, constraint, token: token(named:)), format)
    }

    /// Holds the calls of an answer to some functions.
    package func constraint(
        ofCallsIn format: ChatOutputFormat, prompt: String, tools: [ToolDefinition]
    ) throws(SwinferError) -> GrammarConstraint {
        try held(to: AnswerGrammar.program(format, prompt: prompt, tools: tools), format)
    }

    private func held(
        to program: GrammarProgram, _ format: ChatOutputFormat
    ) throws(SwinferError) -> GrammarConstraint {
        let markers = Set(format.markers.compactMap(tokenizer.vocabulary.token(withText:)))
        return GrammarConstraint(try matcher(program, rendered: markers))
    }
}
