import Compute

/// Qwen3, dense and mixture-of-experts: RMS norms on every query and key head before the
/// rotation, no biases; the router's chosen weights are made to sum to one.
struct Qwen3: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: AttentionProjections
        let queryNorm: Vector
        let keyNorm: Vector
        let output: Weight
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
        rope = try shape.rope(source, .halves)
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
                feedForwardNorm: try source.vector("blk.\(index).ffn_norm", shape.embedding),
                block: try Qwen3.block(source, index, shape))
        }
        outputNorm = try source.vector("output_norm", shape.embedding)
        output = try shape.output(source)
    }

    private static func block(_ source: ModelSource, _ index: Int, _ shape: Shape) throws -> Block {
        guard source.architecture == "qwen3moe" else {
            let width = try source.size("feed_forward_length")
            return .dense(
                try GatedFeedForward(source, layer: index, embedding: shape.embedding, width: width))
        }
        return .routed(
            try ExpertShape(source, embedding: shape.embedding).block(
                source, layer: index, routing: Routing(normalized: true)))
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
                    queryNorm: .perHead(layer.queryNorm), keyNorm: .perHead(layer.keyNorm),
                    epsilon: shape.epsilon,
                    scale: 1 / Float(shape.keyDimensions).squareRoot()))
            try r.project(r.plain(attended), layer.output, addTo: x, name: "ffn_inp")
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
