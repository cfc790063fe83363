import Compute

/// The weights of a layer that chooses the keys its attention looks at.
struct SparseIndexer {
    let indexer: Recorder.KeyIndexer
    /// Of the compressed query.
    let queryProjections: [Recorder.Projection]
    /// Of the layer's input: the key and the heads' weights.
    let keyProjections: [Recorder.Projection]

    init(_ source: ModelSource, layer: Int, _ shape: LatentShape) throws {
        let block = "blk.\(layer).indexer"
        let heads = try source.size("attention.indexer.head_count", limit: 4096)
        let dimensions = try source.size("attention.indexer.key_length", limit: 1024)
        guard let queryRank = shape.queryRank else {
            throw source.invalid("attention.q_lora_rank", "missing, but the indexer reads such queries")
        }
        indexer = Recorder.KeyIndexer(
            heads: heads, dimensions: dimensions, rope: shape.rope,
            norm: try source.vector("\(block).k_norm", dimensions),
            normBias: try source.requiredBias("\(block).k_norm", dimensions),
            epsilon: try source.float("attention.layer_norm_epsilon") ?? 1e-6,
            count: try source.size("attention.indexer.top_k", limit: 1 << 20))
        queryProjections = [
            Recorder.Projection(
                try source.matrix("\(block).attn_q_b", rows: heads * dimensions, columns: queryRank),
                name: "indexer_q")
        ]
        keyProjections = [
            Recorder.Projection(
                try source.matrix("\(block).attn_k", rows: dimensions, columns: shape.embedding),
                name: "indexer_k"),
            Recorder.Projection(
                try source.matrix("\(block).proj", rows: heads, columns: shape.embedding),
                name: "indexer_weights"),
        ]
    }
}
