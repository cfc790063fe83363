import Compute

/// The feed-forward blocks of models whose first layers are dense and whose others have routed
/// experts beside shared ones.
struct LeadingDense {
    private let denseLayers: Int
    private let denseWidth: Int
    private let routed: ExpertShape
    private let sharedCount: Int
    private let routing: Routing
    private let embedding: Int
    private let biased: Bool

    /// - Parameters:
    ///   - routing: how experts are chosen, but for the bias on their scores.
    ///   - biased: whether every layer must have that bias; otherwise it is taken where it is.
    init(_ source: ModelSource, embedding: Int, routing: Routing, biased: Bool = false) throws {
        self.biased = biased
        self.embedding = embedding
        self.routing = routing
        denseLayers = try source.int("leading_dense_block_count") ?? 0
        denseWidth = try source.size("feed_forward_length")
        routed = try ExpertShape(source, embedding: embedding)
        sharedCount = try source.int("expert_shared_count") ?? 0
        guard (0...1024).contains(sharedCount) else {
            throw source.invalid("expert_shared_count", "\(sharedCount) is outside 0...1024")
        }
    }

    func block(_ source: ModelSource, layer: Int) throws -> FeedForward {
        if layer < denseLayers {
            return .dense(
                try GatedFeedForward(source, layer: layer, embedding: embedding, width: denseWidth))
        }
        var experts = try routed.block(
            source, layer: layer, routing: routing,
            selectionBias: biased || source.weights.contains("blk.\(layer).exp_probs_b.bias"))
        if sharedCount > 0 {
            experts.shared = try source.sharedExpert(
                layer: layer, embedding: embedding, width: routed.width * sharedCount)
        }
        return .routed(experts)
    }
}

extension ModelSource {
    /// The routing of DeepSeek's family: unlike in others, weights that the file does not say to
    /// normalize are not, and the experts may stand in groups.
    func groupedRouting(gating: Routing.Gating) throws -> Routing {
        var routing = try routing(gating: gating)
        routing.normalized = try bool("expert_weights_norm") ?? false
        let count = try int("expert_group_count") ?? 0
        if count > 1 {
            routing.groups = Routing.Groups(
                count: count, used: try int("expert_group_used_count") ?? count,
                score: routing.gating == .softmax ? .best : .bestTwo)
        }
        return routing
    }
}
