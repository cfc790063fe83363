import Compute

/// Llama 2 and 3, Mistral, Mixtral, and the many models that share their form: RMS norms,
/// rotary embedding on neighbouring pairs (as the converter permutes them), grouped query
/// heads, SiLU-gated feed-forward blocks, or routed experts in their place.
struct Llama: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope

    // MARK: Weights

    let ends: Ends
    let layers: [PreNormLayer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        rope = try shape.rope(source, .interleaved)
        ends = try Ends(source, shape)
        let blocks = try Llama.blocks(source, shape)
        layers = try (0..<shape.layers).map {
            try PreNormLayer(
                source, layer: $0, shape, SelfAttention(source, layer: $0, shape), blocks($0))
        }
    }

    /// Dense or routed, the same in every layer. Mixtral's experts have the feed-forward width.
    private static func blocks(
        _ source: ModelSource, _ shape: Shape
    ) throws -> (Int) throws -> FeedForward {
        guard try source.int("expert_count") ?? 0 != 0 else { return try source.denseBlocks(shape) }
        let experts = try ExpertShape(
            source, embedding: shape.embedding, widthKey: "feed_forward_length")
        return { .routed(try experts.block(source, layer: $0, routing: Routing(normalized: true))) }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try layers[index].record(r, x, shape.attention(rope: rope))
        }
    }
}
