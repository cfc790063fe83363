package import ChatTemplate

/// How a conversation becomes a prompt, and an answer is read.
public struct ChatOptions: Sendable, Equatable {
    /// End the prompt with what begins an answer.
    public var addGenerationPrompt = true
    /// Whether the model shall think before it answers, for templates that let choose
    /// (`enable_thinking`, `thinking`); nil: as the template has it.
    public var enableThinking: Bool? = nil
    /// Tell thinking apart from the answer; else it is part of the answer, as the model wrote it.
    public var separatesReasoning = true
    /// Hold the model's calls to the tools that it was offered: to their names, and to their parameters'
    /// schemas. All other text is free. `docs/constraints.md` says for which formats.
    public var constrainsTools = false
    /// A template in place of the model's: Jinja, or the name of one of `ChatTemplates.builtIn`.
    public var template: String? = nil
    /// More variables for the template: a JSON object, such as `{"reasoning_effort": "high"}`.
    public var templateArguments = "{}"
    /// What the template is told the time is; nil: the local time.
    package var now: TemplateDate? = nil

    /// The defaults.
    public init() {}
}
