import Compute

/// What stands around a prediction layer (multi-token prediction, "nextn"): how a token and the
/// hidden state of the position before it become the layer's input, and its result logits of the
/// token after. The layer between is one of the model's own kind. Where the file has no embeddings,
/// head or norm for it alone, the model's are used.
struct PredictionEnds {
    /// The layer's number in the file. Of several only the first is run.
    let layer: Int
    private let embedding: Weight
    private let tokenNorm: Vector
    private let hiddenNorm: Vector
    private let projection: Weight
    private let norm: Vector
    private let output: Weight

    init(_ source: ModelSource, vocabulary: Int, embedding width: Int) throws {
        guard try source.int("nextn_predict_layers") ?? 0 > 0 else {
            throw source.invalid("nextn_predict_layers", "the file has no prediction layer")
        }
        layer = try Shape.layerCount(source)
        let block = "blk.\(layer).nextn"
        projection = try source.matrix("\(block).eh_proj", rows: width, columns: 2 * width)
        tokenNorm = try source.vector("\(block).enorm", width)
        hiddenNorm = try source.vector("\(block).hnorm", width)
        let ends = try Ends(source, vocabulary: vocabulary, embedding: width)
        embedding =
            source.contains("\(block).embed_tokens")
            ? try source.matrix("\(block).embed_tokens", rows: vocabulary, columns: width) : ends.embedding
        norm = try source.optionalVector("\(block).shared_head_norm", width) ?? ends.norm
        output =
            source.contains("\(block).shared_head_head")
            ? try source.matrix("\(block).shared_head_head", rows: vocabulary, columns: width) : ends.output
    }

    /// - Parameter layer: adds what the layer does to the rows.
    func record(_ r: Recorder, epsilon: Float, _ layer: (Value) throws -> Void) throws {
        r.layer = self.layer
        let pair = try r.predictionInput(
            embedding, tokenNorm: tokenNorm, hiddenNorm: hiddenNorm, epsilon: epsilon)
        let x = try r.project(r.plain(pair), [Recorder.Projection(projection, name: "mtp_eh_proj")])[0]
        try layer(x)
        r.layer = nil
        let h = try r.normalize(x, norm, epsilon: epsilon, name: "result_norm")
        try r.head(h, output)
    }
}
