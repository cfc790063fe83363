import Compute

/// What nearly every transformer states about itself.
struct Shape {
    let layers: Int
    let embedding: Int
    let heads: Int
    let kvHeads: Int
    let keyDimensions: Int
    let valueDimensions: Int
    let epsilon: Float
    let vocabulary: Int

    init(_ source: ModelSource) throws {
        layers = try Shape.layerCount(source)
        embedding = try source.size("embedding_length")
        heads = try source.size("attention.head_count", limit: 4096)
        kvHeads = try source.optionalSize("attention.head_count_kv", limit: 4096) ?? heads
        guard heads % kvHeads == 0 else {
            throw source.invalid("attention.head_count_kv", "\(heads) heads do not divide among \(kvHeads)")
        }
        keyDimensions = try source.optionalSize("attention.key_length", limit: 1024) ?? embedding / heads
        valueDimensions = try source.optionalSize("attention.value_length", limit: 1024) ?? embedding / heads
        epsilon = try source.float("attention.layer_norm_rms_epsilon") ?? 1e-5
        vocabulary = try source.vocabularySize()
    }

    /// Layers of the model itself. `block_count` also counts the prediction layers behind them
    /// (multi-token prediction, "nextn"), which are not run.
    static func layerCount(_ source: ModelSource) throws -> Int {
        let all = try source.size("block_count", limit: 4096)
        let prediction = try source.int("nextn_predict_layers") ?? 0
        guard prediction >= 0, prediction < all else {
            throw source.invalid("nextn_predict_layers", "\(prediction) of \(all) layers")
        }
        return all - prediction
    }

    /// The rotary embedding that the metadata describes, for heads of this shape.
    func rope(
        _ source: ModelSource, _ pairing: Rope.Pairing, baseKey: String = "rope.freq_base",
        defaultBase: Float = 10000, scaled: Bool = true
    ) throws -> Rope {
        try source.rope(
            pairing, headSize: keyDimensions, baseKey: baseKey, defaultBase: defaultBase, scaled: scaled)
    }
}
