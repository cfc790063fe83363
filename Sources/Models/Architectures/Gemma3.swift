import Compute

/// Gemma 3 (text): five layers with a sliding window and a rope base of their own to each one
/// that sees everything; norms before and after each block; embeddings scaled by the square
/// root of their width; GELU gates.
struct Gemma3: Architecture {
    // MARK: Configuration

    let shape: Shape
    let window: KeyRange
    /// Whether a layer looks back over the window only.
    let local: [Bool]
    let globalRope: Rope
    let localRope: Rope
    let scale: Float
    let softcap: Float

    // MARK: Weights

    let ends: Ends
    let layers: [SandwichLayer]

    init(_ source: ModelSource) throws {
        let shape = try Shape(source)
        self.shape = shape
        let size = try source.optionalSize("attention.sliding_window")
        window = size.map { .window($0) } ?? .all
        local = try source.localLayers(count: shape.layers, period: 6)
        globalRope = try shape.rope(source, .halves, defaultBase: 1e6)
        localRope = try shape.rope(source, .halves, baseKey: "rope.freq_base_swa", scaled: false)
        // The 27B model (62 layers) divides by the width per head, all others by the head size.
        let divisor = shape.layers == 62 ? shape.embedding / shape.heads : shape.keyDimensions
        scale = 1 / Float(divisor).squareRoot()
        softcap = try source.float("final_logit_softcapping") ?? 0
        ends = try Ends(source, shape)
        layers = try (0..<shape.layers).map { try SandwichLayer(source, layer: $0, shape, norms: .perHead) }
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        try ends.record(
            r, layers: shape.layers, epsilon: shape.epsilon, scale: Float(shape.embedding).squareRoot(),
            softcap: softcap
        ) { x, index in
            var form =
                local[index]
                ? shape.attention(rope: localRope, range: window) : shape.attention(rope: globalRope)
            form.scale = scale
            try layers[index].record(r, x, form)
        }
    }
}
