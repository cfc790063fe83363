import Compute

/// Qwen1.5 and Qwen2 mixture-of-experts: Qwen2's attention, routed experts whose weights are the
/// router's softmax as it is, and a wider shared expert behind a sigmoid gate of its own.
struct Qwen2MoE: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope

    // MARK: Weights

    let ends: Ends
    let layers: [PreNormLayer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        rope = try shape.rope(source, .halves)
        ends = try Ends(source, shape)
        let routed = try ExpertShape(source, embedding: shape.embedding)
        // Files without a width of the shared expert mean the feed-forward width.
        let sharedWidth =
            try source.optionalSize("expert_shared_feed_forward_length")
            ?? source.size("feed_forward_length")
        layers = try (0..<shape.layers).map { index in
            var experts = try routed.block(source, layer: index, routing: Routing(normalized: false))
            experts.shared = try source.sharedExpert(
                layer: index, embedding: shape.embedding, width: sharedWidth, weighted: true)
            return try PreNormLayer(
                source, layer: index, shape, SelfAttention(source, layer: index, shape), .routed(experts))
        }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try layers[index].record(r, x, shape.attention(rope: rope))
        }
    }
}
