/// What sequences of a program take in memory, told without running it.
public struct CacheFootprint: Sendable, Equatable {
    /// Bytes of each token in layers that keep everything.
    public let bytesPerToken: Int
    /// Bytes of the windows of all other attention layers, once they are full.
    public let windowBytes: Int
    /// Bytes of recurrent state, whatever the length.
    public let stateBytes: Int

    /// - Throws: `ComputeError.invalidConfiguration` when cache types do not fit the model.
    public init(
        _ program: Program, contextLength: Int, keyType: CacheType = .f16, valueType: CacheType = .f16
    ) throws(ComputeError) {
        let layout = try CacheLayout(
            specs: program.caches, states: program.states, contextLength: contextLength, keyType: keyType,
            valueType: valueType)
        bytesPerToken = layout.bytesPerToken
        windowBytes = layout.windowBytes
        stateBytes = layout.stateBytes
    }
}
