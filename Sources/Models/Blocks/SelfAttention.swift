import Compute

/// The weights of a layer's attention with grouped heads.
struct SelfAttention {
    /// RMS norms of queries and keys before their rotation.
    enum Norms {
        case none, perHead, allHeads
        /// Per head, in the models whose files have them.
        case perHeadWherePresent
    }

    private let inputs: AttentionProjections
    private let queryNorm: HeadNorm?
    private let keyNorm: HeadNorm?
    private let sinks: Vector?
    private let output: Weight
    private let outputBias: Vector?

    /// - Parameters:
    ///   - biased: whether every matrix must have a bias; otherwise biases are taken where they are.
    ///   - sinks: whether each head has a logit that takes part in its softmax.
    init(
        _ source: ModelSource, layer: Int, _ shape: Shape, norms: Norms = .none, biased: Bool = false,
        sinks: Bool = false
    ) throws {
        let block = "blk.\(layer)"
        inputs = try AttentionProjections(source, layer: layer, shape, biased: biased)
        queryNorm = try SelfAttention.norm(source, "\(block).attn_q_norm", shape, norms, shape.heads)
        keyNorm = try SelfAttention.norm(source, "\(block).attn_k_norm", shape, norms, shape.kvHeads)
        self.sinks = sinks ? try source.vector("\(block).attn_sinks", shape.heads) : nil
        output = try source.matrix(
            "\(block).attn_output", rows: shape.embedding, columns: shape.heads * shape.valueDimensions)
        outputBias =
            biased
            ? try source.requiredBias("\(block).attn_output", shape.embedding)
            : try source.bias("\(block).attn_output", shape.embedding)
    }

    private static func norm(
        _ source: ModelSource, _ name: String, _ shape: Shape, _ norms: Norms, _ heads: Int
    ) throws -> HeadNorm? {
        switch norms {
        case .none: nil
        case .perHead: .perHead(try source.vector(name, shape.keyDimensions))
        case .allHeads: .allHeads(try source.vector(name, heads * shape.keyDimensions))
        case .perHeadWherePresent:
            try source.optionalVector(name, shape.keyDimensions).map { .perHead($0) }
        }
    }

    /// Adds attention over the normalized rows `h` to `x`.
    ///
    /// - Parameter form: from `Shape.attention`; the layer's own norms and sinks come in here.
    func record(_ r: Recorder, _ h: Input, _ form: Recorder.Attention, addTo x: Value) throws {
        try r.project(
            r.plain(attend(r, h, form)), output, bias: outputBias, addTo: x, name: "ffn_inp")
    }

    /// The attention's result for the normalized rows `h`, where more happens before it is added.
    func record(_ r: Recorder, _ h: Input, _ form: Recorder.Attention) throws -> Value {
        try r.project(
            r.plain(attend(r, h, form)),
            [Recorder.Projection(output, bias: outputBias, name: "attn_out")])[0]
    }

    private func attend(_ r: Recorder, _ h: Input, _ form: Recorder.Attention) throws -> Value {
        var form = form
        if let queryNorm { form.queryNorm = queryNorm }
        if let keyNorm { form.keyNorm = keyNorm }
        form.sinks = sinks
        let (query, key, value) = try inputs.record(r, h)
        return try r.attention(query: query, key: key, value: value, form)
    }
}

extension Shape {
    /// Attention of this shape, with the usual factor of 1 / sqrt(keyDimensions).
    ///
    /// - Parameter rope: nil: the layer does not encode positions.
    func attention(rope: Rope?, range: KeyRange = .all) -> Recorder.Attention {
        Recorder.Attention(
            heads: heads, kvHeads: kvHeads, keyDimensions: keyDimensions, valueDimensions: valueDimensions,
            rope: rope, epsilon: epsilon, scale: 1 / Float(keyDimensions).squareRoot(), range: range)
    }
}
