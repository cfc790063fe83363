import Compute

/// What follows attention in a layer: one block that every token passes, or routed experts.
enum FeedForward {
    case dense(GatedFeedForward)
    case routed(Recorder.Experts)

    /// Adds the block's result for the normalized rows to `target`.
    func record(_ r: Recorder, _ x: Input, addTo target: Value) throws {
        switch self {
        case .dense(let block):
            try r.feedForward(
                x, gate: block.gate, up: block.up, down: block.down, activation: .silu, addTo: target)
        case .routed(let experts): try r.experts(x, experts, addTo: target)
        }
    }
}

extension ModelSource {
    /// The dense blocks of a model that has one in every layer.
    func denseBlocks(_ shape: Shape) throws -> (Int) throws -> FeedForward {
        let width = try size("feed_forward_length")
        return {
            .dense(try GatedFeedForward(self, layer: $0, embedding: shape.embedding, width: width))
        }
    }
}
