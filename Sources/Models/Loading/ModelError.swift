public import Compute
public import GGUF

/// Why a file is not a model that can run.
public enum ModelError: Error, Sendable, CustomStringConvertible {
    case file(GGUFError)
    case compute(ComputeError)
    case unsupportedArchitecture(name: String, supported: [String], file: String)
    /// Metadata that is missing, contradictory or beyond what is supported.
    case invalidMetadata(file: String, key: String, reason: String)

    public var description: String {
        switch self {
        case .file(let error): error.description
        case .compute(let error): error.description
        case .unsupportedArchitecture(let name, let supported, let file):
            "\(file): architecture '\(name)' is not supported; supported are \(supported.joined(separator: ", "))"
        case .invalidMetadata(let file, let key, let reason): "\(file): key '\(key)': \(reason)"
        }
    }

    /// The closed form of what reading a model can throw.
    init(_ error: any Error, file: String) {
        self =
            switch error {
            case let error as ModelError: error
            case let error as GGUFError: .file(error)
            case let error as ComputeError: .compute(error)
            default: .invalidMetadata(file: file, key: "general.architecture", reason: "\(error)")
            }
    }
}
