import Glibc
import Swinfer

/// A conversation at the terminal, or by lines of a pipe.
struct ChatLoop: ~Copyable {
    let session: ChatSession
    let options: GenerationOptions
    private let signals = ChatSignals()
    private var input: ChatInput
    private var statistics = ChatStatistics()
    /// Text of files that goes before the next message.
    private var attachment = ""

    init(_ session: ChatSession, _ options: GenerationOptions) throws {
        self.session = session
        self.options = options
        input = try ChatInput()
    }

    /// - Parameters:
    ///   - first: the first message.
    ///   - isSingle: end after the first answer.
    mutating func run(first: String?, isSingle: Bool) async throws {
        defer { TerminalMode.restore() }
        if input.isInteractive, !(isSingle && first != nil) {
            TerminalMode.answer()
            Terminal.note("\(session.model.information.name ?? "model"): /help tells what there is")
        }
        if let first {
            try await answer(session.respond(to: first, options: options))
            if isSingle { return }
        }
        while true {
            switch try input.next() {
            case .end: return
            case .interrupt: throw TerminalExit(code: 130)
            case .message(let text):
                let goesOn = try await handle(ChatDirective(text))
                if !goesOn || isSingle && session.messages.last?.role == .assistant { return }
            }
        }
    }

    /// Returns whether to go on.
    private mutating func handle(_ directive: ChatDirective) async throws -> Bool {
        do {
            switch directive {
            case .exit: return false
            case .message(let text):
                let message = attachment + text
                try await answer(session.respond(to: message, options: options))
                attachment = ""
            case .regenerate:
                guard session.messages.contains(where: { $0.role == .user }) else {
                    throw CommandError("there is no message to answer anew")
                }
                try await answer(session.regenerate(options: options))
            case .result(let text): try await giveResult(text)
            default: try handleQuietly(directive)
            }
        } catch let error as SwinferError {
            try tell(error)
        } catch let error as CommandError {
            try tell(error)
        }
        return true
    }

    /// What needs no answer of the model.
    private mutating func handleQuietly(_ directive: ChatDirective) throws {
        switch directive {
        case .help: Terminal.note(ChatDirective.helpText)
        case .unknown(let reason): throw CommandError(reason)
        case .statistics: Terminal.note(statistics.text)
        case .clear:
            try session.replaceMessages(session.messages.filter { $0.role == .system }.prefix(1).map(\.self))
            attachment = ""
        case .system(nil):
            Terminal.note(session.messages.first { $0.role == .system }?.content ?? "no system message")
        case .system(let text?):
            let rest = session.messages.drop { $0.role == .system }
            try session.replaceMessages([.system(text)] + rest)
        case .file(let path):
            let text = try readText(path, "the file")
            attachment += text.hasSuffix("\n") ? text + "\n" : text + "\n\n"
            Terminal.note("\(path): \(formatBytes(text.utf8.count)) go before the next message")
        case .save(let path):
            try writeAtomically(ChatMessage.json(session.messages), to: path, mode: 0o644)
            Terminal.note("\(session.messages.count) messages saved to \(path)")
        case .load(let path):
            let json = try readText(path, "the conversation")
            do { try session.replaceMessages(ChatMessage.list(json: json)) } catch {
                throw CommandError("\(path): \(error)")
            }
            Terminal.note("\(session.messages.count) messages loaded from \(path)")
        case .exit, .message, .regenerate, .result: break
        }
    }

    /// Gives the first call without a result one; when all have one, the model goes on.
    private mutating func giveResult(_ text: String) async throws {
        let messages = session.messages
        guard let asked = messages.lastIndex(where: { !$0.toolCalls.isEmpty }) else {
            throw CommandError("the model has not called anything")
        }
        let given = messages[(asked + 1)...].filter { $0.role == .tool }.count
        let calls = messages[asked].toolCalls
        guard given < calls.count, messages[(asked + 1)...].allSatisfy({ $0.role == .tool }) else {
            throw CommandError("all calls have a result")
        }
        try session.append(.result(of: calls[given], text))
        if given + 1 == calls.count { try await answer(session.respond(options: options)) }
    }

    /// Prints an answer. Ctrl-C ends it; in a script, it ends the script too.
    private mutating func answer(
        _ stream: AsyncThrowingStream<ChatEvent, any Error>
    ) async throws {
        signals.begin(session)
        var printer = AnswerPrinter()
        var last: (FinishReason, GenerationStatistics)?
        do {
            for try await event in stream {
                try printer.print(event)
                if case .finished(let reason, let statistics) = event { last = (reason, statistics) }
            }
        } catch {
            _ = signals.end()
            try printer.endLine()
            throw error
        }
        let isStopped = signals.end()
        if let (reason, taken) = last {
            statistics.add(taken)
            if reason == .contextFull {
                Terminal.note(
                    "the context of \(session.model.information.contextLength) tokens is full; /clear it, or use a larger one: -c"
                )
            }
        }
        if isStopped, !input.isInteractive { throw TerminalExit(code: 130) }
    }

    /// A mistake at the terminal can be made good; in a script it ends the run.
    private func tell(_ error: any Error) throws {
        guard input.isInteractive else { throw error }
        Terminal.note("\(error)")
    }
}

/// Ends the process with a status that is no failure to tell about.
struct TerminalExit: Error {
    let code: Int32
}

/// What all answers took.
private struct ChatStatistics {
    private var last: GenerationStatistics?
    private var answers = 0
    private var promptTokens = 0
    private var generatedTokens = 0

    mutating func add(_ statistics: GenerationStatistics) {
        last = statistics
        answers += 1
        promptTokens += statistics.promptTokens
        generatedTokens += statistics.generatedTokens
    }

    var text: String {
        guard let last else { return "no answer yet" }
        return
            "last answer: prompt \(last.promptTokens) tokens, \(formatRate(last.promptTokensPerSecond)) tok/s | generated \(last.generatedTokens) tokens, \(formatRate(last.generatedTokensPerSecond)) tok/s\nall \(answers): prompt \(promptTokens) tokens | generated \(generatedTokens) tokens"
    }
}
