/// Which keys a query sees, besides those after its own position, which it never does.
public enum KeyRange: Equatable, Sendable {
    case all
    /// The last `n` positions, its own included.
    case window(Int)
    /// The positions of its own chunk: from position / n * n on.
    case chunk(Int)

    /// Positions that a query looks back to at most, its own included; nil: all.
    var reach: Int? {
        switch self {
        case .all: nil
        case .window(let size), .chunk(let size): size
        }
    }
}

/// An RMS norm of query, key or value vectors.
public struct HeadNorm {
    let weight: Vector?
    let allHeads: Bool
    let afterRotation: Bool

    /// Every head by itself; all heads have the same weights.
    public static func perHead(_ weight: Vector) -> HeadNorm {
        HeadNorm(weight: weight, allHeads: false, afterRotation: false)
    }

    /// All heads of a row together, with a weight for every element.
    public static func allHeads(_ weight: Vector) -> HeadNorm {
        HeadNorm(weight: weight, allHeads: true, afterRotation: false)
    }

    /// Every head by itself, without weights.
    public static func unweighted(afterRotation: Bool = false) -> HeadNorm {
        HeadNorm(weight: nil, allHeads: false, afterRotation: afterRotation)
    }

    var step: HeadNormStep {
        HeadNormStep(weight: weight?.base, allHeads: allHeads, afterRotation: afterRotation)
    }
}

/// Queries far into the context are made longer, so that attention over many keys stays sharp:
/// a factor of 1 + scale * ln(floor((position + 1) / interval) + 1).
///
/// From Llama 4's inference-time temperature tuning (after Nakanishi 2025,
/// https://arxiv.org/abs/2501.19399).
public struct QueryTemperature: BitwiseCopyable, Sendable {
    public var scale: Float
    /// Positions after which the factor steps up.
    public var interval: Float

    public init(scale: Float, interval: Float) {
        self.scale = scale
        self.interval = interval
    }
}

extension Recorder {
    /// What attention needs besides its inputs.
    public struct Attention {
        public var heads: Int
        public var kvHeads: Int
        public var keyDimensions: Int
        public var valueDimensions: Int
        /// nil: positions are not encoded in this layer.
        public var rope: Rope?
        public var queryNorm: HeadNorm?
        public var keyNorm: HeadNorm?
        /// Unweighted or per head.
        public var valueNorm: HeadNorm?
        public var epsilon: Float
        /// Factor on query x key.
        public var scale: Float
        /// 0: none.
        public var softcap: Float
        public var range: KeyRange
        /// One extra logit per head that takes part in the softmax and adds no value.
        public var sinks: Vector?
        public var temperature: QueryTemperature?
        /// Behind every query head stand as many elements as a value has; through a sigmoid, they
        /// are factors on the head's result.
        public var gated = false

        /// Columns of a query head with its gate.
        var queryStep: Int { gated ? keyDimensions + valueDimensions : keyDimensions }

        public init(
            heads: Int, kvHeads: Int, keyDimensions: Int, valueDimensions: Int, rope: Rope?,
            queryNorm: HeadNorm? = nil, keyNorm: HeadNorm? = nil, valueNorm: HeadNorm? = nil,
            epsilon: Float = 0, scale: Float, softcap: Float = 0, range: KeyRange = .all,
            sinks: Vector? = nil, temperature: QueryTemperature? = nil
        ) {
            self.heads = heads
            self.kvHeads = kvHeads
            self.keyDimensions = keyDimensions
            self.valueDimensions = valueDimensions
            self.rope = rope
            self.queryNorm = queryNorm
            self.keyNorm = keyNorm
            self.valueNorm = valueNorm
            self.epsilon = epsilon
            self.scale = scale
            self.softcap = softcap
            self.range = range
            self.sinks = sinks
            self.temperature = temperature
        }
    }

    /// Norms and rotation of query and key, their cache write, and attention over the cache.
    ///
    /// query: [heads x keyDimensions] (gated: [heads x (keyDimensions + valueDimensions)]), key: [kvHeads x keyDimensions], value: [kvHeads x
    /// valueDimensions], which may be the same as the key: it is taken before the key's norm and
    /// rotation; result: [heads x valueDimensions]. Name: "kqv_out".
    public func attention(
        query: Value, key: Value, value: Value, _ a: Attention
    ) throws(ComputeError) -> Value {
        try check(a, query)
        try expect(
            key.width == a.kvHeads * a.keyDimensions, "key rows of \(key.width) for \(a.kvHeads) heads")
        try expect(
            value.width == a.kvHeads * a.valueDimensions,
            "value rows of \(value.width) for \(a.kvHeads) heads")
        caches.append(
            AttentionCacheSpec(
                heads: a.kvHeads, keyDimensions: a.keyDimensions, valueDimensions: a.valueDimensions,
                reach: a.range.reach))
        if let layer { cacheOfLayer[layer] = caches.count - 1 }
        return record(a, query: query, key: key, value: value, cache: caches.count - 1)
    }

