import Compute

/// Gemma 4 (text): layers that look back over a window and layers that see everything, each kind
/// with head sizes and rotary embedding of its own; the latter may use their keys as values.
/// Norms on queries, keys and values instead of a scale. The larger model has routed experts
/// beside the dense block; the small ones give every layer an input per token, and their last
/// layers attend to keys and values of an earlier layer.
struct Gemma4: Architecture {
    // MARK: Configuration

    let embeddingLength: Int
    let epsilon: Float
    let softcap: Float
    let layerInputLength: Int
    let kinds: [Kind]

    /// The attention of a layer.
    struct Kind {
        let heads: Int
        let kvHeads: Int
        let headSize: Int
        let rope: Rope
        let range: KeyRange
        let local: Bool
        /// The layer whose keys and values this one reads; nil: its own.
        var source: Int?
    }

    // MARK: Weights

    struct Layer {
        let attentionNorm: Vector
        /// Query, key and value; without the value: keys as values; the query alone: another layer's.
        let projections: [Recorder.Projection]
        let queryNorm: Vector
        let keyNorm: Vector?
        let output: Weight
        let attentionPostNorm: Vector
        let feedForwardNorm: Vector
        let block: GatedFeedForward
        let routed: Routed?
        let feedForwardPostNorm: Vector
        let layerInput: LayerInput?
        /// Factor on what the layer gives back.
        let scale: Float
    }
    /// Experts beside the dense block.
    struct Routed {
        let routerNorm: Vector
        let norm: Vector
        let experts: Recorder.Experts
        let postNorm: Vector
        let densePostNorm: Vector
    }
    /// What a layer makes of its own input per token.
    struct LayerInput {
        let gate: Weight
        let down: Weight
        let postNorm: Vector
    }
    /// Where the layers' inputs come from, for all layers at once.
    struct LayerInputs {
        let embedding: Weight
        let projection: Weight
        let norm: Vector
    }

    let embedding: Weight
    let layerInputs: LayerInputs?
    let layers: [Layer]
    let outputNorm: Vector
    let output: Weight

    init(_ source: ModelSource) throws {
        let count = try Shape.layerCount(source)
        let n = try source.size("embedding_length")
        let vocabulary = try source.vocabularySize()
        embeddingLength = n
        epsilon = try source.float("attention.layer_norm_rms_epsilon") ?? 1e-6
        softcap = try source.float("final_logit_softcapping") ?? 0
        let perLayer = try source.int("embedding_length_per_layer_input") ?? 0
        guard (0...65536).contains(perLayer) else {
            throw source.invalid("embedding_length_per_layer_input", "\(perLayer) is outside 0...65536")
        }
        layerInputLength = perLayer
        kinds = try Gemma4.kinds(source, count)
        embedding = try source.matrix("token_embd", rows: vocabulary, columns: n)
        layerInputs =
            perLayer == 0
            ? nil
            : LayerInputs(
                embedding: try source.matrix(
                    "per_layer_token_embd", rows: vocabulary, columns: perLayer * count),
                projection: try source.matrix("per_layer_model_proj", rows: perLayer * count, columns: n),
                norm: try source.vector("per_layer_proj_norm", perLayer))
        guard let widths = try source.sizes("feed_forward_length", count: count) else {
            throw source.invalid("feed_forward_length", "is missing")
        }
        let experts =
            try source.int("expert_count") ?? 0 == 0 ? nil : try ExpertShape(source, embedding: n)
        let kinds = kinds
        layers = try (0..<count).map { index in
            let block = "blk.\(index)"
            let kind = kinds[index]
            let routed = ["ffn_gate_inp", "ffn_down_exps"].contains { source.contains("\(block).\($0)") }
            return Layer(
                attentionNorm: try source.vector("\(block).attn_norm", n),
                projections: try Gemma4.projections(source, block, kind, embedding: n),
                queryNorm: try source.vector("\(block).attn_q_norm", kind.headSize),
                keyNorm: kind.source == nil
                    ? try source.vector("\(block).attn_k_norm", kind.headSize) : nil,
                output: try source.matrix(
                    "\(block).attn_output", rows: n, columns: kind.heads * kind.headSize),
                attentionPostNorm: try source.vector("\(block).post_attention_norm", n),
                feedForwardNorm: try source.vector("\(block).ffn_norm", n),
                block: try GatedFeedForward(source, layer: index, embedding: n, width: widths[index]),
                routed: try experts.flatMap { routed ? try Gemma4.routed(source, index, $0) : nil },
                feedForwardPostNorm: try source.vector("\(block).post_ffw_norm", n),
                layerInput: perLayer == 0
                    ? nil
                    : LayerInput(
                        gate: try source.matrix("\(block).inp_gate", rows: perLayer, columns: n),
                        down: try source.matrix("\(block).proj", rows: n, columns: perLayer),
                        postNorm: try source.vector("\(block).post_norm", n)),
                scale: try source.optionalVector("\(block).layer_output_scale", 1)?[0] ?? 1)
        }
        outputNorm = try source.vector("output_norm", n)
        output = try source.matrix(
            source.contains("output") ? "output" : "token_embd", rows: vocabulary, columns: n)
    }

