/// A function that a model asked to be called.
public struct ToolCall: Sendable, Equatable {
    /// Names the call, so that its result can be told from others; some formats carry one, else the
    /// session makes one.
    public var id: String
    /// The function that is asked for.
    public var name: String
    /// A JSON object: the arguments by name.
    public var arguments: String

    /// A call, as a conversation that is given to a session has it.
    public init(id: String = "", name: String, arguments: String = "{}") {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
