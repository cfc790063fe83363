import ChatTemplate
import Glibc
import Swinfer

/// Prints an answer as it comes: its text and calls to standard output, its thinking to standard error.
struct AnswerPrinter {
    private enum Stream { case none, answer, reasoning }

    private let isDimmed = TextStyle.isShown(on: STDERR_FILENO)
    private let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    private let errorIsTerminal = isatty(STDERR_FILENO) == 1
    private var stream = Stream.none
    /// Whether standard output, and standard error, are at the start of a line.
    private var outputIsAtStart = true
    private var errorIsAtStart = true

    mutating func print(_ event: ChatEvent) throws {
        switch event {
        case .reasoning(let text):
            if stream != .reasoning {
                try endLine()
                stream = .reasoning
                if isDimmed { Self.tell(TextStyle.dim) }
            }
            Self.tell(errorIsTerminal ? text.safeForTerminal : text)
            errorIsAtStart = text.last?.isNewline == true
        case .text(let text):
            try beginAnswer()
            try Terminal.write(outputIsTerminal ? text.safeForTerminal : text)
            outputIsAtStart = text.last?.isNewline == true
        case .toolCall(let call):
            try beginAnswer()
            if !outputIsAtStart { try Terminal.write("\n") }
            try Terminal.write(call.json + "\n")
            outputIsAtStart = true
        case .finished: try endLine()
        }
    }

    /// Ends the line that is being printed.
    mutating func endLine() throws {
        switch stream {
        case .none: break
        case .reasoning:
            if isDimmed { Self.tell(TextStyle.reset) }
            if !errorIsAtStart { Self.tell("\n") }
            errorIsAtStart = true
        case .answer:
            if !outputIsAtStart { try Terminal.write("\n") }
            outputIsAtStart = true
        }
        stream = .none
    }

    private mutating func beginAnswer() throws {
        if stream == .reasoning { try endLine() }
        stream = .answer
    }

    private static func tell(_ text: String) { try? Terminal.write(text, to: STDERR_FILENO) }
}

extension ToolCall {
    /// The call as a JSON object on one line.
    var json: String {
        let arguments = (try? TemplateValue(json: self.arguments)) ?? .string(self.arguments)
        let call: TemplateValue = ["id": .string(id), "name": .string(name), "arguments": arguments]
        let value: TemplateValue = ["tool_call": call]
        return value.json
    }
}
