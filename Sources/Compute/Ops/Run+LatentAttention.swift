import Kernels

extension Run {
    /// Queries into the space of the compressed keys, and compressed keys into the cache.
    func latentInputs(_ operation: LatentInputsOperation, _ worker: inout Worker) {
        let products = headUnits(operation.absorb)
        let thread = worker.thread
        if collector != nil { collectHeads(operation.absorb, thread: thread) }
        worker.forEach(units: products + rows) { unit in
            if unit < products {
                multiply(operation.absorb, unit: unit, locals[thread])
            } else {
                turnAndStore(operation, row: unit - products, locals[thread])
            }
        }
    }

    func headProducts(_ operation: HeadProductOperation, _ worker: inout Worker) {
        let thread = worker.thread
        if collector != nil { collectHeads(operation.product, thread: thread) }
        worker.forEach(units: headUnits(operation.product)) { unit in
            multiply(operation.product, unit: unit, locals[thread])
        }
    }

    /// The turning part of a row's query heads and key, and the compressed key's cache row.
    private func turnAndStore(_ operation: LatentInputsOperation, row: Int, _ local: LocalScratch) {
        let rank = operation.rank
        let dimensions = operation.ropeDimensions
        let absorb = operation.absorb
        let turning = operation.turning
        let source = buffer(turning.buffer) + row * turning.stride + turning.first
        let target = buffer(absorb.output.buffer) + row * absorb.output.stride + absorb.output.first + rank
        for head in 0..<absorb.weight.matrices {
            let vector = target + head * absorb.outputStep
            vector.update(from: source + head * absorb.inputStep, count: dimensions)
            rotate(operation.rope, operation.ropePairing, dimensions, vector, row: row)
        }
        let key = local.attention.queries
        let compressed = buffer(operation.compressed) + row * (rank + dimensions)
        kernels.pointee.rms_norm(compressed, operation.norm, operation.epsilon, key, rank)
        (key + rank).update(from: compressed + rank, count: dimensions)
        rotate(operation.rope, operation.ropePairing, dimensions, key + rank, row: row)
        let layer = cacheLayers[operation.cache]
        let place = Int(positions[row]) % CacheLayout.blockLength
        let base = layer.block(sequences[Int(rowSequence[row])], Int(positions[row])) + layer.keyOffset
        kernels.pointee.quantize(layer.keyType, key, base + place * layer.keyBytes, rank + dimensions)
    }

    /// Units of work of a product per head: one token's heads are cut into pieces, many tokens'
    /// heads are matrix products of their own.
    private func headUnits(_ product: HeadProduct) -> Int {
        let weight = product.weight
        return weight.matrices * (rows == 1 ? divideUp(weight.rows, chunkRows(weight)) : 1)
    }

    private func multiply(_ product: HeadProduct, unit: Int, _ local: LocalScratch) {
        let weight = product.weight
        let chunk = chunkRows(weight)
        let pieces = rows == 1 ? divideUp(weight.rows, chunk) : 1
        let head = unit / pieces
        let matrix = weight.matrix(head)
        let input = buffer(product.input.buffer) + product.input.first + head * product.inputStep
        let output = buffer(product.output.buffer) + product.output.first + head * product.outputStep
        let byteStride = weight.quantized ? sw_q8_row_bytes(weight.columns) : 0
        if weight.quantized {
            for row in 0..<rows {
                kernels.pointee.quantize_row(
                    input + row * product.input.stride, local.headBytes + row * byteStride, weight.columns)
            }
        }
        if rows == 1 {
            let first = unit % pieces * chunk
            multiplyRow(
                matrix, first: first, count: min(chunk, weight.rows - first), floats: input,
                bytes: local.headBytes, into: output + first)
            return
        }
        let prepared = Prepared(
            floats: input, stride: product.input.stride, bytes: local.headBytes, byteStride: byteStride)
        for first in stride(from: 0, to: weight.rows, by: Run.blockRows) {
            multiplyBlock(
                matrix, first: first, count: min(Run.blockRows, weight.rows - first), prepared, index: nil,
                columns: rows, into: output + first, stride: product.output.stride, local)
        }
    }
}
