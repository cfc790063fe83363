public import GGUF

/// How a model is quantized.
public struct QuantizeOptions: Sendable {
    /// A type for the tensors whose name a pattern (a regular expression) is found in.
    public struct Override: Sendable {
        public let pattern: String
        public let type: TensorType

        public init(pattern: String, type: TensorType) {
            self.pattern = pattern
            self.type = type
        }
    }

    public var scheme: QuantizationScheme
    /// Compute threads; nil: one per physical core.
    public var threads: Int?
    /// Take tensors that are quantized already, which loses more than quantizing the original.
    public var allowRequantize = false
    /// Leave `output.weight` as it is.
    public var leaveOutputTensor = false
    /// The scheme's main type for all tensors.
    public var pure = false
    public var outputType: TensorType?
    public var embeddingType: TensorType?
    /// The first that matches counts.
    public var overrides: [Override] = []
    /// How much each column of each tensor matters.
    public var importance: ImportanceMatrix?
    /// Write as many files as the model has now.
    public var keepSplit = false
    /// Types by tensor name, instead of the scheme's; for tensors that may be changed.
    public var types: [String: TensorType]?

    public init(scheme: QuantizationScheme) { self.scheme = scheme }
}
