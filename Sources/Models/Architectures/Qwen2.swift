import Compute

/// Qwen2 and Qwen2.5 (also the DeepSeek-R1 distills made from them): biases on query, key and
/// value, rotary embedding on halves.
struct Qwen2: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: AttentionProjections
        let output: Weight
        let feedForwardNorm: Vector
        let block: GatedFeedForward
    }

    let embedding: Weight
    let layers: [Layer]
    let outputNorm: Vector
    let output: Weight

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        let width = try source.size("feed_forward_length")
        rope = try shape.rope(source, .halves)
        embedding = try source.matrix("token_embd", rows: shape.vocabulary, columns: shape.embedding)
        layers = try (0..<shape.layers).map { index in
            Layer(
                attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
                attention: try AttentionProjections(source, layer: index, shape),
                output: try source.matrix(
                    "blk.\(index).attn_output", rows: shape.embedding,
                    columns: shape.heads * shape.valueDimensions),
                feedForwardNorm: try source.vector("blk.\(index).ffn_norm", shape.embedding),
                block: try GatedFeedForward(source, layer: index, embedding: shape.embedding, width: width))
        }
        outputNorm = try source.vector("output_norm", shape.embedding)
        output = try shape.output(source)
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        let x = try r.embed(embedding)
        for (index, layer) in layers.enumerated() {
            r.layer = index
            let h = try r.normalize(x, layer.attentionNorm, epsilon: shape.epsilon, name: "attn_norm")
            let (query, key, value) = try layer.attention.record(r, h)
            let attended = try r.attention(
                query: query, key: key, value: value,
                Recorder.Attention(
                    heads: shape.heads, kvHeads: shape.kvHeads, keyDimensions: shape.keyDimensions,
                    valueDimensions: shape.valueDimensions, rope: rope,
                    scale: 1 / Float(shape.keyDimensions).squareRoot()))
            try r.project(r.plain(attended), layer.output, addTo: x, name: "ffn_inp")
            let m = try r.normalize(x, layer.feedForwardNorm, epsilon: shape.epsilon, name: "ffn_norm")
            try r.feedForward(
                m, gate: layer.block.gate, up: layer.block.up, down: layer.block.down, activation: .silu,
                addTo: x)
        }
        r.layer = nil
        let h = try r.normalize(x, outputNorm, epsilon: shape.epsilon, name: "result_norm")
        try r.head(h, output)
    }
}
