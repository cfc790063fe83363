import Compute

/// GLM-5: DeepSeek's latent attention and experts, with attention only over the keys that an
/// indexer chooses. Some layers have an indexer; the others use the choice of the one before. The
/// prediction layer at the end is one of these layers, with an indexer of its own.
struct GlmDsa: PredictingArchitecture {
    // MARK: Configuration

    let shape: LatentShape

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: LatentProjections
        let feedForwardNorm: Vector
        let block: FeedForward

        init(
            _ source: ModelSource, _ index: Int, _ shape: LatentShape, _ blocks: LeadingDense, indexed: Bool
        ) throws {
            attentionNorm = try source.vector("blk.\(index).attn_norm", shape.embedding)
            attention = try LatentProjections(
                source, layer: index, shape,
                indexer: indexed ? SparseIndexer(source, layer: index, shape) : nil)
            feedForwardNorm = try source.vector("blk.\(index).ffn_norm", shape.embedding)
            block = try blocks.block(source, layer: index)
        }

        /// Returns the keys that were looked at.
        @discardableResult
        func record(
            _ r: Recorder, _ x: Value, epsilon: Float, _ selection: Recorder.Selection?
        ) throws -> Recorder.Selection? {
            let h = try r.normalize(x, attentionNorm, epsilon: epsilon, name: "attn_norm")
            let chosen = try attention.record(r, h, addTo: x, selection: selection)
            let m = try r.normalize(x, feedForwardNorm, epsilon: epsilon, name: "ffn_norm")
            try block.record(r, m, addTo: x)
            return chosen
        }
    }

    let ends: Ends
    let layers: [Layer]

    init(_ source: ModelSource) throws {
        let layerCount = try Shape.layerCount(source)
        let shape = try LatentShape(source)
        self.shape = shape
        let blocks = try GlmDsa.blocks(source, shape)
        let indexed = try GlmDsa.indexedLayers(source, count: layerCount)
        ends = try Ends(source, vocabulary: source.vocabularySize(), embedding: shape.embedding)
        layers = try (0..<layerCount).map { try Layer(source, $0, shape, blocks, indexed: indexed[$0]) }
    }

    private static func blocks(_ source: ModelSource, _ shape: LatentShape) throws -> LeadingDense {
        try LeadingDense(
            source, embedding: shape.embedding, routing: source.groupedRouting(gating: .sigmoid))
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
            selection = try layers[index].record(r, x, epsilon: shape.epsilon, selection)
        }
    }

    static func recordPrediction(_ source: ModelSource, _ r: Recorder) throws {
        let shape = try LatentShape(source)
        let ends = try PredictionEnds(
            source, vocabulary: source.vocabularySize(), embedding: shape.embedding)
        // Converters may leave its indexer out; then it looks at all keys, as llama.cpp always does.
        let indexed = source.contains("blk.\(ends.layer).indexer.proj")
        let layer = try Layer(source, ends.layer, shape, blocks(source, shape), indexed: indexed)
        try ends.record(r, epsilon: shape.epsilon) {
            try layer.record(r, $0, epsilon: shape.epsilon, nil)
        }
    }
}
