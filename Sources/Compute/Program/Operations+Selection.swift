// Operations+Selection.swift: the op that chooses which keys sparse attention looks at.

/// Chooses for every row the keys that score best, by small queries and keys made for that.
struct SelectKeysOperation: BitwiseCopyable {
    /// [heads x dimensions], turned in place
    var query: Int32
    /// [dimensions]
    var key: Int32
    /// [heads]: each head's part in the score
    var weights: Int32
    var heads: Int
    var dimensions: Int
    /// Layer norm of the key.
    var norm: UnsafePointer<Float>
    var normBias: UnsafePointer<Float>
    var epsilon: Float
    var rope: Int32
    var ropeDimensions: Int
    var ropePairing: Int32
    /// Index of the cache layer that holds these keys.
    var cache: Int
    /// [count] Int32: the chosen positions, ascending; all of them while there are no more.
    var output: Int32
    var count: Int
}

/// The keys that an attention op looks at.
struct KeySelection: BitwiseCopyable {
    var buffer: Int32
    var count: Int
}
