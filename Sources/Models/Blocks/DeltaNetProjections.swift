import Compute

/// The sizes of a model's gated delta net layers.
struct DeltaNetShape {
    let keyHeads: Int
    let valueHeads: Int
    /// Of keys and of values.
    let headDimensions: Int
    let kernel: Int
    let embedding: Int
    let epsilon: Float

    var keyWidth: Int { keyHeads * headDimensions }
    var valueWidth: Int { valueHeads * headDimensions }
    /// Queries, keys and values.
    var channels: Int { 2 * keyWidth + valueWidth }
    var valueHeadsPerKey: Int { valueHeads / keyHeads }

    init(_ source: ModelSource, _ shape: Shape) throws {
        keyHeads = try source.size("ssm.group_count", limit: 4096)
        valueHeads = try source.size("ssm.time_step_rank", limit: 4096)
        headDimensions = try source.size("ssm.state_size", limit: 1024)
        kernel = try source.size("ssm.conv_kernel", limit: 64)
        embedding = shape.embedding
        epsilon = shape.epsilon
        guard valueHeads % keyHeads == 0 else {
            throw source.invalid(
                "ssm.group_count", "\(valueHeads) value heads do not divide among \(keyHeads)")
        }
        let inner = try source.size("ssm.inner_size")
        guard inner == valueHeads * headDimensions else {
            throw source.invalid(
                "ssm.inner_size", "\(inner) for \(valueHeads) heads of \(headDimensions)")
        }
    }
}

/// The weights of a gated delta net layer.
struct DeltaNetProjections {
    private let mixed: Weight
    private let gate: Weight
    private let beta: Weight
    private let alpha: Weight
    private let delta: Recorder.DeltaNet
    private let output: Weight

    init(_ source: ModelSource, layer: Int, _ shape: DeltaNetShape) throws {
        let block = "blk.\(layer)"
        (mixed, gate) = try DeltaNetProjections.inputs(source, block, shape)
        (beta, alpha) = try DeltaNetProjections.rates(source, block, shape)
        delta = Recorder.DeltaNet(
            keyHeads: shape.keyHeads, valueHeads: shape.valueHeads, keyDimensions: shape.headDimensions,
            valueDimensions: shape.headDimensions,
            // Files of Qwen3-Next keep the heads' order, later ones deal value heads out in turn.
            grouped: source.architecture == "qwen3next",
            convolution: try source.weights.vectors(
                "\(block).ssm_conv1d.weight", count: shape.kernel, experts: shape.channels),
            kernel: shape.kernel, alphaBias: try source.requiredBias("\(block).ssm_dt", shape.valueHeads),
            rate: try source.weights.vector("\(block).ssm_a", count: shape.valueHeads),
            norm: try source.vector("\(block).ssm_norm", shape.headDimensions), epsilon: shape.epsilon)
        output = try source.matrix("\(block).ssm_out", rows: shape.embedding, columns: shape.valueWidth)
    }

    /// Queries, keys and values, and the gate of the result.
    private static func inputs(
        _ source: ModelSource, _ block: String, _ shape: DeltaNetShape
    ) throws -> (Weight, Weight) {
        guard source.contains("\(block).ssm_in") else {
            return (
                try source.matrix("\(block).attn_qkv", rows: shape.channels, columns: shape.embedding),
                try source.matrix("\(block).attn_gate", rows: shape.valueWidth, columns: shape.embedding)
            )
        }
        // Older files: per key head its query, key, values and gates.
        let size = shape.headDimensions
        let values = size * shape.valueHeadsPerKey
        let step = 2 * size + 2 * values
        let all = try source.matrix(
            "\(block).ssm_in", rows: shape.channels + shape.valueWidth, columns: shape.embedding)
        func rows(from first: Int, _ count: Int) -> [Int] {
            (0..<shape.keyHeads).flatMap { head in (0..<count).map { head * step + first + $0 } }
        }
        return (
            try source.weights.reordered(
                all, rows(from: 0, size) + rows(from: size, size) + rows(from: 2 * size, values)),
            try source.weights.reordered(all, rows(from: 2 * size + values, values))
        )
    }

    private static func rates(
        _ source: ModelSource, _ block: String, _ shape: DeltaNetShape
    ) throws -> (Weight, Weight) {
        guard source.contains("\(block).ssm_ba") else {
            return (
                try source.matrix("\(block).ssm_beta", rows: shape.valueHeads, columns: shape.embedding),
                try source.matrix("\(block).ssm_alpha", rows: shape.valueHeads, columns: shape.embedding)
            )
        }
        // Per key head the betas and then the alphas of its value heads.
        let heads = shape.valueHeadsPerKey
        let both = try source.matrix(
            "\(block).ssm_ba", rows: 2 * shape.valueHeads, columns: shape.embedding)
        let betas = (0..<shape.keyHeads).flatMap { head in (0..<heads).map { 2 * heads * head + $0 } }
        return (
            try source.weights.reordered(both, betas),
            try source.weights.reordered(both, betas.map { $0 + heads })
        )
    }

    /// Adds the layer's result for the normalized rows `h` to `x`.
    func record(_ r: Recorder, _ h: Input, addTo x: Value) throws {
        let inputs = try r.project(
            h,
            [
                Recorder.Projection(mixed, name: "linear_attn_qkv_mixed"),
                Recorder.Projection(gate, name: "z"), Recorder.Projection(beta, name: "beta"),
                Recorder.Projection(alpha, name: "alpha"),
            ])
        let mixedUp = try r.deltaNet(
            mixed: inputs[0], gate: inputs[1], beta: inputs[2], alpha: inputs[3], delta)
        try r.project(r.plain(mixedUp), output, addTo: x, name: "attn_residual")
    }
}
