import GGUF

/// How much each column of each weight matters: the mean square of its input over a text.
///
/// Weights are quantized so that columns with large inputs lose less. Files are those of llama.cpp:
/// GGUF with sums and counts, or the older ones (`imatrix.dat`) with means.
public struct ImportanceMatrix: Sendable, Equatable {
    /// The columns of one tensor.
    public struct Entry: Sendable, Equatable {
        /// [matrices][columns] mean squares; 1 where nothing was seen.
        public let values: [Float]
        /// Inputs that each matrix saw; empty in older files.
        public let counts: [Int]
    }

    /// By tensor name.
    public internal(set) var entries: [String: Entry] = [:]
    /// The texts that it was made of.
    public internal(set) var datasets: [String] = []
    /// Windows of text that went in.
    public internal(set) var chunkCount = 0
    /// The file that it was read from.
    public internal(set) var path = ""

    init() {}

    /// The entry of a tensor.
    ///
    /// - Returns: nil when there is none.
    /// - Throws: ``ToolError`` when it is of another shape. Token embeddings of another shape have
    ///   none: they are looked up, not multiplied with.
    func entry(of tensor: TensorInfo) throws(ToolError) -> Entry? {
        guard let entry = entries[tensor.name] else { return nil }
        let matrices = tensor.dimensions.dropFirst(2).reduce(1, *)
        if entry.values.count == tensor.rowElements * matrices { return entry }
        if TensorRole(tensor.name) == .tokenEmbedding { return nil }
        throw ToolError(
            "\(path): tensor '\(tensor.name)' has \(entry.values.count) importances, the model's has \(tensor.rowElements * matrices) columns; the matrix is of another model"
        )
    }
}
