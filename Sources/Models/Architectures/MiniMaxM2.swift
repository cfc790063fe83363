import Compute

/// MiniMax-M2: RMS norms over all query and all key heads together, rotary embedding on part of
/// each head, experts chosen by sigmoid scores with a bias.
struct MiniMaxM2: Architecture {
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
        let experts = try ExpertShape(source, embedding: shape.embedding)
        let routing = try source.routing(gating: .sigmoid)
        layers = try (0..<shape.layers).map {
            try PreNormLayer(
                source, layer: $0, shape, SelfAttention(source, layer: $0, shape, norms: .allHeads),
                .routed(experts.block(source, layer: $0, routing: routing, selectionBias: true)))
        }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try layers[index].record(r, x, shape.attention(rope: rope))
        }
    }
}
