extension Recorder {
    /// Multi-head latent attention: keys and values of all heads are projections of one short
    /// row, and that row is what the cache keeps.
    ///
    /// From DeepSeek-V2 (2024, https://arxiv.org/abs/2405.04434). Few rows absorb the projections:
    /// queries go to the space of the compressed keys, and the attended compressed values to
    /// each head's own afterwards, so that the cache is read as it is. For many rows keys and
    /// values are rebuilt from the cache, which makes attention's own products shorter.
    public struct LatentAttention {
        public var heads: Int
        /// Elements of a compressed row without its turning part.
        public var rank: Int
        /// Elements of a query head that do not turn; those that do follow.
        public var plainDimensions: Int
        public var valueDimensions: Int
        public var rope: Rope
        /// RMS norm of the compressed row.
        public var norm: Vector
        public var epsilon: Float
        /// [heads][rank][plain dimensions]
        public var keys: Weight
        /// [heads][value dimensions][rank]
        public var values: Weight
        /// Factor on query x key.
        public var scale: Float
        /// [heads][plain dimensions][rank], where the file has the keys so; nil: turned when needed.
        public var expandedKeys: Weight?

        public init(
            heads: Int, rank: Int, plainDimensions: Int, valueDimensions: Int, rope: Rope, norm: Vector,
            epsilon: Float, keys: Weight, values: Weight, scale: Float, expandedKeys: Weight? = nil
        ) {
            self.heads = heads
            self.rank = rank
            self.plainDimensions = plainDimensions
            self.valueDimensions = valueDimensions
            self.rope = rope
            self.norm = norm
            self.epsilon = epsilon
            self.keys = keys
            self.values = values
            self.scale = scale
            self.expandedKeys = expandedKeys
        }

        var keyDimensions: Int { rank + rope.dimensions }
        /// Columns of a query head.
        var queryDimensions: Int { plainDimensions + rope.dimensions }

        /// Query heads that a unit of work takes together. All heads share one key, so this only
        /// balances: enough units for the threads when one token looks at few keys, enough heads
        /// for every key that is read.
        var groupHeads: Int { (1...8).last { heads % $0 == 0 } ?? 1 }
    }

    /// Latent attention over the cache, or over the selected keys.
    ///
    /// query: [heads x (plain + rope dimensions)], compressed: [rank + rope dimensions]; result:
    /// [heads x valueDimensions]. Name: "kqv_out".
    public func attention(
        query: Value, compressed: Value, _ a: LatentAttention, selection: Selection? = nil
    ) throws(ComputeError) -> Value {
        try check(a, query, compressed)
        let cache = caches.count
        caches.append(
            AttentionCacheSpec(
                heads: 1, keyDimensions: a.keyDimensions, valueDimensions: a.rank, reach: nil,
                valuesAreKeys: true))
        let output = value(width: a.heads * a.valueDimensions)
        use(query)
        use(compressed)
        if let selection { use(selection.value) }
        append(
            .latent(
                LatentOperation(
                    query: Columns(buffer: query.buffer, first: 0, stride: query.width),
                    plainDimensions: a.plainDimensions, compressed: compressed.buffer, rank: a.rank,
                    norm: a.norm.base, keys: a.keys, expandedKeys: a.expandedKeys, values: a.values,
                    attention: overCompressed(a, cache: cache, selection: selection),
                    output: output.buffer, name: name("kqv_out"))))
        return output
    }

    private func overCompressed(
        _ a: LatentAttention, cache: Int, selection: Selection?
    ) -> AttentionOperation {
        AttentionOperation(
            query: -1, queryStep: a.keyDimensions, gate: nil,
            selection: selection.map { KeySelection(buffer: $0.value.buffer, count: $0.count) },
            turnedQuery: -1, key: -1, value: -1, output: -1, heads: a.heads,
            kvHeads: a.heads / a.groupHeads, keyDimensions: a.keyDimensions, valueDimensions: a.rank,
            queryNorm: nil, keyNorm: nil, valueNorm: nil, epsilon: a.epsilon, temperature: nil,
            rope: Int32(index(of: a.rope, in: &ropes)), ropeDimensions: a.rope.dimensions,
            ropePairing: a.rope.pairing.rawValue, scale: a.scale, softcap: 0, sinks: nil, cache: cache,
            plan: index(of: AttentionPlanKey(range: .all, group: a.groupHeads), in: &planKeys), name: -1)
    }

    private func check(
        _ a: LatentAttention, _ query: Value, _ compressed: Value
    ) throws(ComputeError) {
        try expect(
            a.heads > 0 && a.rank > 0 && a.plainDimensions > 0 && a.valueDimensions > 0
                && a.rope.dimensions > 0 && a.keyDimensions <= 1024,
            "latent attention of \(a.heads) heads over rows of \(a.keyDimensions)")
        try expect(
            query.width == a.heads * a.queryDimensions, "query rows of \(query.width) for \(a.heads) heads")
        try expect(
            compressed.width == a.keyDimensions,
            "compressed rows of \(compressed.width), expected \(a.keyDimensions)")
        try expect(a.norm.count == a.rank, "norm of \(a.norm.count) on compressed rows of \(a.rank)")
        try expect(
            a.keys.matrices == a.heads && a.keys.rows == a.rank && a.keys.columns == a.plainDimensions
                && a.values.matrices == a.heads && a.values.rows == a.valueDimensions
                && a.values.columns == a.rank,
            "the heads' key and value matrices do not fit the compressed rows")
        if let keys = a.expandedKeys {
            try expect(
                keys.matrices == a.heads && keys.rows == a.plainDimensions && keys.columns == a.rank,
                "the heads' key matrices do not fit the compressed rows")
        }
    }
}
