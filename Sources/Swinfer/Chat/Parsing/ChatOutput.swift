/// A piece of what a model answered.
public enum ChatOutput: Sendable, Equatable {
    /// Text of a thinking block, without its markers.
    case reasoning(String)
    /// Text for the user.
    case text(String)
    /// A call, told as soon as it is complete.
    case toolCall(ToolCall)
}

extension [ChatOutput] {
    /// The same with neighbouring pieces of text joined: what was told, whatever the pieces it came in.
    package var joined: [ChatOutput] {
        var result: [ChatOutput] = []
        for output in self {
            switch (result.last, output) {
            case (.reasoning(let first)?, .reasoning(let second)):
                result[result.count - 1] = .reasoning(first + second)
            case (.text(let first)?, .text(let second)): result[result.count - 1] = .text(first + second)
            default: result.append(output)
            }
        }
        return result
    }
}
