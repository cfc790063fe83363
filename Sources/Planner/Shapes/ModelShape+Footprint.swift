package import Experts
public import GGUF

/// How a sequence's keys and values are kept, and how many tokens go through a model together.
public struct RunSettings: Sendable, Equatable {
    /// Cached positions to leave room for.
    public var context: Int
    /// Prompt tokens that go through the model together.
    public var batch: Int
    /// Types of cached keys and values.
    public var keyType: TensorType
    public var valueType: TensorType

    public init(context: Int, batch: Int = 512, keyType: TensorType = .f16, valueType: TensorType = .f16) {
        self.context = context
        self.batch = batch
        self.keyType = keyType
        self.valueType = valueType
    }
}

extension ModelShape {
    /// What a file of this mix takes of memory, and what a token reads of it.
    ///
    /// Weights and caches are exact; working memory is an estimate.
    package func footprint(in mix: Mix, _ settings: RunSettings) -> ModelFootprint {
        var dense = 0
        var rowTable = 0
        var routed: [Int: Int] = [:]
        var operations = 0.0
        var output = 0.0
        var work: [TensorType: ProductWork] = [:]
        for typed in tensors(in: mix) {
            let tensor = typed.tensor
            var share = 1.0
            if tensor.isRouted, let layer = tensor.layer {
                routed[layer, default: 0] += typed.bytes
                share = Double(expertsUsed) / Double(experts)
            } else if tensor.name == "token_embd.weight", !tied {
                rowTable = typed.bytes
                continue
            } else {
                dense += typed.bytes
            }
            guard tensor.isQuantized else { continue }
            let own = 2 * Double(tensor.elements) * share
            operations += own
            work[typed.type, default: ProductWork()].bytes += Double(typed.bytes) * share
            work[typed.type, default: ProductWork()].rows +=
                Double(tensor.elements / tensor.dimensions[0]) * share
            if ["output.weight", "token_embd.weight"].contains(tensor.name) {
                output += own
                work[typed.type, default: ProductWork()].outputOperations += own
            } else {
                work[typed.type, default: ProductWork()].operations += own
            }
        }
        let cache = cacheSizes(settings)
        return ModelFootprint(
            denseBytes: dense, rowTableBytes: rowTable,
            expertLayers: routed.sorted { $0.key < $1.key }.map {
                ModelFootprint.ExpertLayer(
                    experts: experts, used: expertsUsed, bytesPerExpert: $0.value / experts)
            },
            cacheBytesPerToken: cache.perToken, stateBytesPerSequence: cache.state,
            scratchBytes: scratchBytes(settings), int8OperationsPerToken: operations,
            outputOperations: output, work: work)
    }

    /// Bytes that each position takes for ever, and bytes that a sequence takes whatever its length.
    func cacheSizes(_ settings: RunSettings) -> (perToken: Int, state: Int) {
        var perToken = 0
        var state = 0
        func bytes(_ elements: Int, _ type: TensorType) -> Int {
            type.byteCount(elements: elements) ?? elements * 2
        }
        for layer in 0..<layers {
            if let latent {
                perToken += bytes(latent.rank + latent.rotary, settings.keyType)
                // Indexer keys are kept as float numbers.
                if let indexer { perToken += 2 * indexer.width }
                continue
            }
            if let recurrent, (layer + 1) % recurrent.attentionPeriod != 0 {
                let channels = (2 * recurrent.keyHeads + recurrent.valueHeads) * recurrent.headWidth
                let matrices = recurrent.valueHeads * recurrent.headWidth * recurrent.headWidth
                state += 4 * ((recurrent.convolution - 1) * channels + matrices)
                continue
            }
            let full = fullHeadWidth != nil && !hasWindow(layer)
            let elements =
                full
                ? (fullKeyValueHeads ?? keyValueHeads) * (fullHeadWidth ?? headWidth)
                : keyValueHeads * headWidth
            let position = bytes(elements, settings.keyType) + bytes(elements, settings.valueType)
            if hasWindow(layer), window < settings.context {
                state += window * position
            } else {
                perToken += position
            }
        }
        return (perToken, state)
    }

    /// Buffers between ops: a few rows of the widest of each kind for a batch, and a panel.
    private func scratchBytes(_ settings: RunSettings) -> Int {
        let query = heads * max(headWidth, fullHeadWidth ?? 0)
        // Latent attention takes 64 rows at a time to its compressed keys and back.
        let absorbed = latent.map { min(settings.batch, 64) * heads * (2 * $0.rank + $0.rotary) * 4 } ?? 0
        let middle = max(feedForward, expertsUsed * expertWidth + sharedWidth)
        let chosen = expertsUsed * width
        let row = 3 * width + 2 * query + 2 * middle + chosen
        return settings.batch * row * 4 + absorbed + 16 * vocabulary * 4 + 24_000_000
    }

    /// How many times a token's work waits for the work before it: what a device's fixed cost for such a
    /// step is multiplied with. A dense layer is one, routing and a recurrent mixer add one each.
    public var stepsPerToken: Int {
        (0..<layers).reduce(0) { sum, layer in
            let isRecurrent = recurrent.map { (layer + 1) % $0.attentionPeriod != 0 } ?? false
            return sum + 1 + (hasExperts(layer) ? 1 : 0) + (isRecurrent ? 1 : 0)
        }
    }
}
