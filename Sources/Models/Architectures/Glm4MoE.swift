import Compute

/// GLM-4.5, 4.6 and Air: rotary embedding on part of each head, norms of query and key in some
/// models, leading dense layers, then experts chosen by sigmoid scores with a bias, beside
/// shared ones. The prediction layer at the end is one of these layers.
struct Glm4MoE: PredictingArchitecture {
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
        let blocks = try Glm4MoE.blocks(source, shape)
        layers = try (0..<shape.layers).map { try Glm4MoE.layer(source, $0, shape, blocks) }
    }

    private static func blocks(_ source: ModelSource, _ shape: Shape) throws -> LeadingDense {
        try LeadingDense(
            source, embedding: shape.embedding, routing: source.routing(gating: .sigmoid), biased: true)
    }

    private static func layer(
        _ source: ModelSource, _ index: Int, _ shape: Shape, _ blocks: LeadingDense
    ) throws -> PreNormLayer {
        try PreNormLayer(
            source, layer: index, shape,
            SelfAttention(source, layer: index, shape, norms: .perHeadWherePresent),
            blocks.block(source, layer: index), feedForwardNorm: "post_attention_norm")
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try layers[index].record(r, x, shape.attention(rope: rope))
        }
    }

    static func recordPrediction(_ source: ModelSource, _ r: Recorder) throws {
        let shape = try Shape(source)
        let rope = try shape.rope(source, .halves)
        let ends = try PredictionEnds(source, vocabulary: shape.vocabulary, embedding: shape.embedding)
        let layer = try layer(source, ends.layer, shape, blocks(source, shape))
        try ends.record(r, epsilon: shape.epsilon) { try layer.record(r, $0, shape.attention(rope: rope)) }
    }
}
