import Kernels

extension Run {
    func latentAttention(_ operation: LatentOperation, _ worker: inout Worker) {
        let plan = plans[operation.attention.plan]
        var next = LatentChunk(blocks: 0..<0, row: 0, rows: 0)
        var first = true
        while let chunk = nextChunk(operation, plan, after: next) {
            if !first { worker.barrier() }
            absorb(operation, chunk, keysToo: first, &worker)
            worker.barrier()
            attend(
                operation.attention, plan, chunk.blocks, places(operation, chunk), &worker)
            worker.barrier()
            resolve(operation, chunk, &worker)
            next = chunk
            first = false
        }
        if first {
            let thread = worker.thread
            worker.forEach(units: rows) { row in storeKey(operation, row: row, locals[thread]) }
        }
        if (0..<segmentCount).contains(where: { expands(operation, segments[$0]) }) {
            worker.barrier()
            expandedAttention(operation, &worker)
        }
    }

    /// Whether a run of rows takes keys and values that are rebuilt for it. Few rows never do, so
    /// that a token gets the same bits in company as alone; nor do any whose inputs are collected, which
    /// are those of the absorbed form.
    func expands(_ operation: LatentOperation, _ segment: Segment) -> Bool {
        if collector != nil { return false }
        guard segment.count > AttentionPlanner.splitRows, latentForm != .absorbed else { return false }
        let end = Int(positions[segment.row]) + segment.count
        if let selection = operation.attention.selection, end > selection.count { return false }
        return latentForm == .expanded || operation.expansionPays(rows: segment.count, end: end)
    }

    // MARK: Absorbed

    /// Blocks of a plan whose rows are absorbed together; the rows are consecutive.
    private struct LatentChunk {
        var blocks: Range<Int>
        var row: Int
        var rows: Int
        /// The segment of the last block.
        var segment = 0
    }

    /// The next blocks of rows that are not expanded; nil: there are no more.
    private func nextChunk(
        _ operation: LatentOperation, _ plan: AttentionPlan, after last: LatentChunk
    ) -> LatentChunk? {
        var segment = last.segment
        /// Blocks and segments both stand in the order of rows.
        func isExpanded(_ block: AttentionBlock) -> Bool {
            while block.row >= segments[segment].row + segments[segment].count { segment += 1 }
            return expands(operation, segments[segment])
        }
        var next = last.blocks.upperBound
        while next < plan.count, isExpanded(plan.blocks[next]) { next += 1 }
        if next == plan.count { return nil }
        let begin = next
        let row = plan.blocks[begin].row
        var end = row
        while next < plan.count {
            let block = plan.blocks[next]
            if block.row + block.rows - row > LatentBuffers.rows || isExpanded(block) { break }
            end = block.row + block.rows
            next += 1
        }
        return LatentChunk(blocks: begin..<next, row: row, rows: end - row, segment: segment)
    }

    /// The latent buffers hold the chunk's rows only.
    private func places(_ operation: LatentOperation, _ chunk: LatentChunk) -> AttentionPlaces {
        let attention = operation.attention
        return AttentionPlaces(
            queries: latent.queries - chunk.row * attention.heads * attention.keyDimensions,
            results: latent.results - chunk.row * attention.heads * attention.valueDimensions)
    }

    /// A chunk's queries into the space of the compressed keys.
    ///
    /// - Parameter keysToo: also the compressed keys of all rows into the cache.
    private func absorb(
        _ operation: LatentOperation, _ chunk: LatentChunk, keysToo: Bool, _ worker: inout Worker
    ) {
        let attention = operation.attention
        let source = buffer(operation.query.buffer) + operation.query.first
        let product = HeadProduct(
            weight: operation.keys, rows: chunk.rows,
            input: source + chunk.row * operation.query.stride, inputStride: operation.query.stride,
            inputStep: operation.expandedDimensions, output: latent.queries,
            outputStride: attention.heads * attention.keyDimensions, outputStep: attention.keyDimensions)
        let products = headUnits(product)
        let stored = keysToo ? rows : 0
        let local = locals[worker.thread]
        if collector != nil { collectHeads(product, thread: worker.thread) }
        worker.forEach(units: products + chunk.rows + stored) { unit in
            if unit < products {
                multiply(product, unit: unit, local)
            } else if unit < products + chunk.rows {
                turnQuery(operation, product, row: unit - products, at: chunk.row)
            } else {
                storeKey(operation, row: unit - products - chunk.rows, local)
            }
        }
    }

