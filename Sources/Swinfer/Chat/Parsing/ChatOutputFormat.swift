/// How a model writes thinking blocks and tool calls, as its chat template shows.
public struct ChatOutputFormat: Sendable, Equatable {
    /// A thinking block's borders.
    struct Reasoning: Sendable, Equatable {
        var start: String
        var end: String
        /// Both are tokens that no text contains, so that a block may begin anywhere.
        var isToken = false
    }

    var reasoning: Reasoning?
    var tools: ToolSyntax?
    /// gpt-oss's messages with channels.
    var isHarmony = false
    /// Whether thinking is told apart from the answer.
    var separatesReasoning = true

    /// An answer that is only text.
    public static let plain = ChatOutputFormat()

    private init() {}

    /// What the text of a template tells about the answers it expects.
    public init(template: String) {
        isHarmony = ["<|start|>", "<|channel|>", "<|message|>"].allSatisfy(template.contains)
        guard !isHarmony else { return }
        reasoning = Self.knownReasoning.first { template.contains($0.end) && template.contains($0.start) }
        // DeepSeek and GLM may write only the end of an empty block.
        reasoning = reasoning ?? Self.knownReasoning.first { template.contains($0.end) }
        tools = ToolSyntax(template: template)
        // An answer of Solar is several messages; the tokens that say of which kind are no text.
        if tools == .solar {
            reasoning = Reasoning(start: "<|think|>", end: "<|end|><|begin|>assistant", isToken: true)
        }
    }

    /// The same, with thinking left in the answer as the model wrote it.
    public func keepingReasoning() -> ChatOutputFormat {
        var format = self
        format.reasoning = nil
        format.separatesReasoning = false
        return format
    }

    /// Whether thinking blocks are known.
    public var hasReasoning: Bool { isHarmony || reasoning != nil }
    /// Whether tool calls are known.
    public var hasTools: Bool { isHarmony || tools != nil }

    private static let knownReasoning = [
        Reasoning(start: "<think>", end: "</think>"),
        Reasoning(start: "[THINK]", end: "[/THINK]", isToken: true),
        Reasoning(start: "<|channel>thought", end: "<channel|>", isToken: true),
        Reasoning(start: "<mm:think>", end: "</mm:think>"),
        Reasoning(start: "<seed:think>", end: "</seed:think>"),
        Reasoning(start: "<|START_THINKING|>", end: "<|END_THINKING|>", isToken: true),
        Reasoning(start: "<|inner_prefix|>", end: "<|inner_suffix|>", isToken: true),
    ]

    /// Control tokens whose text the parser has to see.
    package var markers: [String] {
        var markers = isHarmony ? HarmonyOutputParser.markers : []
        if let reasoning { markers += [reasoning.start, reasoning.end, "<|channel>"] }
        if tools == .solar { markers += ["<|end|>", "<|begin|>"] }
        return markers + (tools?.markers ?? [])
    }
}
