import Glibc
import Kernels

/// Cosines and sines of one rotary embedding for the rows of a batch: [rows][dimensions / 2].
struct RopeTable: BitwiseCopyable {
    var frequencies: UnsafePointer<Float>
    var half: Int
    var magnitude: Float
    var cosines: UnsafeMutablePointer<Float>
    var sines: UnsafeMutablePointer<Float>
}

/// A thread's memory for attention over one block of queries.
struct AttentionScratch: BitwiseCopyable {
    /// [queries][key dimensions], [queries][value dimensions]
    var queries: UnsafeMutablePointer<Float>
    var accumulators: UnsafeMutablePointer<Float>
    var maxima: UnsafeMutablePointer<Float>
    var sums: UnsafeMutablePointer<Float>
    var first: UnsafeMutablePointer<Int32>
    var last: UnsafeMutablePointer<Int32>
    var kernel: UnsafeMutablePointer<Float>

    /// Queries of one block, unless a single row has more heads to a key head.
    static let queryLimit = 64
    /// Keys that one kernel call covers: a block of the cache, which is a multiple of SW_ATTENTION_TILE.
    static let keyBlock = CacheLayout.blockLength
}

/// Where the first row's turned queries and results are, or would be.
struct AttentionPlaces: BitwiseCopyable {
    /// [rows][heads][key dimensions], [rows][heads][value dimensions]
    var queries: UnsafePointer<Float>
    var results: UnsafeMutablePointer<Float>
}

extension Run {
    func computeRopes(_ worker: inout Worker) {
        worker.forEach(units: ropeCount * rows) { unit in
            let table = ropes[unit / rows]
            let row = unit % rows
            let position = Float(positions[row])
            for pair in 0..<table.half {
                let angle = position * table.frequencies[pair]
                table.cosines[row * table.half + pair] = cosf(angle) * table.magnitude
                table.sines[row * table.half + pair] = sinf(angle) * table.magnitude
            }
        }
    }

    func attention(_ operation: AttentionOperation, _ worker: inout Worker) {
        let plan = plans[operation.plan]
        let kvHeads = operation.kvHeads
        let thread = worker.thread
        let places = AttentionPlaces(
            queries: buffer(operation.turnedQuery), results: buffer(operation.output))
        if rows == 1 && plan.splitBlocks == 0 {
            // One token: whoever writes a head's key also attends with it, without a barrier.
            worker.forEach(units: kvHeads) { head in
                encode(operation, row: 0, kvHead: head, thread: thread)
                attend(operation, plan.blocks[0], kvHead: head, places, thread: thread)
            }
            return
        }
        worker.forEach(units: rows * kvHeads) { unit in
            encode(operation, row: unit / kvHeads, kvHead: unit % kvHeads, thread: thread)
        }
        worker.barrier()
        attend(operation, plan, 0..<plan.count, places, &worker)
    }

    /// Attention of some blocks of a plan, whose queries and keys are ready.
    func attend(
        _ operation: AttentionOperation, _ plan: AttentionPlan, _ range: Range<Int>,
        _ places: AttentionPlaces, _ worker: inout Worker
    ) {
        let kvHeads = operation.kvHeads
        let thread = worker.thread
        let blocks = plan.blocks + range.lowerBound
        worker.forEach(units: range.count * kvHeads) { unit in
            attend(operation, blocks[unit / kvHeads], kvHead: unit % kvHeads, places, thread: thread)
        }
        if plan.splitBlocks == 0 { return }
        worker.barrier()
        worker.forEach(units: range.count * kvHeads) { unit in
            let block = blocks[unit / kvHeads]
            if block.part == 0 && block.parts > 1 { join(operation, block, kvHead: unit % kvHeads, places) }
        }
    }

