import ArgumentParser
import ModelTools

struct SplitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Cuts a GGUF file into several, as llama.cpp's gguf-split does.",
        discussion: """
            OUT is a prefix: OUT-00001-of-00003.gguf and so on.

            Examples:
              swinfer split --split-max-size 4G model.gguf model
              swinfer split --split-max-tensors 128 --no-tensor-first-split model.gguf model
            """)

    @Argument(help: ArgumentHelp("GGUF file.", valueName: "in")) var input: String
    @Argument(help: ArgumentHelp("Prefix of the files to write.", valueName: "out")) var output: String

    @Option(help: ArgumentHelp("Tensors of each file (default: 128).", valueName: "n"))
    var splitMaxTensors: Int?

    @Option(
        help: ArgumentHelp(
            "Bytes of each file's tensors, such as 512M or 4G (powers of 1000).", valueName: "size"))
    var splitMaxSize: ByteCount?

    @Flag(help: "Only metadata in the first file.") var noTensorFirstSplit = false
    @Flag(help: "Print what would be written, write nothing.") var dryRun = false

    func validate() throws {
        if splitMaxTensors != nil, splitMaxSize != nil {
            throw ValidationError("give --split-max-tensors or --split-max-size, not both")
        }
        if let splitMaxTensors, splitMaxTensors < 1 {
            throw ValidationError("--split-max-tensors \(splitMaxTensors) must be at least 1")
        }
    }

    func run() throws {
        let splitter = try Splitter(path: input)
        let limit: Splitter.Limit =
            splitMaxSize.map { .bytes($0.bytes) } ?? .tensors(splitMaxTensors ?? 128)
        let counts = splitter.plan(limit, emptyFirst: noTensorFirstSplit)
        Terminal.note("\(counts.count) files of \(counts.map(String.init).joined(separator: ", ")) tensors")
        if dryRun { return }
        for path in try splitter.split(to: output, counts: counts) { Terminal.note("wrote \(path)") }
    }
}

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Joins the files of a split GGUF model.",
        discussion: """
            IN is any of the files; the others are found beside it.

            Example:
              swinfer merge model-00001-of-00003.gguf model.gguf
            """)

    @Argument(help: ArgumentHelp("One of the files.", valueName: "in")) var input: String
    @Argument(help: ArgumentHelp("File to write.", valueName: "out")) var output: String

    func run() throws {
        try Splitter(path: input).merge(to: output)
        Terminal.note("wrote \(output)")
    }
}
