import Compute

/// What stands before a model's first layer and behind its last: token embeddings, the last
/// norm and the output matrix, which are the embeddings where the file has none of its own.
struct Ends {
    let embedding: Weight
    let norm: Vector
    let output: Weight

    init(_ source: ModelSource, vocabulary: Int, embedding width: Int) throws {
        embedding = try source.matrix("token_embd", rows: vocabulary, columns: width)
        norm = try source.vector("output_norm", width)
        output =
            source.contains("output")
            ? try source.matrix("output", rows: vocabulary, columns: width) : embedding
    }

    init(_ source: ModelSource, _ shape: Shape) throws {
        try self.init(source, vocabulary: shape.vocabulary, embedding: shape.embedding)
    }

    /// Embeds the tokens, runs every layer on the rows, and computes logits.
    ///
    /// - Parameters:
    ///   - scale: factor on the embeddings.
    ///   - softcap: of the logits; 0: none.
    ///   - layer: adds what a layer does to the rows.
    func record(
        _ r: Recorder, layers: Int, epsilon: Float, scale: Float = 1, softcap: Float = 0,
        _ layer: (Value, Int) throws -> Void
    ) throws {
        let x = try r.embed(embedding, scale: scale)
        for index in 0..<layers {
            r.layer = index
            try layer(x, index)
        }
        r.layer = nil
        let h = try r.normalize(x, norm, epsilon: epsilon, name: "result_norm")
        try r.head(h, output, softcap: softcap)
    }
}