    private static func kinds(_ source: ModelSource, _ count: Int) throws -> [Kind] {
        guard let local = try source.flags("attention.sliding_window_pattern", count: count) else {
            throw source.invalid("attention.sliding_window_pattern", "a flag per layer is missing")
        }
        guard let heads = try source.sizes("attention.head_count", count: count, limit: 4096),
            let kvHeads = try source.sizes("attention.head_count_kv", count: count, limit: 4096)
        else { throw source.invalid("attention.head_count", "or head_count_kv is missing") }
        let window = KeyRange.window(try source.size("attention.sliding_window"))
        let globalSize = try source.size("attention.key_length", limit: 1024)
        let localSize = try source.size("attention.key_length_swa", limit: 1024)
        // "Proportional" embedding: divisors without end keep most pairs of a global head still.
        _ = try source.vector(
            "rope_freqs", (try source.optionalSize("rope.dimension_count") ?? globalSize) / 2)
        let globalRope = try source.rope(.halves, headSize: globalSize)
        let localRope = try source.rope(
            .halves, headSize: localSize, dimensionsKey: "rope.dimension_count_swa",
            baseKey: "rope.freq_base_swa", scaled: false)
        let shared = try source.int("attention.shared_kv_layers") ?? 0
        guard shared >= 0, shared < count else {
            throw source.invalid("attention.shared_kv_layers", "\(shared) of \(count) layers")
        }
        return try (0..<count).map { index in
            var kind = Kind(
                heads: heads[index], kvHeads: kvHeads[index], headSize: local[index] ? localSize : globalSize,
                rope: local[index] ? localRope : globalRope, range: local[index] ? window : .all,
                local: local[index])
            if index >= count - shared {
                // The last layer of the same kind that has keys and values.
                kind.source = (0..<count - shared).last { local[$0] == local[index] }
                if kind.source == nil {
                    throw source.invalid(
                        "attention.shared_kv_layers", "no layer has keys and values for layer \(index)")
                }
            }
            return kind
        }
    }

    private static func projections(
        _ source: ModelSource, _ block: String, _ kind: Kind, embedding: Int
    ) throws -> [Recorder.Projection] {
        let rows = [kind.heads, kind.kvHeads, kind.kvHeads].map { $0 * kind.headSize }
        let names = ["attn_q", "attn_k", "attn_v"]
        let results = ["Qcur", "Kcur", "Vcur"]
        let wanted = kind.source == nil ? 3 : 1
        if source.contains("\(block).attn_qkv") {
            let fused = try source.matrix("\(block).attn_qkv", rows: rows.reduce(0, +), columns: embedding)
            let starts = [0, rows[0], rows[0] + rows[1]]
            return (0..<wanted).map {
                Recorder.Projection(fused.rows(starts[$0]..<starts[$0] + rows[$0]), name: results[$0])
            }
        }
        let keysAsValues = !kind.local && !source.contains("\(block).attn_v")
        return try (0..<(keysAsValues ? min(wanted, 2) : wanted)).map {
            Recorder.Projection(
                try source.matrix("\(block).\(names[$0])", rows: rows[$0], columns: embedding),
                name: results[$0])
        }
    }

    private static func routed(_ source: ModelSource, _ index: Int, _ shape: ExpertShape) throws -> Routed {
        let block = "blk.\(index)"
        let n = shape.embedding
        // The router reads its own norm of the input, divided by the square root of the width.
        let scale = try source.weights.vector("\(block).ffn_gate_inp.scale", count: n)
        let divisor = Float(n).squareRoot()
        return Routed(
            routerNorm: try source.weights.constant((0..<n).map { scale[$0] / divisor }),
            norm: try source.vector("\(block).pre_ffw_norm_2", n),
            experts: try shape.block(
                source, layer: index, routing: Routing(normalized: true), activation: .gelu,
                scales: source.weights.contains("\(block).ffn_down_exps.scale")),
            postNorm: try source.vector("\(block).post_ffw_norm_2", n),
            densePostNorm: try source.vector("\(block).post_ffw_norm_1", n))
    }

