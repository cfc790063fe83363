import Compute

/// Llama 2 and 3, Mistral, Mixtral, and the many models that share their form: RMS norms,
/// rotary embedding on neighbouring pairs (as the converter permutes them), grouped query
/// heads, SiLU-gated feed-forward blocks, or routed experts in their place.
struct Llama: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: AttentionProjections
        let output: Weight
        let outputBias: Vector?
        let feedForwardNorm: Vector
        let block: Block
    }
    enum Block {
        case dense(GatedFeedForward)
        case routed(Recorder.Experts)
    }

    let embedding: Weight
    let layers: [Layer]
    let outputNorm: Vector
    let output: Weight

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        rope = try shape.rope(source, .interleaved)
        embedding = try source.matrix("token_embd", rows: shape.vocabulary, columns: shape.embedding)
        let blocks = try Llama.blocks(source, shape)
        layers = try (0..<shape.layers).map { index in
            Layer(
                attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
                attention: try AttentionProjections(source, layer: index, shape),
                output: try source.matrix(
                    "blk.\(index).attn_output", rows: shape.embedding,
                    columns: shape.heads * shape.valueDimensions),
                outputBias: try source.bias("blk.\(index).attn_output", shape.embedding),
                feedForwardNorm: try source.vector("blk.\(index).ffn_norm", shape.embedding),
                block: try blocks(index))
        }
        outputNorm = try source.vector("output_norm", shape.embedding)
        output = try shape.output(source)
    }

    /// Dense or routed, the same in every layer. Mixtral's experts have the feed-forward width.
    private static func blocks(_ source: ModelSource, _ shape: Shape) throws -> (Int) throws -> Block {
        guard try source.int("expert_count") ?? 0 != 0 else {
            let width = try source.size("feed_forward_length")
            return {
                .dense(try GatedFeedForward(source, layer: $0, embedding: shape.embedding, width: width))
            }
        }
        let experts = try ExpertShape(
            source, embedding: shape.embedding, widthKey: "feed_forward_length")
        return { .routed(try experts.block(source, layer: $0, routing: Routing(normalized: true))) }
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
            try r.project(r.plain(attended), layer.output, bias: layer.outputBias, addTo: x, name: "ffn_inp")
            let m = try r.normalize(x, layer.feedForwardNorm, epsilon: shape.epsilon, name: "ffn_norm")
            switch layer.block {
            case .dense(let block):
                try r.feedForward(
                    m, gate: block.gate, up: block.up, down: block.down, activation: .silu, addTo: x)
            case .routed(let experts): try r.experts(m, experts, addTo: x)
            }
        }
        r.layer = nil
        let h = try r.normalize(x, outputNorm, epsilon: shape.epsilon, name: "result_norm")
        try r.head(h, output)
    }
}
