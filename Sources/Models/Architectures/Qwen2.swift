import Compute

/// Qwen2 and Qwen2.5 (also the DeepSeek-R1 distills made from them): biases on query, key and
/// value, rotary embedding on halves.
struct Qwen2: Architecture {
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
        let blocks = try source.denseBlocks(shape)
        layers = try (0..<shape.layers).map {
            try PreNormLayer(
                source, layer: $0, shape, SelfAttention(source, layer: $0, shape), blocks($0))
        }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(r, layers: shape.layers, epsilon: shape.epsilon) { x, index in
            try layers[index].record(r, x, shape.attention(rope: rope))
        }
    }
}
