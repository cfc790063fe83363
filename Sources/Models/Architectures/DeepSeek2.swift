import Compute

/// DeepSeek V2, V3 and R1, and models of their shape (Kimi K2): latent attention over a
/// compressed cache, leading dense layers, then routed experts beside shared ones. V3 chooses
/// experts by groups, from sigmoid scores with a bias; the Lite models have no compressed queries
/// and a softmax router. The prediction layer at the end is one of these layers.
struct DeepSeek2: PredictingArchitecture {
    // MARK: Configuration

    let shape: LatentShape

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: LatentProjections
        let feedForwardNorm: Vector
        let block: FeedForward

        init(_ source: ModelSource, _ index: Int, _ shape: LatentShape, _ blocks: LeadingDense) throws {
            attentionNorm = try source.vector("blk.\(index).attn_norm", shape.embedding)
            attention = try LatentProjections(source, layer: index, shape)
            feedForwardNorm = try source.vector("blk.\(index).ffn_norm", shape.embedding)
            block = try blocks.block(source, layer: index)
        }

        func record(_ r: Recorder, _ x: Value, epsilon: Float) throws {
            let h = try r.normalize(x, attentionNorm, epsilon: epsilon, name: "attn_norm")
            try attention.record(r, h, addTo: x)
            let m = try r.normalize(x, feedForwardNorm, epsilon: epsilon, name: "ffn_norm")
            try block.record(r, m, addTo: x)
        }
    }

    let ends: Ends
    let layers: [Layer]

    init(_ source: ModelSource) throws {
        let layerCount = try Shape.layerCount(source)
        let shape = try LatentShape(source)
        self.shape = shape
        let blocks = try DeepSeek2.blocks(source, shape, layerCount)
        ends = try Ends(source, vocabulary: source.vocabularySize(), embedding: shape.embedding)
        layers = try (0..<layerCount).map { try Layer(source, $0, shape, blocks) }
    }

    private static func blocks(
        _ source: ModelSource, _ shape: LatentShape, _ layerCount: Int
    ) throws -> LeadingDense {
        // Old files do not name the gating; only sigmoid scores come with a bias.
        let biased = source.weights.contains("blk.\(layerCount - 1).exp_probs_b.bias")
        return try LeadingDense(
            source, embedding: shape.embedding,
            routing: source.groupedRouting(gating: biased ? .sigmoid : .softmax))
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: layers.count, epsilon: shape.epsilon) { x, index in
            try layers[index].record(r, x, epsilon: shape.epsilon)
        }
    }

    static func recordPrediction(_ source: ModelSource, _ r: Recorder) throws {
        let shape = try LatentShape(source)
        let ends = try PredictionEnds(
            source, vocabulary: source.vocabularySize(), embedding: shape.embedding)
        let layer = try Layer(source, ends.layer, shape, blocks(source, shape, ends.layer))
        try ends.record(r, epsilon: shape.epsilon) { try layer.record(r, $0, epsilon: shape.epsilon) }
    }
}
