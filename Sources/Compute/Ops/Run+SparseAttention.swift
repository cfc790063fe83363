import Kernels

// Attention over chosen keys: they are gathered row by row, and then attended like others.

extension Run {
    /// Whether a block's rows see every key that they could.
    @inline(__always)
    func seesAll(_ selection: KeySelection, _ block: AttentionBlock) -> Bool {
        positions[block.row + block.rows - 1] < selection.count
    }

    /// The state of a block's queries after the chosen ones of the keys of its range.
    func attendChosen(
        _ operation: AttentionOperation, _ selection: KeySelection, _ block: AttentionBlock,
        queries: UnsafePointer<Float>, _ maxima: UnsafeMutablePointer<Float>,
        _ sums: UnsafeMutablePointer<Float>, _ accumulators: UnsafeMutablePointer<Float>, thread: Int
    ) {
        let local = locals[thread]
        let scratch = local.attention
        let group = operation.heads / operation.kvHeads
        let layer = cacheLayers[operation.cache]
        let table = UnsafePointer(sequences[Int(rowSequence[block.row])])
        for row in 0..<block.rows {
            let number = block.row + row
            let count = min(selection.count, Int(positions[number]) + 1)
            let chosen = UnsafeRawPointer(buffer(selection.buffer) + number * selection.count)
                .assumingMemoryBound(to: Int32.self)
            var next = firstChosen(chosen, count, from: block.keyBegin)
            let end = firstChosen(chosen, count, from: block.keyEnd)
            let stateStart = row * group
            while next < end {
                let size = min(AttentionScratch.keyBlock, end - next)
                for key in 0..<size {
                    let position = Int(chosen[next + key])
                    let place = position % CacheLayout.blockLength
                    (local.selection.keys + key * layer.keyBytes).copyMemory(
                        from: layer.block(table, position) + layer.keyOffset + place * layer.keyBytes,
                        byteCount: layer.keyBytes)
                }
                scratch.first.update(repeating: 0, count: group)
                scratch.last.update(repeating: Int32(size), count: group)
                var arguments = sw_attention(
                    queries: group, q: queries + stateStart * operation.keyDimensions,
                    q_stride: operation.keyDimensions, first: scratch.first, last: scratch.last, keys: size,
                    k: local.selection.keys, k_stride: layer.keyBytes, k_type: layer.keyType,
                    v: local.selection.keys, v_stride: layer.keyBytes, v_type: layer.keyType,
                    key_dim: operation.keyDimensions, value_dim: operation.valueDimensions,
                    scale: operation.scale, softcap: operation.softcap, m: maxima + stateStart,
                    l: sums + stateStart, acc: accumulators + stateStart * operation.valueDimensions,
                    acc_stride: operation.valueDimensions, scratch: scratch.kernel)
                kernels.pointee.attend(&arguments)
                next += size
            }
        }
    }

    /// Where the first of ascending positions stands that is not below `position`.
    @inline(__always)
    private func firstChosen(_ chosen: UnsafePointer<Int32>, _ count: Int, from position: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if Int(chosen[middle]) < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
