extension WeightSource {
    /// A weight with the same rows in another order, for older files whose tensors mix several
    /// projections head by head. Copies them; rows of any type are whole.
    public func reordered(_ weight: Weight, _ order: [Int]) throws(ComputeError) -> Weight {
        precondition(weight.matrices == 1 && order.allSatisfy { $0 >= 0 && $0 < weight.rows })
        let rowBytes = weight.rowBytes
        let arena = try Arena(byteCount: order.count * rowBytes)
        for (place, row) in order.enumerated() {
            (arena.base + place * rowBytes).copyMemory(from: weight.row(row), byteCount: rowBytes)
        }
        own(arena)
        return Weight(
            base: UnsafeRawPointer(arena.base), type: weight.type, columns: weight.columns,
            rows: order.count, matrices: 1)
    }
}
