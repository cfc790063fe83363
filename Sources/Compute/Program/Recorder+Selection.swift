extension Recorder {
    /// What chooses the keys that sparse attention looks at: the "lightning indexer".
    ///
    /// From DeepSeek-V3.2-Exp (2025): score = sum over heads of weight x max(0, query x key), with
    /// one key for all heads; the best `count` keys take part in attention.
    public struct KeyIndexer {
        public var heads: Int
        public var dimensions: Int
        /// Turns the first elements of queries and key.
        public var rope: Rope
        /// Layer norm of the key.
        public var norm: Vector
        public var normBias: Vector
        public var epsilon: Float
        /// Keys to choose.
        public var count: Int

        public init(
            heads: Int, dimensions: Int, rope: Rope, norm: Vector, normBias: Vector, epsilon: Float,
            count: Int
        ) {
            self.heads = heads
            self.dimensions = dimensions
            self.rope = rope
            self.norm = norm
            self.normBias = normBias
            self.epsilon = epsilon
            self.count = count
        }
    }

    /// Chosen keys of every row, for attention in this and in later layers.
    public struct Selection {
        let value: Value
        let count: Int
    }

    /// query: [heads x dimensions], key: [dimensions], weights: [heads].
    public func selectKeys(
        query: Value, key: Value, weights: Value, _ k: KeyIndexer
    ) throws(ComputeError) -> Selection {
        try expect(
            k.heads > 0 && k.dimensions > 0 && k.dimensions <= 1024 && k.count > 0 && k.count <= 1 << 20,
            "an indexer of \(k.heads) heads of \(k.dimensions) that chooses \(k.count) keys")
        try expect(
            query.width == k.heads * k.dimensions && key.width == k.dimensions && weights.width == k.heads,
            "the indexer's inputs do not fit its heads")
        try expect(
            k.norm.count == k.dimensions && k.normBias.count == k.dimensions,
            "the indexer's norm does not fit its keys")
        try expect(
            k.rope.dimensions <= k.dimensions,
            "rotary embedding of \(k.rope.dimensions) in heads of \(k.dimensions)")
        caches.append(
            AttentionCacheSpec(
                heads: 1, keyDimensions: k.dimensions, valueDimensions: 0, reach: nil, preciseKeys: true))
        let output = value(width: k.count)
        for input in [query, key, weights] { use(input) }
        append(
            .selectKeys(
                SelectKeysOperation(
                    query: query.buffer, key: key.buffer, weights: weights.buffer, heads: k.heads,
                    dimensions: k.dimensions, norm: k.norm.base, normBias: k.normBias.base,
                    epsilon: k.epsilon, rope: Int32(index(of: k.rope, in: &ropes)),
                    ropeDimensions: k.rope.dimensions, ropePairing: k.rope.pairing.rawValue,
                    cache: caches.count - 1, output: output.buffer, count: k.count)))
        return Selection(value: output, count: k.count)
    }
}
