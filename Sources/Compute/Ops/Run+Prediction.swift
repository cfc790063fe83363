import Kernels

extension Run {
    /// The two halves of what a prediction layer goes on from.
    func predictionInput(_ operation: PredictionInputOperation, _ worker: inout Worker) {
        let table = operation.table
        let width = table.columns
        let output = buffer(operation.output)
        worker.forEach(units: rows) { row in
            let target = output + row * 2 * width
            kernels.pointee.dequantize(table.type, table.row(Int(tokens[row])), target, width)
            kernels.pointee.rms_norm(target, operation.tokenNorm, operation.epsilon, target, width)
            kernels.pointee.rms_norm(
                hiddenRows + row * width, operation.hiddenNorm, operation.epsilon, target + width, width)
        }
    }
}
