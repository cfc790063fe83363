// Operations+Latent.swift: the ops of latent attention.

/// output[head] = weight[head] x input[head], for every head of a row.
struct HeadProduct: BitwiseCopyable {
    /// One matrix per head.
    var weight: Weight
    var input: Columns
    /// Columns from one head's input to the next's.
    var inputStep: Int
    var output: Columns
    var outputStep: Int
}

/// What latent attention needs of queries and keys: queries in the space of the compressed keys,
/// and compressed keys in the cache.
struct LatentInputsOperation: BitwiseCopyable {
    /// From the unturned part of every query head to its first `rank` elements.
    var absorb: HeadProduct
    /// The part of the first query head that turns; the other heads' follow `absorb.inputStep` apart.
    var turning: Columns
    /// [rank + rope dimensions]: the compressed keys and values, and the key part that turns.
    var compressed: Int32
    var rank: Int
    var norm: UnsafePointer<Float>
    var epsilon: Float
    /// Index of the rope table.
    var rope: Int32
    var ropeDimensions: Int
    var ropePairing: Int32
    var cache: Int
    var name: Int32
}

struct HeadProductOperation: BitwiseCopyable {
    var product: HeadProduct
    var name: Int32
}
