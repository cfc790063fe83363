import ArgumentParser
import Swinfer

struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talks with a model.",
        discussion: """
            On a terminal, lines are edited and remembered; /help tells about commands. From a pipe or \
            a file, each line is a message and no prompt is printed. Answers and calls go to standard \
            output, thinking to standard error.

            Examples:
              swinfer chat model.gguf
              swinfer chat model.gguf -sys "Answer in one sentence." -p "What is GGUF?" --single-turn
              printf 'Hello\\n/save talk.json\\n' | swinfer chat -m model.gguf
            """)

    @OptionGroup(title: "Model") var model: ModelArguments

    @Option(name: [.customShort("p"), .long], help: ArgumentHelp("First message.", valueName: "text"))
    var prompt: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("File with the first message.", valueName: "file"), completion: .file())
    var file: String?

    @Flag(
        name: [.customLong("st", withSingleDash: true), .customLong("single-turn")],
        help: "End after the first answer.")
    var isSingle = false

    @OptionGroup(title: "Conversation") var chat: ChatArguments
    @OptionGroup(title: "Generation") var sampling: SamplingArguments
    @OptionGroup(title: "Generation") var stop: StopArguments
    @OptionGroup(title: "Constraints") var constraint: ConstraintArguments
    @OptionGroup(title: "Speculation") var speculation: SpeculationArguments

    func validate() throws {
        if prompt != nil, file != nil { throw ValidationError("give the message once: with -p or with -f") }
    }

    func run() async throws {
        let first = try file.map { try readText($0, "the message") } ?? prompt
        var options = sampling.options
        options.stop = stop.stop
        options.constraint = try constraint.read()
        speculation.apply(to: &options)
        let model = try await model.load(draft: speculation.draft)
        defer { model.saveExpertCounts() }
        let session = try chat.session(model)
        var loop = try ChatLoop(session, options)
        do {
            try await loop.run(first: first, isSingle: isSingle)
        } catch let exit as TerminalExit {
            throw ExitCode(exit.code)
        }
    }
}
