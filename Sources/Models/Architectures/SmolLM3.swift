import Compute

/// SmolLM3: Llama's form, but every fourth layer does not encode positions.
struct SmolLM3: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope
    /// Layers from one without positions to the next.
    static let ropePeriod = 4

    // MARK: Weights

    let ends: Ends
    let layers: [PreNormLayer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        rope = try shape.rope(source, .interleaved)
        ends = try Ends(source, shape)
        let blocks = try source.denseBlocks(shape)
        layers = try (0..<shape.layers).map {
            try PreNormLayer(
                source, layer: $0, shape, SelfAttention(source, layer: $0, shape), blocks($0))
        }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            let turns = (index + 1) % SmolLM3.ropePeriod != 0
            try layers[index].record(r, x, shape.attention(rope: turns ? rope : nil))
        }
    }
}
