import Compute
public import GGUF

/// What every tensor would lose as each type: measured on some of its rows.
public struct DamageTable: Sendable {
    /// One type for one tensor.
    public struct Option: Sendable, Equatable {
        public let type: TensorType
        public let bytes: Int
        /// The squared error of the tensor's outputs as a share of their square, on average.
        public let loss: Double
    }

    /// A tensor whose type can be chosen.
    public struct Row: Sendable {
        public let tensor: TensorInfo
        public let options: [Option]
    }

    public let rows: [Row]
    /// Bytes of the tensors that stay as they are.
    public let fixedBytes: Int

    /// Rows of a tensor that are measured.
    private static let sample = 128

    /// - Parameters:
    ///   - importance: makes the error of a weight that of the output it goes into
    ///   - progress: 0...1
    /// - Throws: ``ToolError`` for weights that are no numbers; `CancellationError`.
    public init(
        _ file: GGUFFile, importance: ImportanceMatrix?, threads: Int?, allowRequantize: Bool,
        isCancelled: () -> Bool = { false }, progress: (Double) -> Void = { _ in }
    ) throws {
        let encoding = WeightEncoding(threads: threads)
        var rows: [Row] = []
        var fixed = 0
        let total = file.tensors.reduce(0) { $0 + $1.elementCount }
        var done = 0
        for tensor in file.tensors {
            if isCancelled() { throw CancellationError() }
            done += tensor.elementCount
            guard tensor.mayChange(keepsOutput: false), TensorCoding.canDecode(tensor.type) else {
                fixed += tensor.byteCount
                continue
            }
            guard !tensor.type.isQuantized || allowRequantize else {
                throw ToolError(
                    "\(file.shardPaths[tensor.shard]): tensor '\(tensor.name)' is quantized already (\(tensor.type)); fit the original, or give --allow-requantize and lose more"
                )
            }
            let coding = TensorCoding(
                file: file, tensor: tensor, encoding: encoding, importance: try importance?.entry(of: tensor))
            let types = Self.types(for: tensor, hasImportance: coding.importance != nil)
            let step = max(1, tensor.rowCount / Self.sample)
            let sampled = Array(stride(from: 0, to: tensor.rowCount, by: step))
            let (errors, whole) = try coding.errors(rows: sampled, types: types)
            var options = [Option(type: tensor.type, bytes: tensor.byteCount, loss: 0)]
            for (type, error) in zip(types, errors) {
                guard let bytes = type.byteCount(dimensions: tensor.dimensions), bytes < tensor.byteCount
                else {
                    continue
                }
                options.append(Option(type: type, bytes: bytes, loss: whole > 0 ? error / whole : 0))
            }
            rows.append(Row(tensor: tensor, options: options.sorted { $0.bytes < $1.bytes }))
            progress(Double(done) / Double(max(1, total)))
        }
        self.rows = rows
        fixedBytes = fixed
    }

    private static func types(for tensor: TensorInfo, hasImportance: Bool) -> [TensorType] {
        guard tensor.rowElements % 256 == 0 else {
            let small: [TensorType] = [.iq4_nl, .q4_1, .q5_0, .q5_1, .q8_0]
            return small.filter { tensor.rowElements % $0.blockElements == 0 }
        }
        let always: [TensorType] = [.q2_K, .q3_K, .iq3_s, .iq4_xs, .q4_K, .q5_K, .q6_K, .q8_0]
        return hasImportance ? [.iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs] + always : always
    }
}

extension TensorCoding {
    /// Weighted squared errors of some rows by type, and the weighted squares of the rows.
    func errors(rows: [Int], types: [TensorType]) throws(ToolError) -> (errors: [Double], total: Double) {
        do throws(WeightEncoding.BadValue) {
            return try unsafe encoding.errors(
                of: file.bytes(of: tensor), type: tensor.type, rows: rows, columns: tensor.rowElements,
                types: types
            ) { importance(ofRow: $0) }
        } catch {
            throw bad(error, firstRow: 0)
        }
    }
}
