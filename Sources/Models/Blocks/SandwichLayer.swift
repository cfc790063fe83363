import Compute

/// A layer of Gemma 2 and 3: attention and a GELU-gated block, each with a norm before it and
/// one on its result.
struct SandwichLayer {
    private let attentionNorm: Vector
    private let attention: SelfAttention
    private let attentionPostNorm: Vector
    private let feedForwardNorm: Vector
    private let block: GatedFeedForward
    private let feedForwardPostNorm: Vector
    private let epsilon: Float

    init(
        _ source: ModelSource, layer: Int, _ shape: Shape, norms: SelfAttention.Norms = .none
    ) throws {
        let name = "blk.\(layer)"
        attentionNorm = try source.vector("\(name).attn_norm", shape.embedding)
        attention = try SelfAttention(source, layer: layer, shape, norms: norms)
        attentionPostNorm = try source.vector("\(name).post_attention_norm", shape.embedding)
        feedForwardNorm = try source.vector("\(name).ffn_norm", shape.embedding)
        block = try GatedFeedForward(
            source, layer: layer, embedding: shape.embedding, width: source.size("feed_forward_length"))
        feedForwardPostNorm = try source.vector("\(name).post_ffw_norm", shape.embedding)
        epsilon = shape.epsilon
    }

    func record(_ r: Recorder, _ x: Value, _ form: Recorder.Attention) throws {
        let h = try r.normalize(x, attentionNorm, epsilon: epsilon, name: "attn_norm")
        let attended = try attention.record(r, h, form)
        try r.add(
            r.normalize(attended, attentionPostNorm, epsilon: epsilon, name: "attn_post_norm"), to: x,
            name: "sa_out")
        let m = try r.normalize(x, feedForwardNorm, epsilon: epsilon, name: "ffn_norm")
        let fed = try r.feedForward(
            m, gate: block.gate, up: block.up, down: block.down, activation: .gelu)
        try r.add(
            r.normalize(fed, feedForwardPostNorm, epsilon: epsilon, name: "ffn_post_norm"), to: x,
            name: "l_out")
    }
}
