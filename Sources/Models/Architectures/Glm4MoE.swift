import Compute

/// GLM-4.5, 4.6 and Air: rotary embedding on part of each head, norms of query and key in some
/// models, leading dense layers, then experts chosen by sigmoid scores with a bias, beside
/// shared ones. The prediction layers at the end are not run.
struct Glm4MoE: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope

    // MARK: Weights

    let ends: Ends
    let layers: [PreNormLayer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        rope = try shape.rope(source, .halves)
        ends = try Ends(source, shape)
        let blocks = try LeadingDense(
            source, embedding: shape.embedding, routing: source.routing(gating: .sigmoid), biased: true)
        layers = try (0..<shape.layers).map {
            try PreNormLayer(
                source, layer: $0, shape,
                SelfAttention(source, layer: $0, shape, norms: .perHeadWherePresent),
                blocks.block(source, layer: $0), feedForwardNorm: "post_attention_norm")
        }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try layers[index].record(r, x, shape.attention(rope: rope))
        }
    }
}
