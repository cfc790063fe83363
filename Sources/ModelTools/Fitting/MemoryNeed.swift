import Compute
public import GGUF
public import Swinfer

/// What a model takes besides its file at a context length, and how fast its files are read.
public struct MemoryNeed: Sendable {
    /// Bytes of keys and values of a full context.
    public let cacheBytes: Int
    /// Bytes between ops.
    public let scratchBytes: Int
    /// Bytes of the file before its tensors, and between them.
    public let headerBytes: Int

    /// - Parameter model: loaded with the context length that is meant
    public init(_ model: Model) async throws(SwinferError) {
        cacheBytes = model.information.cacheBytesPerToken * model.information.contextLength
        scratchBytes = try await model.evaluate { $0.scratchBytes }
        let file = model.file
        headerBytes = file.fileByteCount - file.tensors.reduce(0) { $0 + $1.byteCount }
    }

    public var byteCount: Int { cacheBytes + scratchBytes + headerBytes }

    /// Weight bytes that a token reads: all of the dense ones, of experts those that are used, of the
    /// token embedding a row (unless it is the output too).
    public static func bytesPerToken(_ file: GGUFFile, types: [String: TensorType]) -> Int {
        let facts = ModelFacts(file)
        let used = file.metadata["\(facts.architecture).expert_used_count"]?.integer ?? 0
        return file.tensors.reduce(0) { sum, tensor in
            let type = types[tensor.name] ?? tensor.type
            let bytes = type.byteCount(dimensions: tensor.dimensions) ?? tensor.byteCount
            if TensorRole(tensor.name) == .tokenEmbedding, !facts.isTied {
                return sum + bytes / tensor.rowCount
            }
            if tensor.name.contains("_exps."), facts.experts > 0 { return sum + bytes / facts.experts * used }
            return sum + bytes
        }
    }
}
