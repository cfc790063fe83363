import GGUF

extension WeightSource {
    /// The matrices of experts that have a tensor each, "NAME.0.weight" and so on, as the first
    /// files of Mixtral do: [experts][rows][columns].
    ///
    /// They are used where they lie, so one must follow the other at equal distances.
    ///
    /// - Parameter name: such as "blk.3.ffn_gate".
    /// - Throws: `ComputeError` naming the tensor that is missing or does not fit the others.
    public func separateExperts(
        _ name: String, _ count: Int, rows: Int, columns: Int
    ) throws(ComputeError) -> Weight {
        let first = try matrix("\(name).0.weight", rows: rows, columns: columns)
        let shard = file.tensor(named: "\(name).0.weight")?.shard
        var distance = first.byteCount
        for index in 1..<max(1, count) {
            let tensor = "\(name).\(index).weight"
            let weight = try matrix(tensor, rows: rows, columns: columns)
            if index == 1 { distance = weight.base - first.base }
            guard weight.type == first.type, file.tensor(named: tensor)?.shard == shard,
                weight.base - first.base == index * distance, distance >= first.byteCount
            else {
                throw ComputeError.invalidConfiguration(
                    "tensor '\(tensor)': differs in type or distance from the other experts; convert the model anew, to a file with one tensor for all experts of a layer"
                )
            }
        }
        return Weight(
            base: first.base, type: first.type, columns: columns, rows: rows, matrices: count,
            matrixBytes: distance)
    }
}
