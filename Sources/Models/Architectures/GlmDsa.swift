import Compute

/// GLM-5: DeepSeek's latent attention and experts, with attention only over the keys that an
/// indexer chooses. Some layers have an indexer; the others use the choice of the one before.
struct GlmDsa: Architecture {
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
        let blocks = try LeadingDense(
            source, embedding: shape.embedding, routing: source.groupedRouting(gating: .sigmoid))
        let indexed = try GlmDsa.indexedLayers(source, count: layerCount)
        ends = try Ends(source, vocabulary: source.vocabularySize(), embedding: shape.embedding)
        layers = try (0..<layerCount).map { index in
            Layer(
                attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
                attention: try LatentProjections(
                    source, layer: index, shape,
                    indexer: indexed[index] ? SparseIndexer(source, layer: index, shape) : nil),
                feedForwardNorm: try source.vector("blk.\(index).ffn_norm", shape.embedding),
                block: try blocks.block(source, layer: index))
        }
    }

    /// Which layers choose keys. Files that do not say are GLM-5 and 5.1, where all do, or early
    /// ones of 5.2 (told by its long context): the first two, and from there every fourth.
    private static func indexedLayers(_ source: ModelSource, count: Int) throws -> [Bool] {
        let key = "attention.indexer.types"
        // The list may count the prediction layers or not.
        let all = try source.size("block_count", limit: 4096)
        let flags: [Bool]?
        do { flags = try source.flags(key, count: count) } catch {
            flags = try source.flags(key, count: all)
        }
        let long = try source.size("context_length", limit: 1 << 30) >= 1 << 20
        let indexed = flags ?? (0..<count).map { !long || $0 < 2 || $0 % 4 == 2 }
        guard indexed.first == true else { throw source.invalid(key, "the first layer chooses no keys") }
        return indexed
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        var selection: Recorder.Selection?
        try ends.record(r, layers: layers.count, epsilon: shape.epsilon) { x, index in
            let layer = layers[index]
            let h = try r.normalize(x, layer.attentionNorm, epsilon: shape.epsilon, name: "attn_norm")
            selection = try layer.attention.record(r, h, addTo: x, selection: selection)
            let m = try r.normalize(x, layer.feedForwardNorm, epsilon: shape.epsilon, name: "ffn_norm")
            try layer.block.record(r, m, addTo: x)
        }
    }
}
