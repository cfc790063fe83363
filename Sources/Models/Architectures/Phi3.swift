import Compute

/// Phi-3, Phi-3.5 (dense) and Phi-4: fused query/key/value and gate/up, rotary embedding with
/// factors for short and long contexts, a sliding window in all layers of some models.
struct Phi3: Architecture {
    // MARK: Configuration

    let shape: Shape
    let rope: Rope
    let range: KeyRange

    // MARK: Weights

    let ends: Ends
    let layers: [PreNormLayer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        rope = try shape.rope(source, .halves)
        // Files of models without a window say 0.
        let window = try source.int("attention.sliding_window") ?? 0
        guard window >= 0 else { throw source.invalid("attention.sliding_window", "\(window)") }
        range = window > 0 ? .window(window) : .all
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
            try layers[index].record(r, x, shape.attention(rope: rope, range: range))
        }
    }
}