    // MARK: Forward

    func record(_ r: Recorder) throws {
        let x = try r.embed(embedding, scale: Float(embeddingLength).squareRoot())
        let inputs = try layerInputs.map { try recordInputs($0, r, x) }
        for (index, layer) in layers.enumerated() {
            r.layer = index
            let attended = try recordAttention(layer, kinds[index], r, x)
            let projected = try r.project(
                r.plain(attended), [Recorder.Projection(layer.output, name: "attn_proj")])[0]
            try r.add(
                r.normalize(projected, layer.attentionPostNorm, epsilon: epsilon, name: "attn_post_norm"),
                to: x, name: "attn_out")
            let scale = layer.layerInput == nil ? layer.scale : 1
            try recordFeedForward(layer, r, x, scale: scale)
            if let layerInput = layer.layerInput, let inputs {
                let given = try r.feedForward(
                    r.plain(x), gate: layerInput.gate, factors: inputs, from: index * layerInputLength,
                    down: layerInput.down, activation: .gelu)
                try r.add(
                    [r.normalize(given, layerInput.postNorm, epsilon: epsilon, name: "per_layer_embd_out")],
                    to: x, scale: layer.scale, name: "l_out")
            }
        }
        r.layer = nil
        let h = try r.normalize(x, outputNorm, epsilon: epsilon, name: "result_norm")
        try r.head(h, output, softcap: softcap)
    }

    /// [layers x length] per token: the token's own embedding plus a projection of the common one.
    private func recordInputs(_ inputs: LayerInputs, _ r: Recorder, _ x: Value) throws -> Value {
        let given = try r.embed(inputs.embedding, scale: Float(layerInputLength).squareRoot())
        let projected = try r.project(
            r.plain(x), [Recorder.Projection(inputs.projection, name: "per_layer_proj")])[0]
        // The projection is divided by the root of the width first; under a norm only epsilon notices.
        let norm = try r.normalize(
            projected, inputs.norm, epsilon: epsilon * Float(embeddingLength), name: "per_layer_proj_norm")
        try r.add([norm], to: given, scale: Float(0.5).squareRoot(), name: "inp_per_layer")
        return given
    }

    private func recordAttention(_ layer: Layer, _ kind: Kind, _ r: Recorder, _ x: Value) throws -> Value {
        let h = try r.normalize(x, layer.attentionNorm, epsilon: epsilon, name: "attn_norm")
        let values = try r.project(h, layer.projections)
        let attention = Recorder.Attention(
            heads: kind.heads, kvHeads: kind.kvHeads, keyDimensions: kind.headSize,
            valueDimensions: kind.headSize, rope: kind.rope, queryNorm: .perHead(layer.queryNorm),
            keyNorm: layer.keyNorm.map { .perHead($0) }, valueNorm: .unweighted(), epsilon: epsilon,
            scale: 1, range: kind.range)
        if let other = kind.source {
            return try r.attention(query: values[0], keysOfLayer: other, attention)
        }
        return try r.attention(
            query: values[0], key: values[1], value: values.count > 2 ? values[2] : values[1], attention)
    }

    private func recordFeedForward(_ layer: Layer, _ r: Recorder, _ x: Value, scale: Float) throws {
        let m = try r.normalize(x, layer.feedForwardNorm, epsilon: epsilon, name: "ffn_norm")
        let fed = try r.feedForward(
            m, gate: layer.block.gate, up: layer.block.up, down: layer.block.down, activation: .gelu)
        guard let routed = layer.routed else {
            try r.add(
                [r.normalize(fed, layer.feedForwardPostNorm, epsilon: epsilon, name: "ffn_post_norm")],
                to: x, scale: scale, name: "l_out")
            return
        }
        var experts = routed.experts
        experts.routerInput = try r.normalize(
            x, routed.routerNorm, epsilon: epsilon, name: "ffn_moe_router_norm")
        let chosen = try r.experts(
            r.normalize(x, routed.norm, epsilon: epsilon, name: "ffn_norm_2"), experts)
        try r.add(
            [
                r.normalize(fed, routed.densePostNorm, epsilon: epsilon, name: "ffn_mlp"),
                r.normalize(chosen, routed.postNorm, epsilon: epsilon, name: "ffn_moe"),
            ], norm: layer.feedForwardPostNorm, epsilon: epsilon, to: x, scale: scale, name: "l_out")
    }
}
