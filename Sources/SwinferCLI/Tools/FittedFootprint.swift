import Experts
import GGUF
import ModelTools

extension ModelFootprint {
    /// The same model with tensors of other types.
    func replacing(_ choices: [SizeFit.Choice]) -> ModelFootprint {
        var result = self
        let isTied = rowTableBytes == 0
        var changes: [Int: Int] = [:]
        for choice in choices {
            let tensor = choice.tensor
            let change = choice.option.bytes - tensor.byteCount
            let isRouted = tensor.name.contains("_exps.") && tensor.layer != nil
            if isRouted, let layer = tensor.layer {
                changes[layer, default: 0] += change
            } else if tensor.name == "token_embd.weight", !isTied {
                result.rowTableBytes += change
                continue
            } else {
                result.denseBytes += change
                result.denseBytesPerToken += change
            }
            let used = expertLayers.first.map { Double($0.used) / Double(max(1, $0.experts)) } ?? 1
            let isOutput = ["output.weight", "token_embd.weight"].contains(tensor.name)
            result.move(
                isRouted ? used : 1, of: tensor, to: choice.option.type, bytes: choice.option.bytes,
                isOutput: isOutput)
        }
        for (index, layer) in changes.sorted(by: { $0.key < $1.key }).enumerated() {
            guard index < expertLayers.count else { break }
            result.expertLayers[index].bytesPerExpert += layer.value / expertLayers[index].experts
        }
        return result
    }

    /// Counts a share of a tensor's products as those of another type.
    private mutating func move(
        _ share: Double, of tensor: TensorInfo, to type: TensorType, bytes: Int, isOutput: Bool
    ) {
        let operations = 2 * Double(tensor.elementCount) * share
        for (type, sign, bytes) in [(tensor.type, -1.0, tensor.byteCount), (type, 1.0, bytes)] {
            work[type, default: ProductWork()].bytes += sign * share * Double(bytes)
            work[type, default: ProductWork()].rows += sign * share * Double(tensor.rowCount)
            if isOutput {
                work[type, default: ProductWork()].outputOperations += sign * operations
            } else {
                work[type, default: ProductWork()].operations += sign * operations
            }
            // Only quantized products count against the int8 rate.
            guard type.isQuantized else { continue }
            int8OperationsPerToken += sign * operations
            if isOutput { outputOperations += sign * operations }
        }
    }
}
