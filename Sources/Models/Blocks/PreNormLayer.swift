import Compute

/// A layer of the usual form: x += attention(norm(x)), then x += feed-forward(norm(x)).
struct PreNormLayer {
    private let attentionNorm: Vector
    private let attention: SelfAttention
    private let feedForwardNorm: Vector
    private let block: FeedForward
    private let epsilon: Float

    /// The parts are read in a layer's order, so that the first that is missing is named.
    ///
    /// - Parameter feedForwardNorm: the name of the second norm's tensor.
    init(
        _ source: ModelSource, layer: Int, _ shape: Shape,
        _ attention: @autoclosure () throws -> SelfAttention,
        _ block: @autoclosure () throws -> FeedForward, feedForwardNorm: String = "ffn_norm"
    ) throws {
        attentionNorm = try source.vector("blk.\(layer).attn_norm", shape.embedding)
        self.attention = try attention()
        self.feedForwardNorm = try source.vector("blk.\(layer).\(feedForwardNorm)", shape.embedding)
        self.block = try block()
        epsilon = shape.epsilon
    }

    func record(_ r: Recorder, _ x: Value, _ form: Recorder.Attention) throws {
        let h = try r.normalize(x, attentionNorm, epsilon: epsilon, name: "attn_norm")
        try attention.record(r, h, form, addTo: x)
        let m = try r.normalize(x, feedForwardNorm, epsilon: epsilon, name: "ffn_norm")
        try block.record(r, m, addTo: x)
    }
}
