import Compute

/// Gemma 2: attention over a window and over everything in turn; soft caps on attention scores
/// and logits; norms before and after each block; embeddings scaled by the square root of their
/// width; GELU gates.
struct Gemma2: Architecture {
    // MARK: Configuration

    let shape: Shape
    let window: KeyRange
    /// Whether a layer looks back over the window only.
    let local: [Bool]
    let rope: Rope
    let scale: Float
    let attentionSoftcap: Float
    let softcap: Float

    // MARK: Weights

    let ends: Ends
    let layers: [SandwichLayer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        window = .window(try source.optionalSize("attention.sliding_window") ?? 4096)
        local = try source.localLayers(count: shape.layers, period: 2)
        rope = try shape.rope(source, .halves)
        // The 27B model (46 layers) divides by the width per head, the others by the head size.
        let divisor = shape.layers == 46 ? shape.embedding / shape.heads : shape.keyDimensions
        scale = 1 / Float(divisor).squareRoot()
        attentionSoftcap = try source.float("attn_logit_softcapping") ?? 50
        softcap = try source.float("final_logit_softcapping") ?? 30
        ends = try Ends(source, shape)
        layers = try (0..<shape.layers).map { try SandwichLayer(source, layer: $0, shape) }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(
            r, layers: shape.layers, epsilon: shape.epsilon, scale: Float(shape.embedding).squareRoot(),
            softcap: softcap
        ) { x, index in
            var form = shape.attention(rope: rope, range: local[index] ? window : .all)
            form.scale = scale
            form.softcap = attentionSoftcap
            try layers[index].record(r, x, form)
        }
    }
}
