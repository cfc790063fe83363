public import GGUF

/// The types that lose least within a number of bytes.
///
/// What a tensor loses adds to what others lose, each by how much the model feels it (its
/// sensitivity). Then the best choice under a budget is the one in which the last byte buys every
/// tensor the same: it is found by giving bytes, step by step, to whichever tensor gains most from
/// each, along the lower convex hull of its options.
public struct SizeFit: Sendable {
    public struct Choice: Sendable {
        public let tensor: TensorInfo
        public let option: DamageTable.Option
        /// Sensitivity x loss.
        public let damage: Double
    }

    /// In the file's order.
    public let choices: [Choice]
    /// Bytes of all tensors.
    public let byteCount: Int

    /// - Parameters:
    ///   - budget: bytes for all tensors
    ///   - sensitivity: of a tensor, by name; damage = sensitivity x loss
    /// - Throws: ``ToolError`` when even the smallest types do not fit.
    public init(
        _ table: DamageTable, budget: Int, sensitivity: (TensorInfo) -> Double = { _ in 1 }
    ) throws(ToolError) {
        var hulls: [[DamageTable.Option]] = []
        var factors: [Double] = []
        for row in table.rows {
            hulls.append(Self.hull(row.options))
            factors.append(max(0, sensitivity(row.tensor)))
        }
        var places = [Int](repeating: 0, count: hulls.count)
        var bytes = hulls.reduce(table.fixedBytes) { $0 + $1[0].bytes }
        guard bytes <= budget else {
            throw ToolError(
                "the smallest types take \(bytes) bytes, the budget leaves \(max(0, budget)) for weights; give more, a smaller context (-c), or an importance matrix (--imatrix), which allows smaller types"
            )
        }
        struct Step {
            let tensor: Int
            let place: Int
            let bytes: Int
            let gain: Double
        }
        var steps: [Step] = []
        for (tensor, hull) in hulls.enumerated() {
            for place in 1..<max(1, hull.count) {
                let more = hull[place].bytes - hull[place - 1].bytes
                let less = (hull[place - 1].loss - hull[place].loss) * factors[tensor]
                steps.append(Step(tensor: tensor, place: place, bytes: more, gain: less / Double(more)))
            }
        }
        // Along a hull gains fall, so a tensor's steps come in their order.
        steps.sort { $0.gain != $1.gain ? $0.gain > $1.gain : ($0.tensor, $0.place) < ($1.tensor, $1.place) }
        for step in steps where places[step.tensor] == step.place - 1 && bytes + step.bytes <= budget {
            places[step.tensor] = step.place
            bytes += step.bytes
        }
        choices = table.rows.indices.map {
            let option = hulls[$0][places[$0]]
            return Choice(tensor: table.rows[$0].tensor, option: option, damage: option.loss * factors[$0])
        }
        byteCount = bytes
    }

    /// Sum of what the tensors lose.
    public var damage: Double { choices.reduce(0) { $0 + $1.damage } }

    /// Types by tensor name, for ``QuantizeOptions/types``.
    public var types: [String: TensorType] {
        Dictionary(uniqueKeysWithValues: choices.map { ($0.tensor.name, $0.option.type) })
    }

    /// The scheme that most bytes are of, for `general.file_type`.
    public var scheme: QuantizationScheme {
        var bytes: [TensorType: Int] = [:]
        for choice in choices { bytes[choice.option.type, default: 0] += choice.option.bytes }
        let most = bytes.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .q8_0
        return QuantizationScheme.mostly(most) ?? QuantizationScheme.all[0]
    }

    /// Options that no mix of a smaller and a larger one beats, smallest first.
    private static func hull(_ options: [DamageTable.Option]) -> [DamageTable.Option] {
        var hull: [DamageTable.Option] = []
        for option in options.sorted(by: { ($0.bytes, $0.loss) < ($1.bytes, $1.loss) }) {
            guard hull.last.map({ option.loss < $0.loss && option.bytes > $0.bytes }) ?? true else {
                continue
            }
            while hull.count > 1 {
                let (a, b) = (hull[hull.count - 2], hull[hull.count - 1])
                let first = (a.loss - b.loss) / Double(b.bytes - a.bytes)
                let second = (b.loss - option.loss) / Double(option.bytes - b.bytes)
                if first > second { break }
                hull.removeLast()
            }
            hull.append(option)
        }
        return hull
    }
}
