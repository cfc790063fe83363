/// One message of a conversation.
public struct ChatMessage: Sendable, Equatable {
    /// Who speaks.
    public enum Role: String, Sendable, Equatable, CaseIterable {
        /// Who it is, by the role's usual name; `developer` outranks `system` in the formats that know it.
        case system, developer, user, assistant
        /// The result of a call.
        case tool
    }

    /// Who speaks.
    public var role: Role
    /// What is said.
    public var content: String
    /// What the assistant thought before it answered.
    public var reasoning: String?
    /// What the assistant asked to be called.
    public var toolCalls: [ToolCall]
    /// Which call this is the result of.
    public var toolCallID: String?
    /// The function that this is the result of.
    public var name: String?

    /// A message; the convenience functions below make the usual ones.
    public init(
        _ role: Role, _ content: String, reasoning: String? = nil, toolCalls: [ToolCall] = [],
        toolCallID: String? = nil, name: String? = nil
    ) {
        self.role = role
        self.content = content
        self.reasoning = reasoning
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.name = name
    }

    /// Instructions for the whole conversation.
    public static func system(_ text: String) -> ChatMessage { ChatMessage(.system, text) }
    /// What the user says.
    public static func user(_ text: String) -> ChatMessage { ChatMessage(.user, text) }
    /// What the model answered.
    public static func assistant(_ text: String) -> ChatMessage { ChatMessage(.assistant, text) }

    /// What a call gave.
    public static func result(of call: ToolCall, _ content: String) -> ChatMessage {
        ChatMessage(.tool, content, toolCallID: call.id, name: call.name)
    }
}