    /// The turning part of the query heads of a chunk's row.
    private func turnQuery(
        _ operation: LatentOperation, _ product: HeadProduct, row: Int, at firstRow: Int
    ) {
        let attention = operation.attention
        let source = product.input + row * product.inputStride + operation.plainDimensions
        let target = product.output + row * product.outputStride + operation.rank
        for head in 0..<attention.heads {
            let vector = target + head * product.outputStep
            vector.update(from: source + head * product.inputStep, count: attention.ropeDimensions)
            rotate(
                attention.rope, attention.ropePairing, attention.ropeDimensions, vector,
                row: firstRow + row)
        }
    }

    /// The attended compressed values of a chunk to each head's own.
    private func resolve(_ operation: LatentOperation, _ chunk: LatentChunk, _ worker: inout Worker) {
        let width = operation.heads * operation.values.rows
        let product = HeadProduct(
            weight: operation.values, rows: chunk.rows, input: UnsafePointer(latent.results),
            inputStride: operation.heads * operation.rank, inputStep: operation.rank,
            output: buffer(operation.output) + chunk.row * width, outputStride: width,
            outputStep: operation.values.rows)
        let local = locals[worker.thread]
        if collector != nil { collectHeads(product, thread: worker.thread) }
        worker.forEach(units: headUnits(product)) { unit in multiply(product, unit: unit, local) }
    }

    /// A row's compressed key, normalized and turned, into the cache.
    private func storeKey(_ operation: LatentOperation, row: Int, _ local: LocalScratch) {
        let attention = operation.attention
        let rank = operation.rank
        let dimensions = attention.ropeDimensions
        let key = local.attention.queries
        let compressed = buffer(operation.compressed) + row * (rank + dimensions)
        kernels.pointee.rms_norm(compressed, operation.norm, attention.epsilon, key, rank)
        (key + rank).update(from: compressed + rank, count: dimensions)
        rotate(attention.rope, attention.ropePairing, dimensions, key + rank, row: row)
        let layer = cacheLayers[attention.cache]
        let place = Int(positions[row]) % CacheLayout.blockLength
        let base = layer.block(sequences[Int(rowSequence[row])], Int(positions[row])) + layer.keyOffset
        kernels.pointee.quantize(layer.keyType, key, base + place * layer.keyBytes, rank + dimensions)
    }

    // MARK: Products per head

    /// output[row][head] = weight[head] x input[row][head]
    struct HeadProduct {
        /// One matrix per head.
        var weight: Weight
        var rows: Int
        /// From one row to the next, and from one head to the next.
        var input: UnsafePointer<Float>
        var inputStride: Int
        var inputStep: Int
        var output: UnsafeMutablePointer<Float>
        var outputStride: Int
        var outputStep: Int
    }

    /// Units of work of a product per head: one token's heads are cut into pieces, many tokens'
    /// heads are matrix products of their own.
    private func headUnits(_ product: HeadProduct) -> Int {
        let weight = product.weight
        return weight.matrices * (product.rows == 1 ? divideUp(weight.rows, chunkRows(weight)) : 1)
    }

    private func multiply(_ product: HeadProduct, unit: Int, _ local: LocalScratch) {
        let weight = product.weight
        let chunk = chunkRows(weight)
        let pieces = product.rows == 1 ? divideUp(weight.rows, chunk) : 1
        let head = unit / pieces
        let matrix = weight.matrix(head)
        let input = product.input + head * product.inputStep
        let output = product.output + head * product.outputStep
        let byteStride = weight.quantized ? sw_q8_row_bytes(weight.columns) : 0
        if weight.quantized {
            for row in 0..<product.rows {
                kernels.pointee.quantize_row(
                    input + row * product.inputStride, local.headBytes + row * byteStride, weight.columns)
            }
        }
        if product.rows == 1 {
            let first = unit % pieces * chunk
            multiplyRow(
                matrix, first: first, count: min(chunk, weight.rows - first), floats: input,
                bytes: local.headBytes, into: output + first)
            return
        }
        let prepared = Prepared(
            floats: input, stride: product.inputStride, bytes: local.headBytes, byteStride: byteStride)
        for first in stride(from: 0, to: weight.rows, by: Run.blockRows) {
            multiplyBlock(
                matrix, first: first, count: min(Run.blockRows, weight.rows - first), prepared, index: nil,
                columns: product.rows, into: output + first, stride: product.outputStride, local)
        }
    }
}
