extension Recorder {
    /// What a prediction layer goes on from: [norm of the token's embedding | norm of the hidden state
    /// that the batch brings for it]. Name: "mtp_concat".
    ///
    /// Multi-token prediction, DeepSeek V3 (https://arxiv.org/abs/2412.19437, section 2.2).
    ///
    /// - Returns: rows of twice the table's width.
    public func predictionInput(
        _ table: Weight, tokenNorm: Vector, hiddenNorm: Vector, epsilon: Float
    ) throws(ComputeError) -> Value {
        try expect(
            tokenNorm.count == table.columns && hiddenNorm.count == table.columns,
            "norms of \(tokenNorm.count) and \(hiddenNorm.count) weights on rows of \(table.columns)")
        setVocabulary(table.rows)
        let output = value(width: 2 * table.columns)
        append(
            .predictionInput(
                PredictionInputOperation(
                    table: table, tokenNorm: tokenNorm.base, hiddenNorm: hiddenNorm.base, epsilon: epsilon,
                    output: output.buffer, name: name("mtp_concat"))))
        return output
    }
}
