import ArgumentParser

/// What a fitted model must fit.
struct FitArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Memory for the model, such as 12G; 'this': what is free here; or a machine of 'fit --list-machines'.",
            valueName: "size")
    )
    var fit: FitGoal?

    @Option(
        name: [.customShort("c"), .customLong("ctx-size")],
        help: ArgumentHelp(
            "Tokens of context that must fit too, with scratch memory (default: weights only).",
            valueName: "n"))
    var contextSize = 0

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("Text to measure sensitivities on.", valueName: "file"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "What -f measures: read from here when the file is there, else written to it, for fitting other sizes.",
            valueName: "file"))
    var sensitivities: String?
}

/// A number of bytes, this machine, or one of the planner's.
enum FitGoal: ExpressibleByArgument, Sendable {
    case bytes(Int)
    case thisMachine
    case machine(String)

    init?(argument: String) {
        if argument.lowercased() == "this" {
            self = .thisMachine
        } else if let size = ByteCount(argument: argument) {
            self = .bytes(size.bytes)
        } else if argument.first?.isLetter == true {
            self = .machine(argument)
        } else {
            return nil
        }
    }
}
