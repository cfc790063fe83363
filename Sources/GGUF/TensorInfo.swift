/// Name, type, shape and place of one tensor.
public struct TensorInfo: Sendable, Equatable {
    /// The tensor's name, unique in the model, such as `blk.0.attn_q.weight`.
    public let name: String

    /// How its elements are stored.
    public let type: TensorType

    /// One to four sizes, each at least 1, in ggml's order: `dimensions[0]` is the row length.
    public let dimensions: [Int]

    /// Index of its file in ``GGUFFile/shards``.
    public internal(set) var shard: Int

    /// Where its data begins, in bytes from the start of its file.
    public let offset: Int

    /// Bytes of its data.
    public let byteCount: Int

    /// Elements in all: the product of the dimensions.
    public var elementCount: Int { dimensions.reduce(1, *) }

    /// Elements of a row: a whole number of blocks.
    public var rowElements: Int { dimensions[0] }

    /// Rows in all: the product of the dimensions after the first.
    public var rowCount: Int { dimensions.dropFirst().reduce(1, *) }

    /// Bytes of a row.
    public var rowBytes: Int { byteCount / rowCount }
}
