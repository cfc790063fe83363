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

    let ends: Ends
    let layers: [PreNormLayer]

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
        ends = try Ends(source, shape)
        layers = try (0..<shape.layers).map {
            try PreNormLayer(
                source, layer: $0, shape, SelfAttention(source, layer: $0, shape), blocks($0))
        }
    }

    private static func blocks(
        _ source: ModelSource, _ shape: Shape
    ) throws -> (Int) throws -> FeedForward {
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
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            let turns = temperature == nil || (index + 1) % Llama4.ropePeriod != 0
            var form = shape.attention(rope: turns ? rope : nil, range: local[index] ? chunk : .all)
            form.queryNorm = turns ? norm : nil
            form.keyNorm = turns ? norm : nil
            form.temperature = turns ? nil : temperature
            try layers[index].record(r, x, form)
        }
    }
}
