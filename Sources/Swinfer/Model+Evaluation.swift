package import Compute
package import GGUF
import Models
import Tokenizer

extension Model {
    /// The model's file, as its weights are mapped.
    package var file: GGUFFile { loaded.file }

    /// The token that texts of this model begin with; nil when they begin with none.
    package var beginToken: Int32? { tokenizer.vocabulary.addsBOS ? tokenizer.vocabulary.bos : nil }

    /// Runs something on the engine's thread, between batches.
    package func evaluate<Result: Sendable>(
        _ body: @escaping @Sendable (Executor) throws -> Result
    ) async throws(SwinferError) -> Result {
        do { return try await engine.perform(body) } catch { throw SwinferError(error) }
    }
}
