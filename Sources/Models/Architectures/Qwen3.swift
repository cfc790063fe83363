import Compute

/// Qwen3, dense and mixture-of-experts: RMS norms on every query and key head before the
/// rotation, no biases; the router's chosen weights are made to sum to one.
struct Qwen3: Architecture {
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
        let blocks = try Qwen3.blocks(source, shape)
        layers = try (0..<shape.layers).map {
            try PreNormLayer(
                source, layer: $0, shape, SelfAttention(source, layer: $0, shape, norms: .perHead),
                blocks($0))
        }
    }

    private static func blocks(
        _ source: ModelSource, _ shape: Shape
    ) throws -> (Int) throws -> FeedForward {
        guard source.architecture == "qwen3moe" else { return try source.denseBlocks(shape) }
        let experts = try ExpertShape(source, embedding: shape.embedding)
        return { .routed(try experts.block(source, layer: $0, routing: Routing(normalized: true))) }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try layers[index].record(r, x, shape.attention(rope: rope))
        }
    }
}
