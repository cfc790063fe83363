import Compute

/// Qwen3-Next and Qwen3.5, dense and mixture-of-experts: three layers of four are gated delta
/// nets, which keep a state instead of keys and values; the fourth is attention whose result has
/// a gate, with rotary embedding on part of each head. Routed experts beside a shared one with a
/// gate of its own, or a dense feed-forward block. The prediction layer at the end has attention.
struct Qwen3Next: PredictingArchitecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let mixer: Mixer
        let feedForwardNorm: Vector
        let block: FeedForward
    }
    enum Mixer {
        case delta(DeltaNetProjections)
        case attention(GatedAttention)
    }
    struct GatedAttention {
        /// Per head the query and its gate.
        let query: Weight
        let key: Weight
        let value: Weight
        let queryNorm: Vector
        let keyNorm: Vector
        let output: Weight
    }
    let ends: Ends
    let layers: [Layer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        rope = try shape.rope(source, .halves)
        let delta = try DeltaNetShape(source, shape)
        let recurrent = try Qwen3Next.recurrentLayers(source)
        ends = try Ends(source, shape)
        layers = try (0..<shape.layers).map { index in
            try Qwen3Next.layer(source, index, shape, delta: recurrent[index] ? delta : nil)
        }
    }

    /// - Parameter delta: of a layer that is a delta net; nil: it has attention.
    private static func layer(
        _ source: ModelSource, _ index: Int, _ shape: Shape, delta: DeltaNetShape?
    ) throws -> Layer {
        Layer(
            attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
            mixer: try delta.map { .delta(try DeltaNetProjections(source, layer: index, $0)) }
                ?? .attention(attention(source, index, shape)),
            feedForwardNorm: try source.vector("blk.\(index).post_attention_norm", shape.embedding),
            block: try block(source, index, shape))
    }

    /// Which layers are delta nets: the file's list, or all but every n-th.
    private static func recurrentLayers(_ source: ModelSource) throws -> [Bool] {
        let count = try source.size("block_count", limit: 4096)
        if let flags = try source.flags("attention.recurrent_layers", count: count) { return flags }
        let interval = try source.optionalSize("full_attention_interval") ?? 4
        return (0..<count).map { ($0 + 1) % interval != 0 }
    }

    private static func attention(
        _ source: ModelSource, _ index: Int, _ shape: Shape
    ) throws -> GatedAttention {
        let block = "blk.\(index)"
        let widths = [
            shape.heads * (shape.keyDimensions + shape.valueDimensions),
            shape.kvHeads * shape.keyDimensions, shape.kvHeads * shape.valueDimensions,
        ]
        let matrices: [Weight]
        if source.contains("\(block).attn_qkv") {
            let fused = try source.matrix(
                "\(block).attn_qkv", rows: widths.reduce(0, +), columns: shape.embedding)
            let keys = widths[0] + widths[1]
            matrices = [
                fused.rows(0..<widths[0]), fused.rows(widths[0]..<keys), fused.rows(keys..<fused.rows),
            ]
        } else {
            matrices = try zip(["attn_q", "attn_k", "attn_v"], widths).map { name, width in
                try source.matrix("\(block).\(name)", rows: width, columns: shape.embedding)
            }
        }
        return GatedAttention(
            query: matrices[0], key: matrices[1], value: matrices[2],
            queryNorm: try source.vector("\(block).attn_q_norm", shape.keyDimensions),
            keyNorm: try source.vector("\(block).attn_k_norm", shape.keyDimensions),
            output: try source.matrix(
                "\(block).attn_output", rows: shape.embedding, columns: shape.heads * shape.valueDimensions))
    }

    private static func block(_ source: ModelSource, _ index: Int, _ shape: Shape) throws -> FeedForward {
        if source.architecture == "qwen35" {
            return .dense(
                try GatedFeedForward(
                    source, layer: index, embedding: shape.embedding,
                    width: source.size("feed_forward_length")))
        }
        let routed = try ExpertShape(source, embedding: shape.embedding)
        var experts = try routed.block(source, layer: index, routing: Routing(normalized: true))
        // Files without a width of the shared expert mean the feed-forward width.
        experts.shared = try source.sharedExpert(
            layer: index, embedding: shape.embedding,
            width: source.optionalSize("expert_shared_feed_forward_length")
                ?? source.size("feed_forward_length"), weighted: true)
        return .routed(experts)
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try Qwen3Next.record(r, layers[index], x, shape, rope)
        }
    }

    static func recordPrediction(_ source: ModelSource, _ r: Recorder) throws {
        let shape = try Shape(source)
        let rope = try shape.rope(source, .halves)
        let ends = try PredictionEnds(source, vocabulary: shape.vocabulary, embedding: shape.embedding)
        let layer = try layer(source, ends.layer, shape, delta: nil)
        try ends.record(r, epsilon: shape.epsilon) { try record(r, layer, $0, shape, rope) }
    }

    private static func record(
        _ r: Recorder, _ layer: Layer, _ x: Value, _ shape: Shape, _ rope: Rope
    ) throws {
        let h = try r.normalize(x, layer.attentionNorm, epsilon: shape.epsilon, name: "attn_norm")
        switch layer.mixer {
        case .delta(let delta): try delta.record(r, h, addTo: x)
        case .attention(let attention): try record(r, attention, h, addTo: x, shape, rope)
        }
        let m = try r.normalize(x, layer.feedForwardNorm, epsilon: shape.epsilon, name: "attn_post_norm")
        try layer.block.record(r, m, addTo: x)
    }

    private static func record(
        _ r: Recorder, _ layer: GatedAttention, _ h: Input, addTo x: Value, _ shape: Shape, _ rope: Rope
    ) throws {
        let inputs = try r.project(
            h,
            [
                Recorder.Projection(layer.query, name: "Qcur_full"),
                Recorder.Projection(layer.key, name: "Kcur"), Recorder.Projection(layer.value, name: "Vcur"),
            ])
        var attention = shape.attention(rope: rope)
        attention.queryNorm = .perHead(layer.queryNorm)
        attention.keyNorm = .perHead(layer.keyNorm)
        attention.gated = true
        let attended = try r.attention(query: inputs[0], key: inputs[1], value: inputs[2], attention)
        try r.project(r.plain(attended), layer.output, addTo: x, name: "attn_residual")
    }
}
