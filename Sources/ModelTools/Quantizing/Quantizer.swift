public import GGUF

/// Makes a smaller file of a model: decides every tensor's type, then writes tensor by tensor.
///
/// Memory stays bounded: some megabytes of rows at a time.
public struct Quantizer: Sendable {
    /// What becomes of one tensor.
    public struct Choice: Sendable {
        public let tensor: TensorInfo
        public let type: TensorType
        /// The type that was wanted, when the row's length does not allow it.
        public let wanted: TensorType?

        /// Bytes that it will have.
        public var byteCount: Int { type.byteCount(dimensions: tensor.dimensions) ?? 0 }
    }

    public let file: GGUFFile
    public let options: QuantizeOptions
    /// In the file's order.
    public let choices: [Choice]
    /// Tensors whose types want an importance matrix that was not given: without it, they are much
    /// worse than they could be.
    public let needingImportance: [String]

    /// - Throws: ``ToolError`` when a pattern is no regular expression, a tensor cannot be read or made,
    ///   or one that is quantized already would be quantized again.
    public init(_ file: GGUFFile, options: QuantizeOptions) throws(ToolError) {
        self.file = file
        self.options = options
        choices = try Self.choose(file, options)
        var needing: [String] = []
        for choice in choices where choice.type != choice.tensor.type {
            try Self.check(choice, file, options)
            if try Self.needsImportance(choice, options) { needing.append(choice.tensor.name) }
        }
        needingImportance = needing
    }

    /// Bytes of all tensors before and after.
    public var byteCounts: (before: Int, after: Int) {
        (choices.reduce(0) { $0 + $1.tensor.byteCount }, choices.reduce(0) { $0 + $1.byteCount })
    }

    private static func choose(_ file: GGUFFile, _ options: QuantizeOptions) throws(ToolError) -> [Choice] {
        let patterns = try options.overrides.map { override throws(ToolError) in
            do { return (try Regex(override.pattern), override.type) } catch {
                throw ToolError("pattern '\(override.pattern)' is no regular expression: \(error)")
            }
        }
        let tensors = TypeMix.ordered(file.tensors)
        var mix = TypeMix(
            options.scheme, ModelFacts(file), hasImportance: options.importance != nil, tensors: tensors)
        var types: [String: TensorType] = [:]
        for tensor in tensors where tensor.mayChange(keepsOutput: options.leaveOutputTensor) {
            func override() -> TensorType? {
                patterns.first { tensor.name.firstMatch(of: $0.0) != nil }?.1
            }
            let role = TensorRole(tensor.name)
            if let given = options.types {
                types[tensor.name] = given[tensor.name] ?? tensor.type
            } else if let type = options.embeddingType, role == .tokenEmbedding,
                !tensor.name.hasPrefix("per_layer") || override() == nil
            {
                types[tensor.name] = type
            } else if let type = options.outputType, role == .output {
                types[tensor.name] = type
            } else if !options.scheme.base.isQuantized {
                types[tensor.name] = options.scheme.base
            } else if let type = override() {
                types[tensor.name] = type
            } else if options.pure {
                types[tensor.name] = options.scheme.base
            } else if role == .tokenEmbedding, file.tensor(named: "output.weight") == nil,
                let type = options.outputType
            {
                types[tensor.name] = type
            } else {
                types[tensor.name] = mix.type(of: tensor)
            }
        }
        return file.tensors.map { tensor in
            guard let wanted = types[tensor.name] else {
                return Choice(tensor: tensor, type: tensor.type, wanted: nil)
            }
            let type = TypeMix.fitting(wanted, columns: tensor.rowElements)
            return Choice(tensor: tensor, type: type, wanted: type == wanted ? nil : wanted)
        }
    }

    private static func check(_ choice: Choice, _ file: GGUFFile, _ options: QuantizeOptions)
        throws(ToolError)
    {
        let path = file.shardPaths[choice.tensor.shard]
        let name = choice.tensor.name
        let source = choice.tensor.type
        guard TensorCoding.canEncode(choice.type) else {
            throw ToolError("type \(choice.type) cannot be written; choose one of 'swinfer quantize --help'")
        }
        guard TensorCoding.canDecode(source) else {
            throw ToolError("\(path): tensor '\(name)' is of type \(source), which cannot be read as weights")
        }
        guard !source.isQuantized || options.allowRequantize else {
            throw ToolError(
                "\(path): tensor '\(name)' is quantized already (\(source)); quantize the original, or give --allow-requantize and lose more"
            )
        }
    }

    /// Whether a type is much worse without importances, and there are none.
    private static func needsImportance(
        _ choice: Choice, _ options: QuantizeOptions
    ) throws(ToolError) -> Bool {
        let role = TensorRole(choice.tensor.name)
        if role == .output || role == .tokenEmbedding { return false }
        if let importance = options.importance, try importance.entry(of: choice.tensor) != nil {
            return false
        }
        switch choice.type {
        case .iq3_xxs, .iq2_xxs, .iq2_xs, .iq2_s, .iq1_m, .iq1_s: return true
        case .q2_K: return options.scheme.name == "Q2_K_S"
        default: return false
        }
    }
}