    /// Attention of a block of rows over its range of keys, for one key/value head.
    private func attend(
        _ operation: AttentionOperation, _ block: AttentionBlock, kvHead: Int, _ places: AttentionPlaces,
        thread: Int
    ) {
        let scratch = locals[thread].attention
        let group = operation.heads / operation.kvHeads
        let keyDimensions = operation.keyDimensions
        let valueDimensions = operation.valueDimensions
        let queryCount = block.rows * group
        let heads = places.queries
        var queries = (heads + (block.row * operation.heads + kvHead * group) * keyDimensions)
        if block.rows > 1 {
            for row in 0..<block.rows {
                let source = heads + ((block.row + row) * operation.heads + kvHead * group) * keyDimensions
                (scratch.queries + row * group * keyDimensions).update(
                    from: source, count: group * keyDimensions)
            }
            queries = UnsafePointer(scratch.queries)
        }

        var maxima = scratch.maxima
        var sums = scratch.sums
        var accumulators = scratch.accumulators
        if block.parts > 1 {
            maxima = partial(operation, block, kvHead: kvHead)
            sums = maxima + queryCount
            accumulators = sums + queryCount
        }
        maxima.update(repeating: -Float.infinity, count: queryCount)
        sums.update(repeating: 0, count: queryCount)
        accumulators.update(repeating: 0, count: queryCount * valueDimensions)

        if let selection = operation.selection, !seesAll(selection, block) {
            attendChosen(
                operation, selection, block, queries: queries, maxima, sums, accumulators, thread: thread)
            if block.parts == 1 {
                finish(operation, block, kvHead: kvHead, places, maxima, sums, accumulators)
            }
            return
        }
        let layer = cacheLayers[operation.cache]
        let table = UnsafePointer(sequences[Int(rowSequence[block.row])])
        let keyOffset = layer.keyOffset + kvHead * layer.keyHeadBytes
        let valueOffset = layer.valueOffset + kvHead * layer.valueHeadBytes
        var begin = block.keyBegin
        while begin < block.keyEnd {
            let place = begin % CacheLayout.blockLength
            let end = min(block.keyEnd, begin + CacheLayout.blockLength - place)
            let memory = layer.block(table, begin)
            var any = false
            for row in 0..<block.rows {
                let position = Int(positions[block.row + row])
                let first = Int32(max(0, block.range.first(position) - begin))
                let last = Int32(min(end, position + 1) - begin)
                if last > first { any = true }
                (scratch.first + row * group).update(repeating: first, count: group)
                (scratch.last + row * group).update(repeating: max(0, last), count: group)
            }
            if any {
                var arguments = sw_attention(
                    queries: queryCount, q: queries, q_stride: keyDimensions, first: scratch.first,
                    last: scratch.last, keys: end - begin, k: memory + keyOffset + place * layer.keyBytes,
                    k_stride: layer.keyBytes, k_type: layer.keyType,
                    v: memory + valueOffset + place * layer.valueBytes,
                    v_stride: layer.valueBytes, v_type: layer.valueType, key_dim: keyDimensions,
                    value_dim: valueDimensions, scale: operation.scale, softcap: operation.softcap, m: maxima,
                    l: sums, acc: accumulators, acc_stride: valueDimensions, scratch: scratch.kernel)
                kernels.pointee.attend(&arguments)
            }
            begin = end
        }
        if block.parts == 1 {
            finish(operation, block, kvHead: kvHead, places, maxima, sums, accumulators)
        }
    }

    /// Where a part of a split block keeps its state: maxima, sums, accumulators.
    @inline(__always)
    private func partial(
        _ operation: AttentionOperation, _ block: AttentionBlock, kvHead: Int
    ) -> UnsafeMutablePointer<Float> {
        let queryCount = block.rows * (operation.heads / operation.kvHeads)
        let unit = block.partialStart * operation.kvHeads + (kvHead * block.parts + block.part) * queryCount
        return partials + unit * (operation.valueDimensions + 2)
    }

    private func join(
        _ operation: AttentionOperation, _ block: AttentionBlock, kvHead: Int, _ places: AttentionPlaces
    ) {
        let queryCount = block.rows * (operation.heads / operation.kvHeads)
        let valueDimensions = operation.valueDimensions
        let maxima = partial(operation, block, kvHead: kvHead)
        let sums = maxima + queryCount
        let accumulators = sums + queryCount
        let stride = queryCount * (valueDimensions + 2)
        kernels.pointee.attend_merge(
            block.parts, queryCount, valueDimensions, maxima, sums, stride, accumulators, valueDimensions,
            stride)
        finish(operation, block, kvHead: kvHead, places, maxima, sums, accumulators)
    }

    @inline(__always)
    private func finish(
        _ operation: AttentionOperation, _ block: AttentionBlock, kvHead: Int, _ places: AttentionPlaces,
        _ maxima: UnsafePointer<Float>, _ sums: UnsafePointer<Float>, _ accumulators: UnsafePointer<Float>
    ) {
        let group = operation.heads / operation.kvHeads
        let valueDimensions = operation.valueDimensions
        let output = places.results
        let sinks = operation.sinks.map { $0 + kvHead * group }
        for row in 0..<block.rows {
            let target = output + ((block.row + row) * operation.heads + kvHead * group) * valueDimensions
            kernels.pointee.attend_finish(
                group, valueDimensions, maxima + row * group, sums + row * group, sinks,
                accumulators + row * group * valueDimensions, valueDimensions, target, valueDimensions)
            guard let gate = operation.gate else { continue }
            let factors = buffer(gate.buffer) + (block.row + row) * gate.stride + gate.first
            for head in 0..<group {
                let result = target + head * valueDimensions
                kernels.pointee.sigmoid_mul(
                    factors + (kvHead * group + head) * operation.queryStep, result, result, valueDimensions)
            }
        }
    }
}
