import Compute

/// gpt-oss: attention with a sink logit per head, over a window and over everything in turn;
/// YaRN; biases on every matrix; experts with a clamped gate, weighted by the softmax over the
/// chosen ones.
struct GptOss: Architecture {
    // MARK: Configuration

    let shape: Shape
    let window: KeyRange
    /// Whether a layer looks back over the window only.
    let local: [Bool]
    let rope: Rope

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        let attention: AttentionProjections
        let sinks: Vector
        let output: Weight
        let outputBias: Vector
        let feedForwardNorm: Vector
        let experts: Recorder.Experts
    }

    let embedding: Weight
    let layers: [Layer]
    let outputNorm: Vector
    let output: Weight

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        window = .window(try source.size("attention.sliding_window"))
        local = try source.localLayers(count: shape.layers, period: 2)
        // The published models (original context 4096) leave the ends of YaRN's ramp between pairs;
        // the format has no key for that.
        let published = try source.int("rope.scaling.original_context_length") == 4096
        rope = try source.rope(.halves, headSize: shape.keyDimensions, yarnTruncates: !published)
        let experts = try ExpertShape(source, embedding: shape.embedding)
        embedding = try source.matrix("token_embd", rows: shape.vocabulary, columns: shape.embedding)
        layers = try (0..<shape.layers).map { index in
            Layer(
                attentionNorm: try source.vector("blk.\(index).attn_norm", shape.embedding),
                attention: try AttentionProjections(source, layer: index, shape, biased: true),
                sinks: try source.vector("blk.\(index).attn_sinks", shape.heads),
                output: try source.matrix(
                    "blk.\(index).attn_output", rows: shape.embedding,
                    columns: shape.heads * shape.valueDimensions),
                outputBias: try source.requiredBias("blk.\(index).attn_output", shape.embedding),
                feedForwardNorm: try source.vector("blk.\(index).post_attention_norm", shape.embedding),
                experts: try experts.block(
                    source, layer: index, routing: Routing(gating: .softmaxOfChosen, normalized: false),
                    activation: .swiGLUClamped(alpha: 1.702, limit: 7), biases: true))
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
                    scale: 1 / Float(shape.keyDimensions).squareRoot(),
                    range: local[index] ? window : .all, sinks: layer.sinks))
            try r.project(r.plain(attended), layer.output, bias: layer.outputBias, addTo: x, name: "ffn_inp")
            let m = try r.normalize(x, layer.feedForwardNorm, epsilon: shape.epsilon, name: "attn_post_norm")
            try r.experts(m, layer.experts, addTo: x)
        }
        r.layer = nil
        let h = try r.normalize(x, outputNorm, epsilon: shape.epsilon, name: "result_norm")
        try r.head(h, output)
    }
}
