import Kernels

// Latent attention of many rows: every head rebuilds its keys and values from the compressed cache,
// a block of positions at a time, and all of a segment's rows attend to the block while it is in the
// core's cache. A head of a segment is one unit of work, so threads share nothing but the cache.

extension Run {
    func expandedAttention(_ operation: LatentOperation, _ worker: inout Worker) {
        let heads = operation.heads
        let local = locals[worker.thread]
        worker.forEach(units: segmentCount * heads) { unit in
            let segment = segments[unit / heads]
            if expands(operation, segment) {
                expandedAttention(operation, segment, head: unit % heads, local)
            }
        }
    }

    private func expandedAttention(
        _ operation: LatentOperation, _ segment: Segment, head: Int, _ local: LocalScratch
    ) {
        let scratch = local.latent
        let valueDimensions = operation.values.rows
        let keys = keyMatrix(operation, head: head, scratch)
        scratch.maxima.update(repeating: -Float.infinity, count: segment.count)
        scratch.sums.update(repeating: 0, count: segment.count)
        scratch.accumulators.update(repeating: 0, count: segment.count * valueDimensions)
        turnQueries(operation, segment, head: head)
        let end = Int(positions[segment.row]) + segment.count
        for begin in stride(from: 0, to: end, by: LatentScratch.keyBlock) {
            let count = min(LatentScratch.keyBlock, end - begin)
            rebuild(operation, segment, keys, head: head, begin: begin, count: count, local)
            attend(operation, segment, head: head, begin: begin, count: count, local)
        }
        let width = operation.heads * valueDimensions
        kernels.pointee.attend_finish(
            segment.count, valueDimensions, scratch.maxima, scratch.sums, nil, scratch.accumulators,
            valueDimensions, buffer(operation.output) + segment.row * width + head * valueDimensions, width)
    }

    /// A head's key matrix as [plain dimensions][rank].
    private func keyMatrix(_ operation: LatentOperation, head: Int, _ scratch: LatentScratch) -> Weight {
        if let keys = operation.expandedKeys { return keys.matrix(head) }
        let rank = operation.rank
        let dimensions = operation.plainDimensions
        let stored = operation.keys.matrix(head)
        let line = scratch.keys
        for row in 0..<rank {
            kernels.pointee.dequantize(stored.type, stored.row(row), line, dimensions)
            for column in 0..<dimensions { scratch.compressed[column * rank + row] = line[column] }
        }
        let type = operation.turnedType
        kernels.pointee.quantize(type, scratch.compressed, scratch.turned, rank * dimensions)
        return Weight(
            base: UnsafeRawPointer(scratch.turned), type: type, columns: rank, rows: dimensions, matrices: 1)
    }

    /// The turning part of a head's queries, where they are.
    private func turnQueries(_ operation: LatentOperation, _ segment: Segment, head: Int) {
        let attention = operation.attention
        let queries = buffer(operation.query.buffer) + operation.query.first
        for row in segment.row..<segment.row + segment.count {
            rotate(
                attention.rope, attention.ropePairing, attention.ropeDimensions,
                queries + row * operation.query.stride + head * operation.expandedDimensions
                    + operation.plainDimensions, row: row)
        }
    }

    /// Keys and values of a block of positions.
    private func rebuild(
        _ operation: LatentOperation, _ segment: Segment, _ keys: Weight, head: Int, begin: Int, count: Int,
        _ local: LocalScratch
    ) {
        let scratch = local.latent
        let values = operation.values.matrix(head)
        let rank = operation.rank
        let turning = operation.attention.ropeDimensions
        let width = rank + turning
        let keyWidth = operation.expandedDimensions
        let layer = cacheLayers[operation.attention.cache]
        let table = UnsafePointer(sequences[Int(rowSequence[segment.row])])
        let stored = layer.block(table, begin) + layer.keyOffset
        let quantized = keys.quantized || values.quantized
        let byteStride = quantized ? sw_q8_row_bytes(rank) : 0
        for place in 0..<count {
            let row = scratch.compressed + place * width
            kernels.pointee.dequantize(layer.keyType, stored + place * layer.keyBytes, row, width)
            if quantized { kernels.pointee.quantize_row(row, scratch.bytes + place * byteStride, rank) }
            (scratch.keys + place * keyWidth + operation.plainDimensions).update(
                from: row + rank, count: turning)
        }
        let rows = Prepared(
            floats: UnsafePointer(scratch.compressed), stride: width, bytes: scratch.bytes,
            byteStride: byteStride)
        multiply(keys, rows, count, into: scratch.keys, stride: keyWidth, local)
        multiply(values, rows, count, into: scratch.values, stride: values.rows, local)
    }

    /// All rows of a weight with `count` prepared rows.
    private func multiply(
        _ weight: Weight, _ input: Prepared, _ count: Int, into target: UnsafeMutablePointer<Float>,
        stride width: Int, _ local: LocalScratch
    ) {
        for first in stride(from: 0, to: weight.rows, by: Run.blockRows) {
            multiplyBlock(
                weight, first: first, count: min(Run.blockRows, weight.rows - first), input, index: nil,
                columns: count, into: target + first, stride: width, local)
        }
    }

    /// All of a segment's rows over a block of rebuilt positions.
    private func attend(
        _ operation: LatentOperation, _ segment: Segment, head: Int, begin: Int, count: Int,
        _ local: LocalScratch
    ) {
        let scratch = local.latent
        let shared = local.attention
        let keyWidth = operation.expandedDimensions
        let valueWidth = operation.values.rows
        let queries = buffer(operation.query.buffer) + operation.query.first + head * keyWidth
        let limit = AttentionScratch.queryLimit
        for first in stride(from: 0, to: segment.count, by: limit) {
            let rows = min(limit, segment.count - first)
            let position = Int(positions[segment.row + first])
            if position + rows <= begin { continue }
            for row in 0..<rows {
                (shared.queries + row * keyWidth).update(
                    from: queries + (segment.row + first + row) * operation.query.stride, count: keyWidth)
                shared.first[row] = 0
                shared.last[row] = Int32(max(0, min(count, position + row + 1 - begin)))
            }
            var arguments = sw_attention(
                queries: rows, q: shared.queries, q_stride: keyWidth, first: shared.first, last: shared.last,
                keys: count, k: scratch.keys, k_stride: keyWidth * 4, k_type: Int32(SW_F32),
                v: scratch.values, v_stride: valueWidth * 4, v_type: Int32(SW_F32), key_dim: keyWidth,
                value_dim: valueWidth, scale: operation.attention.scale, softcap: 0,
                m: scratch.maxima + first, l: scratch.sums + first,
                acc: scratch.accumulators + first * valueWidth, acc_stride: valueWidth,
                scratch: shared.kernel)
            kernels.pointee.attend(&arguments)
        }
    }
}
