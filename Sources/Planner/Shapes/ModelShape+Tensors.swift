extension ModelShape {
    /// The tensors of a GGUF file of this shape, in the order of its layers.
    public var tensors: [PlannedTensor] {
        var list = TensorList()
        list.add("token_embd.weight", width, vocabulary)
        for layer in 0..<layers {
            list.layer = layer
            list.add("attn_norm.weight", width)
            if latent != nil {
                addLatentAttention(to: &list)
            } else if let recurrent, (layer + 1) % recurrent.attentionPeriod != 0 {
                addRecurrent(recurrent, to: &list)
            } else {
                addAttention(layer, to: &list)
            }
            addNorms(to: &list)
            if hasExperts(layer) { addExperts(to: &list) }
            if !hasExperts(layer) || architecture == "gemma4" { addFeedForward(to: &list) }
        }
        list.layer = nil
        list.add("output_norm.weight", width)
        if !tied { list.add("output.weight", width, vocabulary) }
        return list.tensors
    }

    /// Whether a layer routes its tokens.
    func hasExperts(_ layer: Int) -> Bool {
        experts > 0 && layer >= leadingDense && (layer + 1) % expertPeriod == 0
    }

    /// Whether a layer looks back only so far as the window.
    func hasWindow(_ layer: Int) -> Bool {
        // gpt-oss and gemma 2 begin with a window; the last of each period has none.
        window > 0 && (layer + 1) % windowPeriod != 0
    }

    private func addAttention(_ layer: Int, to list: inout TensorList) {
        let full = fullHeadWidth != nil && !hasWindow(layer)
        let headWidth = full ? fullHeadWidth ?? headWidth : headWidth
        let keyValue = (full ? fullKeyValueHeads ?? keyValueHeads : keyValueHeads) * headWidth
        let query = heads * headWidth
        // A gate of the query's width comes with the query.
        let gated = recurrent != nil
        if architecture == "phi3" {
            list.add("attn_qkv.weight", width, query + 2 * keyValue)
        } else {
            list.add("attn_k.weight", width, keyValue)
            list.add("attn_q.weight", width, gated ? 2 * query : query)
            // Gemma 4 uses keys as values where it looks all the way back.
            if !full { list.add("attn_v.weight", width, keyValue) }
        }
        list.add("attn_output.weight", query, width)
        switch architecture {
        case "qwen2", "qwen2moe", "glm4moe":
            list.add("attn_q.bias", query)
            list.add("attn_k.bias", keyValue)
            list.add("attn_v.bias", keyValue)
        case "gpt-oss":
            list.add("attn_q.bias", query)
            list.add("attn_k.bias", keyValue)
            list.add("attn_v.bias", keyValue)
            list.add("attn_output.bias", width)
            list.add("attn_sinks.weight", heads)
        case "qwen3", "qwen3moe", "qwen3next", "qwen35", "qwen35moe", "gemma3", "gemma4":
            list.add("attn_q_norm.weight", headWidth)
            list.add("attn_k_norm.weight", headWidth)
        case "olmoe", "minimax-m2":
            list.add("attn_q_norm.weight", query)
            list.add("attn_k_norm.weight", keyValue)
        default: break
        }
    }

    private func addLatentAttention(to list: inout TensorList) {
        guard let latent else { return }
        let query = heads * (latent.key + latent.rotary)
        if latent.queryRank > 0 {
            list.add("attn_q_a.weight", width, latent.queryRank)
            list.add("attn_q_a_norm.weight", latent.queryRank)
            list.add("attn_q_b.weight", latent.queryRank, query)
        } else {
            list.add("attn_q.weight", width, query)
        }
        list.add("attn_kv_a_mqa.weight", width, latent.rank + latent.rotary)
        list.add("attn_kv_a_norm.weight", latent.rank)
        list.add("attn_k_b.weight", latent.key, latent.rank, heads)
        list.add("attn_v_b.weight", latent.rank, latent.value, heads)
        list.add("attn_output.weight", heads * latent.value, width)
        if let indexer {
            list.add("indexer.k_norm.weight", indexer.width)
            list.add("indexer.k_norm.bias", indexer.width)
            list.add("indexer.proj.weight", width, indexer.heads)
            list.add("indexer.attn_k.weight", width, indexer.width)
            list.add("indexer.attn_q_b.weight", latent.queryRank, indexer.heads * indexer.width)
        }
    }

    private func addRecurrent(_ net: Recurrent, to list: inout TensorList) {
        let keys = net.keyHeads * net.headWidth
        let values = net.valueHeads * net.headWidth
        list.add("attn_gate.weight", width, values)
        list.add("attn_qkv.weight", width, 2 * keys + values)
        list.add("ssm_a", net.valueHeads)
        if architecture == "qwen3next" {
            list.add("ssm_ba.weight", width, 2 * net.valueHeads)
        } else {
            list.add("ssm_alpha.weight", width, net.valueHeads)
            list.add("ssm_beta.weight", width, net.valueHeads)
        }
        list.add("ssm_conv1d.weight", net.convolution, 2 * keys + values)
        list.add("ssm_dt.bias", net.valueHeads)
        list.add("ssm_norm.weight", net.headWidth)
        list.add("ssm_out.weight", values, width)
    }

    private func addNorms(to list: inout TensorList) {
        switch architecture {
        case "qwen3next", "qwen35", "qwen35moe", "gpt-oss", "glm4moe":
            list.add("post_attention_norm.weight", width)
        case "gemma2", "gemma3", "gemma4":
            list.add("post_attention_norm.weight", width)
            list.add("ffn_norm.weight", width)
            list.add("post_ffw_norm.weight", width)
        default: list.add("ffn_norm.weight", width)
        }
    }

    private func addFeedForward(to list: inout TensorList) {
        list.add("ffn_down.weight", feedForward, width)
        if architecture == "phi3" {
            list.add("ffn_up.weight", width, 2 * feedForward)
        } else {
            list.add("ffn_gate.weight", width, feedForward)
            list.add("ffn_up.weight", width, feedForward)
        }
    }

    private func addExperts(to list: inout TensorList) {
        list.add("ffn_down_exps.weight", expertWidth, width, experts)
        if architecture == "gemma4" {
            list.add("ffn_gate_up_exps.weight", width, 2 * expertWidth, experts)
            list.add("ffn_gate_inp.scale", width)
            for norm in ["pre_ffw_norm_2", "post_ffw_norm_1", "post_ffw_norm_2"] {
                list.add("\(norm).weight", width)
            }
        } else {
            list.add("ffn_gate_exps.weight", width, expertWidth, experts)
            list.add("ffn_up_exps.weight", width, expertWidth, experts)
        }
        list.add("ffn_gate_inp.weight", width, experts)
        if architecture == "gpt-oss" {
            list.add("ffn_gate_inp.bias", experts)
            list.add("ffn_down_exps.bias", width, experts)
            list.add("ffn_gate_exps.bias", expertWidth, experts)
            list.add("ffn_up_exps.bias", expertWidth, experts)
        }
        if ["deepseek2", "glm-dsa", "glm4moe", "minimax-m2"].contains(architecture) {
            list.add("exp_probs_b.bias", experts)
        }
        guard sharedWidth > 0 else { return }
        if recurrent != nil || architecture == "qwen2moe" { list.add("ffn_gate_inp_shexp.weight", width) }
        list.add("ffn_down_shexp.weight", sharedWidth, width)
        list.add("ffn_gate_shexp.weight", width, sharedWidth)
        list.add("ffn_up_shexp.weight", width, sharedWidth)
    }
}

/// Collects the tensors of one layer after the other.
private struct TensorList {
    var tensors: [PlannedTensor] = []
    var layer: Int?

    mutating func add(_ name: String, _ dimensions: Int...) {
        tensors.append(
            PlannedTensor(
                name: layer.map { "blk.\($0).\(name)" } ?? name, dimensions: dimensions, layer: layer))
    }
}

extension ModelShape {
    /// Parameters of all tensors.
    public var parameterCount: Int { tensors.reduce(0) { $0 + $1.elements } }

    /// Parameters that one token is multiplied with: all but the experts that it is not routed to and
    /// the rows of the embedding that it does not read.
    public var activeParameterCount: Int {
        tensors.reduce(0) { sum, tensor in
            if tensor.isRouted { return sum + tensor.elements / experts * expertsUsed }
            return tensor.name == "token_embd.weight" && !tied ? sum + width : sum + tensor.elements
        }
    }
}
