import ArgumentParser

/// Texts that end an answer.
struct StopArguments: ParsableArguments {
    @Option(
        name: .customLong("stop"),
        help: ArgumentHelp("End before this text; may be given several times.", valueName: "text"))
    var stop: [String] = []

    func validate() throws {
        if stop.contains("") { throw ValidationError("--stop needs a text") }
    }
}
