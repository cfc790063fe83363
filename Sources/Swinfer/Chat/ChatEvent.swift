/// What a model's turn in a conversation tells while it runs.
public enum ChatEvent: Sendable, Equatable {
    /// More of its thinking.
    case reasoning(String)
    /// More of its answer.
    case text(String)
    /// A call, as soon as it is complete. Append its result with `ChatMessage.result(of:_:)`, then let
    /// the model go on.
    case toolCall(ToolCall)
    /// The end; nothing follows. The session's messages hold the answer.
    case finished(FinishReason, GenerationStatistics)
}
