import Compute

/// DeepSeek V2, V3 and R1, and models of their shape (Kimi K2): latent attention over a
/// compressed cache, leading dense layers, then routed experts beside shared ones. V3 chooses
/// experts by groups, from sigmoid scores with a bias; the Lite models have no compressed queries
/// and a softmax router. The prediction layers at the end are not run.
struct DeepSeek2: Architecture {
    // MARK: Configuration

    let shape: LatentShape

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: LatentProjections
        let feedForwardNorm: Vector
        let block: FeedForward
    }

    let ends: Ends
    let layers: [Layer]

    init(_ source: ModelSource) throws {
        let layerCount = try Shape.layerCount(source)
        let shape = try LatentShape(source)
        self.shape = shape
        // Old files do not name the gating; only sigmoid scores come with a bias.
        let biased = source.weights.contains("blk.\(layerCount - 1).exp_probs_b.bias")
        let blocks = try LeadingDense(
            source, embedding: shape.embedding,
            routing: source.groupedRouting(gating: biased ? .sigmoid : .softmax))
        ends = try Ends(source, vocabulary: source.vocabularySize(), embedding: shape.embedding)
        layers = try (0..<layerCount).map { index in
            Layer(
                attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
                attention: try LatentProjections(source, layer: index, shape),
                feedForwardNorm: try source.vector("blk.\(index).ffn_norm", shape.embedding),
                block: try blocks.block(source, layer: index))
        }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: layers.count, epsilon: shape.epsilon) { x, index in
            let layer = layers[index]
            let h = try r.normalize(x, layer.attentionNorm, epsilon: shape.epsilon, name: "attn_norm")
            try layer.attention.record(r, h, addTo: x)
            let m = try r.normalize(x, layer.feedForwardNorm, epsilon: shape.epsilon, name: "ffn_norm")
            try layer.block.record(r, m, addTo: x)
        }
    }
}
