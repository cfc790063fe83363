import Compute
import Glibc

/// The sizes of latent attention (DeepSeek V2 and V3, GLM-5) and how positions enter it.
struct LatentShape {
    let heads: Int
    /// Elements of a compressed query; nil: queries are projected at once.
    let queryRank: Int?
    /// Elements of a compressed key and value.
    let rank: Int
    let plainDimensions: Int
    let valueDimensions: Int
    let embedding: Int
    let epsilon: Float
    let rope: Rope
    /// Factor on query x key.
    let scale: Float

    var turningDimensions: Int { rope.dimensions }
    var keyDimensions: Int { plainDimensions + rope.dimensions }

    init(_ source: ModelSource) throws {
        heads = try source.size("attention.head_count", limit: 4096)
        queryRank = try source.optionalSize("attention.q_lora_rank")
        rank = try source.size("attention.kv_lora_rank", limit: 1024)
        embedding = try source.size("embedding_length")
        epsilon = try source.float("attention.layer_norm_rms_epsilon") ?? 1e-6
        // Where the file tells them apart, the keys without `_mla` are the compressed ones.
        let keyLength = try source.optionalSize("attention.key_length_mla", limit: 1024)
        let valueLength = try source.optionalSize("attention.value_length_mla", limit: 1024)
        let keys = try keyLength ?? source.size("attention.key_length", limit: 1024)
        valueDimensions = try valueLength ?? source.size("attention.value_length", limit: 1024)

        let yarn = try LatentShape.yarn(source)
        rope = try source.rope(.interleaved, headSize: keys, yarnMagnitude: yarn?.magnitude)
        guard rope.dimensions > 0, rope.dimensions < keys, rank + rope.dimensions <= 1024 else {
            throw source.invalid(
                "rope.dimension_count", "\(rope.dimensions) in heads of \(keys), rows of \(rank)")
        }
        plainDimensions = keys - rope.dimensions
        let sharpness = yarn?.sharpness ?? 1
        scale = sharpness * sharpness / Float(keys).squareRoot()
    }

    /// YaRN's two multipliers as DeepSeek uses them: one on cosines and sines, one (squared) on
    /// all of query x key. nil: the file does not give any.
    private static func yarn(_ source: ModelSource) throws -> (magnitude: Float, sharpness: Float)? {
        guard try source.string("rope.scaling.type") == "yarn",
            // A tenth of the configuration's `mscale_all_dim`, as converters write it.
            let multiplier = try source.float("rope.scaling.yarn_log_multiplier"), multiplier != 0
        else { return nil }
        guard multiplier.isFinite else {
            throw source.invalid("rope.scaling.yarn_log_multiplier", "\(multiplier)")
        }
        let growth = logf(max(1, try source.positive("rope.scaling.factor") ?? 1))
        let sharpness = 1 + multiplier * growth
        // Files do not give `mscale`. It equals `mscale_all_dim` in DeepSeek's models, and is 1 in others.
        let magnitude = source.architecture == "deepseek2" ? 1 : (1 + 0.1 * growth) / sharpness
        guard magnitude.isFinite, sharpness.isFinite else {
            throw source.invalid("rope.scaling.yarn_log_multiplier", "\(multiplier)")
        }
        return (magnitude, sharpness)
    }
}

/// The weights of a layer's latent attention.
struct LatentProjections {
    private let shape: LatentShape
    /// One matrix, or two with a norm between.
    private let query: Weight
    private let queryNorm: Vector?
    private let expandedQuery: Weight?
    private let compressed: Weight
    private let norm: Vector
    private let keys: Weight
    private let expandedKeys: Weight?
    private let values: Weight
    private let output: Weight
    private let indexer: SparseIndexer?

    init(
        _ source: ModelSource, layer: Int, _ shape: LatentShape, indexer: SparseIndexer? = nil
    ) throws {
        self.indexer = indexer
        self.shape = shape
        let block = "blk.\(layer)"
        let queryWidth = shape.heads * shape.keyDimensions
        if let rank = shape.queryRank {
            query = try source.matrix("\(block).attn_q_a", rows: rank, columns: shape.embedding)
            queryNorm = try source.vector("\(block).attn_q_a_norm", rank)
            expandedQuery = try source.matrix("\(block).attn_q_b", rows: queryWidth, columns: rank)
        } else {
            query = try source.matrix("\(block).attn_q", rows: queryWidth, columns: shape.embedding)
            queryNorm = nil
            expandedQuery = nil
        }
        compressed = try source.matrix(
            "\(block).attn_kv_a_mqa", rows: shape.rank + shape.turningDimensions, columns: shape.embedding)
        norm = try source.vector("\(block).attn_kv_a_norm", shape.rank)
        (keys, values, expandedKeys) = try source.weights.latentHeads(
            block, heads: shape.heads, rank: shape.rank, keyDimensions: shape.plainDimensions,
            valueDimensions: shape.valueDimensions)
        output = try source.matrix(
            "\(block).attn_output", rows: shape.embedding, columns: shape.heads * shape.valueDimensions)
    }

    /// Adds attention over the normalized rows `h` to `x`.
    ///
    /// - Parameter selection: keys that an earlier layer chose; nil: all, unless this layer
    ///   chooses some itself.
    /// - Returns: the keys that were looked at; nil: all.
    @discardableResult
    func record(
        _ r: Recorder, _ h: Input, addTo x: Value, selection: Recorder.Selection? = nil
    ) throws -> Recorder.Selection? {
        let projected = try r.project(
            h,
            [Recorder.Projection(query, name: "q"), Recorder.Projection(compressed, name: "kv_cmpr_pe")]
                + (indexer?.keyProjections ?? []))
        var selection = selection
        var queries = projected[0]
        if let queryNorm, let expandedQuery {
            let normalized = try r.normalize(queries, queryNorm, epsilon: shape.epsilon, name: "q_norm")
            let expanded = try r.project(
                normalized,
                [Recorder.Projection(expandedQuery, name: "q_b")] + (indexer?.queryProjections ?? []))
            queries = expanded[0]
            if let indexer {
                selection = try r.selectKeys(
                    query: expanded[1], key: projected[2], weights: projected[3], indexer.indexer)
            }
        }
        let attended = try r.attention(
            query: queries, compressed: projected[1],
            Recorder.LatentAttention(
                heads: shape.heads, rank: shape.rank, plainDimensions: shape.plainDimensions,
                valueDimensions: shape.valueDimensions, rope: shape.rope, norm: norm,
                epsilon: shape.epsilon, keys: keys, values: values, scale: shape.scale,
                expandedKeys: expandedKeys),
            selection: selection)
        try r.project(r.plain(attended), output, addTo: x, name: "ffn_inp")
        return selection
    }
}
