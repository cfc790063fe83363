/// Tells thinking, answer and tool calls apart in a model's answer, while it is being generated.
///
/// The pieces in which the answer comes do not matter: the result is that of the whole text. What
/// cannot be the beginning of anything else is told at once. What looked like a call and is none comes
/// out as text.
///
///     var parser = ChatOutputParser(ChatOutputFormat(template: source), prompt: "<|im_start|>assistant\n")
///     for piece in pieces { handle(parser.append(piece)) }
///     handle(parser.finish())
public struct ChatOutputParser: Sendable {
    private enum Kind {
        case marked(MarkedOutputParser)
        case harmony(HarmonyOutputParser)
    }

    private var kind: Kind

    /// - Parameters:
    ///   - format: how the model writes thinking and calls.
    ///   - prompt: the end of the prompt that the template wrote for the answer: it may begin the
    ///     thinking block itself.
    ///   - tools: the functions that were offered. Without any, calls are text.
    public init(_ format: ChatOutputFormat, prompt: String = "", tools: [ToolDefinition] = []) {
        kind =
            format.isHarmony
            ? .harmony(HarmonyOutputParser(format, prompt: prompt, parsesCalls: !tools.isEmpty))
            : .marked(MarkedOutputParser(format, prompt: prompt, tools: ToolSchemas(tools)))
    }

    /// What has become certain with more of the answer.
    public mutating func append(_ text: String) -> [ChatOutput] { run(text, isFinal: false) }

    /// What is left at the answer's end.
    public mutating func finish() -> [ChatOutput] { run("", isFinal: true) }

    private mutating func run(_ text: String, isFinal: Bool) -> [ChatOutput] {
        switch kind {
        case .marked(var parser):
            // Moved out and back, so that its buffer is not copied.
            kind = .marked(.empty)
            defer { kind = .marked(parser) }
            return parser.run(text, isFinal: isFinal)
        case .harmony(var parser):
            kind = .harmony(.empty)
            defer { kind = .harmony(parser) }
            return parser.run(text, isFinal: isFinal)
        }
    }
}
