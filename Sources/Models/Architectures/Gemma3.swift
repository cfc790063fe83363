import Compute

/// Gemma 3 (text): five layers with a sliding window and a rope base of their own to each one
/// that sees everything; norms before and after each block; embeddings scaled by the square
/// root of their width; GELU gates.
struct Gemma3: Architecture {
    // MARK: Configuration

    let shape: Shape
    let window: KeyRange
    /// Whether a layer looks back over the window only.
    let local: [Bool]
    let globalRope: Rope
    let localRope: Rope
    let scale: Float
    let softcap: Float

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: AttentionProjections
        let queryNorm: Vector
        let keyNorm: Vector
        let output: Weight
        let attentionPostNorm: Vector
        let feedForwardNorm: Vector
        let block: GatedFeedForward
        let feedForwardPostNorm: Vector
    }

    let embedding: Weight
    let layers: [Layer]
    let outputNorm: Vector
    let output: Weight

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        let width = try source.size("feed_forward_length")
        let size = try source.optionalSize("attention.sliding_window")
        window = size.map { .window($0) } ?? .all
        local = try source.localLayers(count: shape.layers, period: 6)
        globalRope = try shape.rope(source, .halves, defaultBase: 1e6)
        localRope = try shape.rope(source, .halves, baseKey: "rope.freq_base_swa", scaled: false)
        // The 27B model (62 layers) divides by the width per head, all others by the head size.
        let divisor = shape.layers == 62 ? shape.embedding / shape.heads : shape.keyDimensions
        scale = 1 / Float(divisor).squareRoot()
        softcap = try source.float("final_logit_softcapping") ?? 0
        embedding = try source.matrix("token_embd", rows: shape.vocabulary, columns: shape.embedding)
        layers = try (0..<shape.layers).map { index in
            Layer(
                attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
                attention: try AttentionProjections(source, layer: index, shape),
                queryNorm: try source.vector("blk.\(index).attn_q_norm", shape.keyDimensions),
                keyNorm: try source.vector("blk.\(index).attn_k_norm", shape.keyDimensions),
                output: try source.matrix(
                    "blk.\(index).attn_output", rows: shape.embedding,
                    columns: shape.heads * shape.valueDimensions),
                attentionPostNorm: try source.vector("blk.\(index).post_attention_norm", shape.embedding),
                feedForwardNorm: try source.vector("blk.\(index).ffn_norm", shape.embedding),
                block: try GatedFeedForward(source, layer: index, embedding: shape.embedding, width: width),
                feedForwardPostNorm: try source.vector("blk.\(index).post_ffw_norm", shape.embedding))
        }
        outputNorm = try source.vector("output_norm", shape.embedding)
        output = try shape.output(source)
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        let x = try r.embed(embedding, scale: Float(shape.embedding).squareRoot())
        for (index, layer) in layers.enumerated() {
            r.layer = index
            let isLocal = local[index]
            let h = try r.normalize(x, layer.attentionNorm, epsilon: shape.epsilon, name: "attn_norm")
            let (query, key, value) = try layer.attention.record(r, h)
            let attended = try r.attention(
                query: query, key: key, value: value,
                Recorder.Attention(
                    heads: shape.heads, kvHeads: shape.kvHeads, keyDimensions: shape.keyDimensions,
                    valueDimensions: shape.valueDimensions, rope: isLocal ? localRope : globalRope,
                    queryNorm: .perHead(layer.queryNorm), keyNorm: .perHead(layer.keyNorm),
                    epsilon: shape.epsilon, scale: scale, range: isLocal ? window : .all))
            let projected = try r.project(
                r.plain(attended), [Recorder.Projection(layer.output, name: "attn_out")])[0]
            try r.add(
                r.normalize(
                    projected, layer.attentionPostNorm, epsilon: shape.epsilon, name: "attn_post_norm"),
                to: x, name: "sa_out")
            let m = try r.normalize(x, layer.feedForwardNorm, epsilon: shape.epsilon, name: "ffn_norm")
            let fed = try r.feedForward(
                m, gate: layer.block.gate, up: layer.block.up, down: layer.block.down, activation: .gelu)
            try r.add(
                r.normalize(fed, layer.feedForwardPostNorm, epsilon: shape.epsilon, name: "ffn_post_norm"),
                to: x,
                name: "l_out")
        }
        r.layer = nil
        let h = try r.normalize(x, outputNorm, epsilon: shape.epsilon, name: "result_norm")
        try r.head(h, output, softcap: softcap)
    }
}