    /// Attention over the keys and values that an earlier layer wrote. Name: "kqv_out".
    public func attention(
        query: Value, keysOfLayer other: Int, _ a: Attention
    ) throws(ComputeError) -> Value {
        try check(a, query)
        guard let cache = cacheOfLayer[other] else {
            throw .invalidConfiguration("layer \(other) keeps no keys and values for other layers")
        }
        let spec = AttentionCacheSpec(
            heads: a.kvHeads, keyDimensions: a.keyDimensions, valueDimensions: a.valueDimensions,
            reach: a.range.reach)
        try expect(caches[cache] == spec, "the keys and values of layer \(other) have another shape")
        return record(a, query: query, key: nil, value: nil, cache: cache)
    }

    private func check(_ a: Attention, _ query: Value) throws(ComputeError) {
        try expect(
            a.heads > 0 && a.kvHeads > 0 && a.heads % a.kvHeads == 0,
            "\(a.heads) query heads do not divide among \(a.kvHeads) key/value heads")
        try expect(
            a.keyDimensions > 0 && a.keyDimensions <= 1024 && a.valueDimensions > 0
                && a.valueDimensions <= 1024,
            "head sizes \(a.keyDimensions) and \(a.valueDimensions) are outside 1...1024")
        try expect(
            query.width == a.heads * a.queryStep, "query rows of \(query.width) for \(a.heads) heads")
        try expect(
            !a.gated || !(a.queryNorm?.allHeads ?? false), "a norm over gated query heads together")
        try check(a.queryNorm, heads: a.heads, dimensions: a.keyDimensions)
        try check(a.keyNorm, heads: a.kvHeads, dimensions: a.keyDimensions)
        try check(a.valueNorm, heads: a.kvHeads, dimensions: a.valueDimensions)
        if let norm = a.valueNorm {
            try expect(!norm.allHeads && !norm.afterRotation, "values are normalized per head, unrotated")
        }
        if let rope = a.rope {
            try expect(
                rope.dimensions > 0 && rope.dimensions <= a.keyDimensions,
                "rotary embedding of \(rope.dimensions) in heads of \(a.keyDimensions)")
        }
        if let sinks = a.sinks {
            try expect(sinks.count == a.heads, "\(sinks.count) sinks for \(a.heads) heads")
        }
        if let reach = a.range.reach { try expect(reach > 0, "attention window of \(reach)") }
        if let temperature = a.temperature {
            try expect(temperature.interval > 0, "query temperature interval of \(temperature.interval)")
        }
    }

    private func check(_ norm: HeadNorm?, heads: Int, dimensions: Int) throws(ComputeError) {
        guard let norm, let weight = norm.weight else { return }
        let expected = norm.allHeads ? heads * dimensions : dimensions
        try expect(weight.count == expected, "head norm of \(weight.count), expected \(expected)")
    }

    private func record(_ a: Attention, query: Value, key: Value?, value: Value?, cache: Int) -> Value {
        let output = self.value(width: a.heads * a.valueDimensions)
        let apart = a.gated || a.queryNorm?.allHeads ?? false
        let turned = apart ? self.value(width: a.heads * a.keyDimensions) : query
        use(query)
        if let key { use(key) }
        if let value { use(value) }
        append(
            .attention(
                AttentionOperation(
                    query: query.buffer, queryStep: a.queryStep,
                    gate: a.gated
                        ? Columns(buffer: query.buffer, first: a.keyDimensions, stride: query.width) : nil,
                    selection: nil,
                    turnedQuery: turned.buffer, key: key?.buffer ?? -1,
                    value: value?.buffer ?? -1, output: output.buffer, heads: a.heads, kvHeads: a.kvHeads,
                    keyDimensions: a.keyDimensions, valueDimensions: a.valueDimensions,
                    queryNorm: a.queryNorm?.step, keyNorm: a.keyNorm?.step, valueNorm: a.valueNorm?.step,
                    epsilon: a.epsilon, temperature: a.temperature,
                    rope: a.rope.map { Int32(index(of: $0, in: &ropes)) } ?? -1,
                    ropeDimensions: a.rope?.dimensions ?? 0, ropePairing: a.rope?.pairing.rawValue ?? 0,
                    scale: a.scale, softcap: a.softcap, sinks: a.sinks?.base, cache: cache,
                    plan: index(
                        of: AttentionPlanKey(range: a.range, group: a.heads / a.kvHeads), in: &planKeys),
                    name: name("kqv_out"))))
        return output
    }
}
