import ArgumentParser
import Experts
import GGUF
import Swinfer

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what a GGUF file holds: metadata, tensors, sizes, expert shapes.",
        discussion: """
            Reads the header only, so it takes no time for a model of any size.

            Examples:
              swinfer inspect model.gguf
              swinfer inspect -m model-00001-of-00003.gguf --json --tensors
            """)

    @Argument(help: "GGUF file (any shard of a split one).")
    var modelPath: String?

    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp("GGUF file, the same as the argument.", valueName: "file"))
    var modelOption: String?

    @Flag(help: "Print JSON: full scalar metadata, the first elements of arrays.")
    var json = false

    @Flag(help: "Also plan the model's memory on this machine, measuring memory and disk first.")
    var plan = false

    @Option(
        help: ArgumentHelp(
            "With --plan: memory the model may take: auto, all, or a size such as 1.4G.",
            valueName: "auto|all|size"))
    var expertMemory = ExpertMemory.auto

    @Option(
        name: [.customShort("c"), .customLong("ctx-size")],
        help: ArgumentHelp("With --plan: tokens the context holds.", valueName: "n"))
    var contextSize: Int?

    @Flag(help: "List every tensor.")
    var tensors = false

    func validate() throws {
        if modelPath == nil, modelOption == nil { throw ValidationError("name a GGUF file") }
        if modelPath != nil, modelOption != nil {
            throw ValidationError("give the model once: as argument or with -m")
        }
    }

    func run() throws {
        let path = modelOption ?? modelPath ?? ""
        var report = InspectReport(try GGUFFile(path: path), listsTensors: tensors)
        if plan {
            var options = ModelOptions()
            options.expertMemory = expertMemory
            options.contextLength = contextSize
            report.plan = try Model.plan(path: path, options: options)
        }
        report.sessions = try? SessionSizes(report.file)
        try Terminal.write(json ? report.json : report.text)
    }
}
