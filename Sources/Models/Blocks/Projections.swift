import Compute

/// Query, key and value matrices of a layer, from three tensors or one fused `attn_qkv`.
struct AttentionProjections {
    let query: Recorder.Projection
    let key: Recorder.Projection
    let value: Recorder.Projection

    /// - Parameter biased: whether there must be biases; otherwise they are taken where they are.
    init(_ source: ModelSource, layer: Int, _ shape: Shape, biased: Bool = false) throws {
        func bias(_ name: String, _ count: Int) throws -> Vector? {
            biased ? try source.requiredBias(name, count) : try source.bias(name, count)
        }
        let widths = [
            shape.heads * shape.keyDimensions, shape.kvHeads * shape.keyDimensions,
            shape.kvHeads * shape.valueDimensions,
        ]
        let embedding = shape.embedding
        let names = ["attn_q", "attn_k", "attn_v"]
        let results = ["Qcur", "Kcur", "Vcur"]
        var projections: [Recorder.Projection] = []
        if source.contains("blk.\(layer).attn_qkv") {
            let name = "blk.\(layer).attn_qkv"
            let fused = try source.matrix(name, rows: widths.reduce(0, +), columns: embedding)
            let biases = try bias(name, fused.rows)
            var row = 0
            for (width, result) in zip(widths, results) {
                projections.append(
                    Recorder.Projection(
                        fused.rows(row..<row + width), bias: biases?.slice(row..<row + width), name: result))
                row += width
            }
        } else {
            for index in 0..<3 {
                let name = "blk.\(layer).\(names[index])"
                projections.append(
                    Recorder.Projection(
                        try source.matrix(name, rows: widths[index], columns: embedding),
                        bias: try bias(name, widths[index]), name: results[index]))
            }
        }
        query = projections[0]
        key = projections[1]
        value = projections[2]
    }

    func record(_ r: Recorder, _ x: Input) throws -> (query: Value, key: Value, value: Value) {
        let values = try r.project(x, [query, key, value])
        return (values[0], values[1], values[2])
    }
}

/// The matrices of a gated feed-forward block, from three tensors or a fused gate and up.
struct GatedFeedForward {
    let gate: Weight
    let up: Weight
    let down: Weight

    init(_ source: ModelSource, layer: Int, embedding: Int, width: Int) throws {
        let block = "blk.\(layer)"
        if source.contains("\(block).ffn_gate") {
            gate = try source.matrix("\(block).ffn_gate", rows: width, columns: embedding)
            up = try source.matrix("\(block).ffn_up", rows: width, columns: embedding)
        } else {
            let fused = try source.matrix("\(block).ffn_up", rows: 2 * width, columns: embedding)
            gate = fused.rows(0..<width)
            up = fused.rows(width..<2 * width)
        }
        down = try source.matrix("\(block).ffn_down", rows: embedding, columns: width)
    }
}
