import Compute

/// Llama 4 Scout and Maverick: three layers with rotary embedding that attend within chunks, then
/// one without positions that attends over everything with a temperature for long contexts;
/// one expert per token whose sigmoid weight multiplies its input, beside a shared one; in
/// Maverick every other layer is dense.
struct Llama4: Architecture {
    // MARK: Configuration

    let shape: Shape
    let chunk: KeyRange
    /// Whether a layer attends within its chunk only.
    let local: [Bool]
    let rope: Rope
    /// Norm of queries and keys after their rotation.
    let norm: HeadNorm?
    let temperature: QueryTemperature?
    /// Layers from one without positions to the next.
    static let ropePeriod = 4

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
        // The format has no keys for these: chunks and temperature step are 8192 in all models,
        // a window of 0 means neither, and only the models with 128 experts do without the norm.
        let chunked = try source.int("attention.sliding_window") != 0
        chunk = .chunk(8192)
        local =
            chunked
            ? try source.localLayers(count: shape.layers, period: Llama4.ropePeriod)
            : Array(repeating: false, count: shape.layers)
        temperature = chunked ? QueryTemperature(scale: 0.1, interval: 8192) : nil
        norm = try source.int("expert_count") == 128 ? nil : .unweighted(afterRotation: true)
        let blocks = try Llama4.blocks(source, shape)
        embedding = try source.matrix("token_embd", rows: shape.vocabulary, columns: shape.embedding)
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

    private static func blocks(_ source: ModelSource, _ shape: Shape) throws -> (Int) throws -> Block {
        let period = try source.size("interleave_moe_layer_step", limit: 4096)
        let denseWidth = try source.size("feed_forward_length")
        let routed = try ExpertShape(source, embedding: shape.embedding)
        let routing = Routing(gating: .sigmoid, normalized: false, weightsInput: true)
        return { index in
            guard (index + 1) % period == 0 else {
                return .dense(
                    try GatedFeedForward(
                        source, layer: index, embedding: shape.embedding, width: denseWidth))
            }
            var experts = try routed.block(source, layer: index, routing: routing)
            experts.shared = try source.sharedExpert(
                layer: index, embedding: shape.embedding, width: routed.width)
            return .routed(experts)
        }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        let x = try r.embed(embedding)
        for (index, layer) in layers.enumerated() {
            r.layer = index
            let turns = temperature == nil || (index + 1) % Llama4.ropePeriod != 0
            let h = try r.normalize(x, layer.attentionNorm, epsilon: shape.epsilon, name: "attn_norm")
            let (query, key, value) = try layer.attention.record(r, h)
            let attended = try r.attention(
                query: query, key: key, value: value,
                Recorder.Attention(
                    heads: shape.heads, kvHeads: shape.kvHeads, keyDimensions: shape.keyDimensions,
                    valueDimensions: shape.valueDimensions, rope: turns ? rope : nil,
                    queryNorm: turns ? norm : nil, keyNorm: turns ? norm : nil, epsilon: shape.epsilon,
                    scale: 1 / Float(shape.keyDimensions).squareRoot(),
                    range: local[index] ? chunk : .all, temperature: turns ? nil : temperature))
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
