import Glibc
import Kernels

// What happens to queries, keys and values before attention: norms, rotation, cache write. Any
// thread may have any head of any row, so what one writes no other may still read.

extension Run {
    /// One key head of a row into the cache, and the query heads that share it turned.
    func encode(_ operation: AttentionOperation, row: Int, kvHead: Int, thread: Int) {
        if operation.key >= 0 { store(operation, row: row, kvHead: kvHead, thread: thread) }
        let dimensions = operation.keyDimensions
        let group = operation.heads / operation.kvHeads
        let width = operation.heads * operation.queryStep
        let whole = buffer(operation.query) + row * width
        let turned = buffer(operation.turnedQuery) + row * operation.heads * dimensions
        let factor = rowFactor(operation.queryNorm, whole, width, operation.epsilon)
        let temperature = operation.temperature.map { $0.factor(position: Int(positions[row])) } ?? 1
        for head in kvHead * group..<(kvHead + 1) * group {
            let vector = turned + head * dimensions
            turn(
                operation, operation.queryNorm, factor, whole + head * operation.queryStep, head: head,
                row: row, into: vector)
            if temperature != 1 { kernels.pointee.scale(temperature, vector, dimensions) }
        }
    }

    /// One head's key and value into the cache. The value first: it may be the same numbers as
    /// the key before its norm.
    private func store(_ operation: AttentionOperation, row: Int, kvHead: Int, thread: Int) {
        let scratch = locals[thread].attention
        let layer = cacheLayers[operation.cache]
        let position = Int(positions[row])
        let place = position % CacheLayout.blockLength
        let memory = layer.block(sequences[Int(rowSequence[row])], position)

        let valueDimensions = operation.valueDimensions
        var value = buffer(operation.value) + (row * operation.kvHeads + kvHead) * valueDimensions
        if let norm = operation.valueNorm {
            kernels.pointee.rms_norm(
                value, norm.weight, operation.epsilon, scratch.accumulators, valueDimensions)
            value = scratch.accumulators
        }
        kernels.pointee.quantize(
            valueType, value,
            memory + layer.valueOffset + kvHead * layer.valueHeadBytes + place * layer.valueBytes,
            valueDimensions)

        let dimensions = operation.keyDimensions
        let whole = buffer(operation.key) + row * operation.kvHeads * dimensions
        let factor = rowFactor(operation.keyNorm, whole, operation.kvHeads * dimensions, operation.epsilon)
        let key = scratch.queries
        turn(
            operation, operation.keyNorm, factor, whole + kvHead * dimensions, head: kvHead, row: row,
            into: key)
        kernels.pointee.quantize(
            layer.keyType, key,
            memory + layer.keyOffset + kvHead * layer.keyHeadBytes + place * layer.keyBytes, dimensions)
    }

    /// What a norm over all heads multiplies a row with. Every head's thread asks for itself,
    /// which is cheaper than a barrier.
    @inline(__always)
    private func rowFactor(
        _ norm: HeadNormStep?, _ row: UnsafePointer<Float>, _ width: Int, _ epsilon: Float
    ) -> Float {
        guard let norm, norm.allHeads else { return 1 }
        return 1 / (kernels.pointee.dot(row, row, width) / Float(width) + epsilon).squareRoot()
    }

    /// Norm and rotation of one head's vector into `target`, which may be the vector itself
    /// unless the norm is over all heads.
    private func turn(
        _ operation: AttentionOperation, _ norm: HeadNormStep?, _ factor: Float,
        _ vector: UnsafePointer<Float>, head: Int, row: Int, into target: UnsafeMutablePointer<Float>
    ) {
        let dimensions = operation.keyDimensions
        if let norm, norm.allHeads, let weights = norm.weight {
            let weight = weights + head * dimensions
            for index in 0..<dimensions { target[index] = vector[index] * factor * weight[index] }
        } else if let norm, !norm.afterRotation {
            kernels.pointee.rms_norm(vector, norm.weight, operation.epsilon, target, dimensions)
        } else if vector != UnsafePointer(target) {
            target.update(from: vector, count: dimensions)
        }
        rotate(operation.rope, operation.ropePairing, operation.ropeDimensions, target, row: row)
        if let norm, norm.afterRotation {
            kernels.pointee.rms_norm(target, norm.weight, operation.epsilon, target, dimensions)
        }
    }

    @inline(__always)
    func rotate(
        _ rope: Int32, _ pairing: Int32, _ dimensions: Int, _ vector: UnsafeMutablePointer<Float>, row: Int
    ) {
        if rope < 0 { return }
        let table = ropes[Int(rope)]
        let cosines = table.cosines + row * table.half
        let sines = table.sines + row * table.half
        if pairing == Rope.Pairing.halves.rawValue {
            kernels.pointee.rope_neox(vector, cosines, sines, dimensions)
        } else {
            kernels.pointee.rope_interleaved(vector, cosines, sines, dimensions)
        }
    }
}

extension QueryTemperature {
    @inline(__always)
    func factor(position: Int) -> Float {
        1 + scale * log1pf(((Float(position) + 1) / interval).rounded(.down))
    }
}
