import Compute

/// What a file says about the size of its mixture-of-experts blocks.
struct ExpertShape {
    let count: Int
    let used: Int
    let width: Int
    let embedding: Int

    /// - Parameter widthKey: where the experts' width stands.
    init(_ source: ModelSource, embedding: Int, widthKey: String = "expert_feed_forward_length") throws {
        self.embedding = embedding
        count = try source.size("expert_count", limit: 4096)
        let trained = try source.size("expert_used_count", limit: 4096)
        guard trained <= count else {
            throw source.invalid("expert_used_count", "\(trained) of \(count) experts")
        }
        used = source.expertsUsed ?? trained
        guard used >= 1, used <= trained else {
            throw source.invalid(
                "expert_used_count",
                "the model uses \(trained) experts for a token; --experts-used takes 1 to \(trained)")
        }
        width = try source.size(widthKey)
    }

    /// What a layer's tensors say about its experts, as the recorder takes it.
    ///
    /// - Parameters:
    ///   - biases: the router and the experts' matrices have biases.
    ///   - scales: every expert's result has a factor (`ffn_down_exps.scale`).
    ///   - selectionBias: the router has a bias for choosing only (`exp_probs_b`).
    func block(
        _ source: ModelSource, layer: Int, routing: Routing, activation: Activation = .silu,
        biases: Bool = false, scales: Bool = false, selectionBias: Bool = false
    ) throws -> Recorder.Experts {
        let block = "blk.\(layer)"
        var routing = routing
        if selectionBias {
            routing.selectionBias = try source.requiredBias("\(block).exp_probs_b", count)
        }
        let (gate, up) = try gateAndUp(source, block)
        var experts = Recorder.Experts(
            router: try source.matrix("\(block).ffn_gate_inp", rows: count, columns: embedding), gate: gate,
            up: up,
            down: try matrices(source, block, "ffn_down", rows: embedding, columns: width),
            used: used, routing: routing, activation: activation)
        if biases {
            experts.routerBias = try source.requiredBias("\(block).ffn_gate_inp", count)
            experts.gateBias = try source.expertBiases("\(block).ffn_gate_exps", count, width)
            experts.upBias = try source.expertBiases("\(block).ffn_up_exps", count, width)
            experts.downBias = try source.expertBiases("\(block).ffn_down_exps", count, embedding)
        }
        if scales {
            experts.downScale = try source.weights.vector("\(block).ffn_down_exps.scale", count: count)
        }
        return experts
    }

    /// Two tensors, or one that holds both for every expert.
    private func gateAndUp(_ source: ModelSource, _ block: String) throws -> (Weight, Weight) {
        if source.contains("\(block).ffn_gate_up_exps") {
            let fused = try source.experts(
                "\(block).ffn_gate_up_exps", count, rows: 2 * width, columns: embedding)
            return (fused.rows(0..<width), fused.rows(width..<2 * width))
        }
        return (
            try matrices(source, block, "ffn_gate", rows: width, columns: embedding),
            try matrices(source, block, "ffn_up", rows: width, columns: embedding)
        )
    }

    /// One tensor for all experts, or in the first files of Mixtral one for each.
    private func matrices(
        _ source: ModelSource, _ block: String, _ name: String, rows: Int, columns: Int
    ) throws -> Weight {
        if source.contains("\(block).\(name).0") {
            return try source.weights.separateExperts(
                "\(block).\(name)", count, rows: rows, columns: columns)
        }
        return try source.experts("\(block).\(name)_exps", count, rows: rows, columns: columns)
    }
}

extension ModelSource {
    /// The routing that the metadata describes: gating, normalization and scale of the weights.
    ///
    /// - Parameter gating: where the file does not say.
    func routing(gating: Routing.Gating) throws -> Routing {
        var gating = gating
        switch try int("expert_gating_func") ?? 0 {
        case 0: break
        case 1: gating = .softmax
        case 2: gating = .sigmoid
        case 3: gating = .softmaxOfChosen
        case let other:
            throw invalid("expert_gating_func", "\(other) is not supported; supported are 1, 2, 3")
        }
        let scale = try float("expert_weights_scale") ?? 1
        guard scale.isFinite else { throw invalid("expert_weights_scale", "\(scale)") }
        // Files of models without a scale say 0.
        return Routing(
            gating: gating, normalized: try bool("expert_weights_norm") ?? true, scale: scale == 0 ? 1 : scale
        )
    }

    /// The expert of a layer that every token passes.
    ///
    /// - Parameter weighted: a matrix of one row gives the weight of its result.
    func sharedExpert(
        layer: Int, embedding: Int, width: Int, weighted: Bool = false
    ) throws -> Recorder.SharedExpert {
        let block = "blk.\(layer)"
        return Recorder.SharedExpert(
            gate: try matrix("\(block).ffn_gate_shexp", rows: width, columns: embedding),
            up: try matrix("\(block).ffn_up_shexp", rows: width, columns: embedding),
            down: try matrix("\(block).ffn_down_shexp", rows: embedding, columns: width),
            scale: weighted
                ? try matrix("\(block).ffn_gate_inp_shexp", rows: 1, columns: embedding) : nil)
    }
}
