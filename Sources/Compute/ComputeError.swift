public import GGUF

/// What can go wrong between a tensor table and a running program.
public enum ComputeError: Error, Sendable, CustomStringConvertible {
    case outOfMemory(bytes: Int, reason: String)
    /// A tensor that the architecture needs is not in the file.
    case missingTensor(name: String, expected: String, file: String)
    /// A tensor is there with another shape than the metadata calls for.
    case wrongShape(name: String, found: [Int], expected: [Int], file: String)
    /// A tensor of a type that its use cannot take.
    case wrongType(name: String, found: TensorType, expected: String, file: String)
    /// Metadata that contradicts itself or leaves what is supported.
    case invalidConfiguration(String)
    /// A batch that does not fit what the executor was made for.
    case invalidBatch(String)
    /// Weights that were to be read from a file while the model runs.
    case unreadable(file: String, reason: String)
    /// Weights that are to be read from a file and are not in it.
    case outsideFile(file: String, bytes: Int)
    case contextFull(position: Int, contextLength: Int)
    /// The sequences' memory is at its limit.
    case cacheFull(used: Int, wanted: Int, limit: Int)

    public var description: String {
        switch self {
        case .outOfMemory(let bytes, let reason):
            "cannot reserve \(bytes) bytes of memory: \(reason); try a smaller context (-c) or batch (-ub)"
        case .missingTensor(let name, let expected, let file):
            "\(file): tensor '\(name)' is missing (expected \(expected)); the file is incomplete or of another architecture"
        case .wrongShape(let name, let found, let expected, let file):
            "\(file): tensor '\(name)' has shape \(found), expected \(expected) by the file's metadata"
        case .wrongType(let name, let found, let expected, let file):
            "\(file): tensor '\(name)' has type \(found), expected \(expected)"
        case .invalidConfiguration(let text): text
        case .invalidBatch(let text): text
        case .unreadable(let file, let reason):
            "\(file): weights cannot be read: \(reason); load the model again once the file is whole"
        case .outsideFile(let file, let bytes):
            "\(file): weights of \(bytes) bytes that are to be streamed lie outside the file; load it with --load mapped"
        case .contextFull(let position, let contextLength):
            "position \(position) does not fit the context of \(contextLength) tokens; use a larger one (-c)"
        case .cacheFull(let used, let wanted, let limit):
            "the cache's \(limit) bytes are taken (\(used) in use, \(wanted) more wanted); close sessions or raise the limit (--cache-limit)"
        }
    }
}
