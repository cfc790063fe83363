import Compute
package import GGUF
import Models

/// What a session of a model takes in memory.
package struct SessionSizes: Sendable, Equatable {
    /// Bytes of keys and values for each token, in layers that keep everything.
    public let bytesPerToken: Int
    /// Bytes of the windows of windowed layers, once they are full.
    public let windowBytes: Int
    /// Bytes of recurrent state, whatever the length.
    public let stateBytes: Int
    /// Tokens that the model was trained for.
    public let contextLength: Int

    /// From a file's header, with keys and values in F16 and the context that the model was
    /// trained for. Reads no weights beyond a few small ones.
    ///
    /// - Throws: `SwinferError.model` for a file that this engine does not run.
    public init(_ file: GGUFFile) throws(SwinferError) {
        do {
            let model = try Registry.load(file)
            let footprint = try CacheFootprint(model.program, contextLength: model.contextLength)
            bytesPerToken = footprint.bytesPerToken
            windowBytes = footprint.windowBytes
            stateBytes = footprint.stateBytes
            contextLength = model.contextLength
        } catch {
            throw SwinferError(error)
        }
    }
}
