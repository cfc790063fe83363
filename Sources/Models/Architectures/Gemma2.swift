import Compute

/// Gemma 2: attention over a window and over everything in turn; soft caps on attention scores
/// and logits; norms before and after each block; embeddings scaled by the square root of their
/// width; GELU gates.
struct Gemma2: Architecture {
    // MARK: Configuration

    let shape: Shape
    let window: KeyRange
    /// Whether a layer looks back over the window only.
    let local: [Bool]
    let rope: Rope
    let scale: Float
    let attentionSoftcap: Float
    let softcap: Float

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: AttentionProjections
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
        window = .window(try source.optionalSize("attention.sliding_window") ?? 4096)
        local = try source.localLayers(count: shape.layers, period: 2)
        rope = try shape.rope(source, .halves)
        // The 27B model (46 layers) divides by the width per head, the others by the head size.
        let divisor = shape.layers == 46 ? shape.embedding / shape.heads : shape.keyDimensions
        scale = 1 / Float(divisor).squareRoot()
        attentionSoftcap = try source.float("attn_logit_softcapping") ?? 50
        softcap = try source.float("final_logit_softcapping") ?? 30
        embedding = try source.matrix("token_embd", rows: shape.vocabulary, columns: shape.embedding)
        layers = try (0..<shape.layers).map { index in
            Layer(
                attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
                attention: try AttentionProjections(source, layer: index, shape),
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
            let h = try r.normalize(x, layer.attentionNorm, epsilon: shape.epsilon, name: "attn_norm")
            let (query, key, value) = try layer.attention.record(r, h)
            let attended = try r.attention(
                query: query, key: key, value: value,
                Recorder.Attention(
                    heads: shape.heads, kvHeads: shape.kvHeads, keyDimensions: shape.keyDimensions,
                    valueDimensions: shape.valueDimensions, rope: rope, scale: scale,
                    softcap: attentionSoftcap, range: local[index] ? window : .all))
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
                to: x, name: "l_out")
        }
        r.layer = nil
        let h = try r.normalize(x, outputNorm, epsilon: shape.epsilon, name: "result_norm")
        try r.head(h, output, softcap: softcap)
    }
}
