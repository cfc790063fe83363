import Compute

/// GLM-4.5, 4.6 and Air: rotary embedding on part of each head, norms of query and key in some
/// models, leading dense layers, then experts chosen by sigmoid scores with a bias, beside
/// shared ones. The prediction layers at the end are not run.
struct Glm4MoE: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: AttentionProjections
        let queryNorm: Vector?
        let keyNorm: Vector?
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
        let blocks = try Glm4MoE.blocks(source, shape)
        embedding = try source.matrix("token_embd", rows: shape.vocabulary, columns: shape.embedding)
        layers = try (0..<shape.layers).map { index in
            Layer(
                attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
                attention: try AttentionProjections(source, layer: index, shape),
                queryNorm: try source.optionalVector("blk.\(index).attn_q_norm", shape.keyDimensions),
                keyNorm: try source.optionalVector("blk.\(index).attn_k_norm", shape.keyDimensions),
                output: try source.matrix(
                    "blk.\(index).attn_output", rows: shape.embedding,
                    columns: shape.heads * shape.valueDimensions),
                feedForwardNorm: try source.vector("blk.\(index).post_attention_norm", shape.embedding),
                block: try blocks(index))
        }
        outputNorm = try source.vector("output_norm", shape.embedding)
        output = try shape.output(source)
    }

    private static func blocks(_ source: ModelSource, _ shape: Shape) throws -> (Int) throws -> Block {
        let dense = try source.int("leading_dense_block_count") ?? 0
        let denseWidth = try source.size("feed_forward_length")
        let routed = try ExpertShape(source, embedding: shape.embedding)
        let sharedCount = try source.int("expert_shared_count") ?? 0
        guard (0...1024).contains(sharedCount) else {
            throw source.invalid("expert_shared_count", "\(sharedCount) is outside 0...1024")
        }
        let routing = try source.routing(gating: .sigmoid)
        return { index in
            if index < dense {
                return .dense(
                    try GatedFeedForward(
                        source, layer: index, embedding: shape.embedding, width: denseWidth))
            }
            var experts = try routed.block(source, layer: index, routing: routing, selectionBias: true)
            if sharedCount > 0 {
                experts.shared = try source.sharedExpert(
                    layer: index, embedding: shape.embedding, width: routed.width * sharedCount)
            }
            return .routed(experts)
        }
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
                    queryNorm: layer.queryNorm.map { .perHead($0) },
                    keyNorm: layer.keyNorm.map { .perHead($0) }, epsilon: shape.epsilon,
                    scale: 1 / Float(shape.keyDimensions).squareRoot()))
            try r.project(r.plain(attended), layer.output, addTo: x, name: "ffn_inp")
            let m = try r.normalize(x, layer.feedForwardNorm, epsilon: shape.epsilon, name: "post_attn_norm")
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
