import GGUF

/// What a tensor is for, as far as its type depends on that.
enum TensorRole {
    case tokenEmbedding, query, value, key, fusedAttention, latentKeyValue, attentionOutput
    case feedForwardUp, feedForwardGate, feedForwardDown, output, other

    init(_ name: String) {
        switch name {
        case "output.weight": self = .output
        case "token_embd.weight", "per_layer_token_embd.weight": self = .tokenEmbedding
        default:
            let parts: [(String, TensorRole)] = [
                ("attn_qkv.weight", .fusedAttention), ("attn_kv_b.weight", .latentKeyValue),
                ("attn_v.weight", .value), ("attn_k.weight", .key), ("attn_q.weight", .query),
                ("attn_output.weight", .attentionOutput), ("ffn_up", .feedForwardUp),
                ("ffn_gate", .feedForwardGate), ("ffn_down", .feedForwardDown),
            ]
            self = parts.first { name.contains($0.0) }?.1 ?? .other
        }
    }

    /// Values of attention, which bear quantization less than the rest.
    var isValueLike: Bool { self == .value || self == .fusedAttention || self == .latentKeyValue }
}

extension TensorInfo {
    /// Dimensions that are more than one.
    var rank: Int {
        var rank = dimensions.count
        while rank > 1, dimensions[rank - 1] == 1 { rank -= 1 }
        return rank
    }

    /// Whether its type may be changed: matrices of weights, but not norms, routers, positions and
    /// other small ones.
    func mayChange(keepsOutput: Bool) -> Bool {
        if rank < 2 || !name.hasSuffix("weight") || name.contains("_norm.weight") { return false }
        if keepsOutput, name == "output.weight" { return false }
        if ["position_embd.weight", "token_types.weight"].contains(name) { return false }
        let kept = [
            "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel", "per_layer_model_proj",
            "ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight", "indexer.q_proj.weight",
            "time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight", "time_mix_w2.weight",
            "time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight", "time_mix_a0.weight",
            "time_mix_a1.weight", "time_mix_a2.weight", "time_mix_g1.weight", "time_mix_g2.weight",
            "time_mix_decay_w1.weight", "time_mix_decay_w2.weight", "time_mix_lerp_fused.weight",
            "attn_rel_b.weight", ".position_embd", "sam.pos_embd", "sam.neck.", "sam.net_", ".rel_pos",
            ".patch_embd", ".patch_merger", "a.rvq.codebook", "mm.a.code_embd",
        ]
        return !kept.contains { name.contains($0) }
    }

    /// The layer in `blk.12.`.
    package var layer: Int? {
        guard name.hasPrefix("blk.") else { return nil }
        return Int(name.dropFirst(4).prefix { $0 != "." })
    }
}
