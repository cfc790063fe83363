public import ArgumentParser
import GGUF
public import ModelTools

/// Which types tensors get; shared by plain quantizing and by fitting.
struct QuantizeArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Importance matrix, GGUF or llama.cpp's older format.", valueName: "file"))
    var imatrix: String?

    @Option(
        help: ArgumentHelp(
            "Type of the tensors whose name the pattern is found in; may be given again, the first that matches counts.",
            valueName: "pattern=type"))
    var tensorType: [TypeOverride] = []

    @Option(help: ArgumentHelp("Type of output.weight.", valueName: "type")) var outputTensorType: WeightType?
    @Option(help: ArgumentHelp("Type of the token embedding.", valueName: "type"))
    var tokenEmbeddingType: WeightType?

    @Flag(help: "Leave output.weight as it is.") var leaveOutputTensor = false
    @Flag(help: "One type for all tensors, no mix.") var pure = false
    @Flag(help: "Take tensors that are quantized already; loses more than quantizing the original.")
    var allowRequantize = false
    @Flag(help: "Write as many files as the model has.") var keepSplit = false
    @Flag(help: "Print what would be written, write nothing.") var dryRun = false

    func options(_ scheme: QuantizationScheme, threads: Int?) throws -> QuantizeOptions {
        var options = QuantizeOptions(scheme: scheme)
        options.threads = threads
        options.importance = try imatrix.map { try ImportanceMatrix(path: $0) }
        options.overrides = tensorType.map { .init(pattern: $0.pattern, type: $0.type) }
        options.outputType = outputTensorType?.type
        options.embeddingType = tokenEmbeddingType?.type
        options.leaveOutputTensor = leaveOutputTensor
        options.pure = pure
        options.allowRequantize = allowRequantize
        options.keepSplit = keepSplit
        return options
    }
}

/// A tensor type by name.
struct WeightType: ExpressibleByArgument, Sendable {
    let type: TensorType
    init?(argument: String) {
        guard let type = TensorType(name: argument) else { return nil }
        self.type = type
    }
}

/// `PATTERN=TYPE`
struct TypeOverride: ExpressibleByArgument, Sendable {
    let pattern: String
    let type: TensorType
    init?(argument: String) {
        guard let place = argument.lastIndex(of: "="), place > argument.startIndex,
            let type = TensorType(name: String(argument[argument.index(after: place)...]))
        else { return nil }
        pattern = String(argument[..<place])
        self.type = type
    }
}

extension QuantizationScheme: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }
    public static var allValueStrings: [String] { all.map(\.name) }
}
