// Operations+Prediction.swift: the op that begins a prediction layer.

/// Per row: the normalized embedding of its token, then the normalized hidden state that came with it.
struct PredictionInputOperation: BitwiseCopyable {
    var table: Weight
    /// [table.columns] each
    var tokenNorm: UnsafePointer<Float>
    var hiddenNorm: UnsafePointer<Float>
    var epsilon: Float
    /// [2 x table.columns]
    var output: Int32
    var name: Int32
}
