import Compute

/// gpt-oss: attention with a sink logit per head, over a window and over everything in turn;
/// YaRN; biases on every matrix; experts with a clamped gate, weighted by the softmax over the
/// chosen ones.
struct GptOss: Architecture {
    // MARK: Configuration

    let shape: Shape
    let window: KeyRange
    /// Whether a layer looks back over the window only.
    let local: [Bool]
    let rope: Rope

    // MARK: Weights

    let ends: Ends
    let layers: [PreNormLayer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        window = .window(try source.size("attention.sliding_window"))
        local = try source.localLayers(count: shape.layers, period: 2)
        // The published models (original context 4096) leave the ends of YaRN's ramp between pairs;
        // the format has no key for that.
        let published = try source.int("rope.scaling.original_context_length") == 4096
        rope = try source.rope(.halves, headSize: shape.keyDimensions, yarnTruncates: !published)
        ends = try Ends(source, shape)
        let experts = try ExpertShape(source, embedding: shape.embedding)
        layers = try (0..<shape.layers).map {
            let block = try experts.block(
                source, layer: $0, routing: Routing(gating: .softmaxOfChosen, normalized: false),
                activation: .swiGLUClamped(alpha: 1.702, limit: 7), biases: true)
            return try PreNormLayer(
                source, layer: $0, shape,
                SelfAttention(source, layer: $0, shape, biased: true, sinks: true), .routed(block),
                feedForwardNorm: "post_attention_norm")
        }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try layers[index].record(
                r, x, shape.attention(rope: rope, range: local[index] ? window : .all))
        }
    }
}
