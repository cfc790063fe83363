import Compute
public import Experts
import GGUF
import Models

/// How popular a model's experts have been in the runs that were counted.
public struct ExpertPopularity: Sendable {
    /// The model's file.
    public let path: String
    /// `general.name`, or the architecture where the file has none.
    public let name: String
    /// [expert layer][expert]
    public let counts: ExpertCounts

    /// Reads the counts of a model from the user's cache. Loads no weights.
    ///
    /// - Throws: `SwinferError` when the file is no model, or has no routed experts.
    public init(path: String) throws(SwinferError) {
        do {
            let file = try GGUFFile(path: path)
            let loaded = try Registry.load(file)
            let shape = loaded.program.expertCounts
            if shape.isEmpty { throw SwinferError.model("\(path): the model has no routed experts") }
            self.path = path
            name = try file.metadata.string("general.name") ?? loaded.architecture
            if let saved = ExpertCounts.path(for: file),
                case .counts(let counts) = ExpertCounts.read(saved, shape: shape)
            {
                self.counts = counts
            } else {
                counts = ExpertCounts(shape.map { Array(repeating: 0, count: $0) })
            }
        } catch { throw SwinferError(error) }
    }
}
