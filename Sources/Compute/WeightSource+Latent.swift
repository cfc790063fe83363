import Kernels

extension WeightSource {
    /// The key and value projections of latent attention's heads: [heads][rank][key dimensions]
    /// and [heads][value dimensions][rank].
    ///
    /// Older files have them as one matrix, whose rows are a head's keys and then its values. The
    /// values are used where they lie; the keys are transposed into memory that this source owns, and
    /// given as they lie too ([heads][key dimensions][rank]).
    ///
    /// - Parameter block: the layer's prefix, such as "blk.3".
    public func latentHeads(
        _ block: String, heads: Int, rank: Int, keyDimensions: Int, valueDimensions: Int
    ) throws(ComputeError) -> (keys: Weight, values: Weight, expandedKeys: Weight?) {
        if contains("\(block).attn_k_b.weight") || !contains("\(block).attn_kv_b.weight") {
            return (
                try matrix("\(block).attn_k_b.weight", rows: rank, columns: keyDimensions, experts: heads),
                try matrix("\(block).attn_v_b.weight", rows: valueDimensions, columns: rank, experts: heads),
                nil
            )
        }
        let rows = keyDimensions + valueDimensions
        let both = try matrix("\(block).attn_kv_b.weight", rows: heads * rows, columns: rank)
            .split(into: heads)
        let keys = both.rows(0..<keyDimensions)
        return (try transposed(keys), both.rows(keyDimensions..<rows), keys)
    }

    /// The transposed matrices, in F16 where that holds their values well enough: F16 and
    /// quantized weights, whose values are short integers times an F16 scale.
    private func transposed(_ weight: Weight) throws(ComputeError) -> Weight {
        let type = Int32(weight.type == Int32(SW_F16) || weight.quantized ? SW_F16 : SW_F32)
        let elementBytes = Int(sw_type(type).bytes)
        let rows = weight.columns
        let columns = weight.rows
        let matrixBytes = rows * columns * elementBytes
        let arena = try Arena(byteCount: weight.matrices * matrixBytes + rows * (columns + 1) * 4)
        let kernels: UnsafePointer<sw_kernels> = sw_kernels_active()
        let turned = (arena.base + weight.matrices * matrixBytes).assumingMemoryBound(to: Float.self)
        let line = turned + rows * columns
        for index in 0..<weight.matrices {
            let matrix = weight.matrix(index)
            for column in 0..<columns {
                kernels.pointee.dequantize(weight.type, matrix.row(column), line, rows)
                for row in 0..<rows { turned[row * columns + column] = line[row] }
            }
            kernels.pointee.quantize(type, turned, arena.base + index * matrixBytes, rows * columns)
        }
        own(arena)
        return Weight(
            base: UnsafeRawPointer(arena.base), type: type, columns: columns, rows: rows,
            matrices: weight.matrices)
    }
}
