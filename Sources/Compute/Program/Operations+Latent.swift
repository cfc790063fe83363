import Glibc

// Operations+Latent.swift: the op of latent attention.

/// Attention of all heads over one compressed row per position, in the form that is cheaper for
/// each run of rows: over the compressed rows themselves, or over keys and values rebuilt from them.
struct LatentOperation: BitwiseCopyable {
    /// [heads x (plain + rope dimensions)]: the queries; expanding turns them where they are.
    var query: Columns
    var plainDimensions: Int
    /// [rank + rope dimensions]: the compressed keys and values, and the key part that turns.
    var compressed: Int32
    var rank: Int
    var norm: UnsafePointer<Float>
    /// [heads][rank][plain dimensions]
    var keys: Weight
    /// The same matrices the other way round, where the file has them so.
    var expandedKeys: Weight?
    /// [heads][value dimensions][rank]
    var values: Weight
    /// Over the compressed rows. Its queries and results are in the run's latent buffers.
    var attention: AttentionOperation
    /// [heads x value dimensions]
    var output: Int32
    var name: Int32

    var heads: Int { attention.heads }
    /// Of a rebuilt key, and of a query head before it is absorbed.
    var expandedDimensions: Int { plainDimensions + attention.ropeDimensions }
}

/// How latent attention of many rows goes about it.
package enum LatentForm: Sendable, BitwiseCopyable {
    /// Whichever takes less work for a run of rows.
    case automatic
    /// Over the compressed rows, with queries in their space: what few rows always do.
    case absorbed
    /// Over keys and values that are rebuilt from them, where no keys are chosen.
    case expanded

    /// What SWINFER_LATENT says, to measure one form against the other.
    static var environment: LatentForm {
        switch getenv("SWINFER_LATENT").map({ String(cString: $0) }) {
        case "absorbed": .absorbed
        case "expanded": .expanded
        default: .automatic
        }
    }
}

extension LatentOperation {
    /// Whether rebuilding keys and values pays for `rows` consecutive rows that end at `end`.
    ///
    /// Rebuilding multiplies each position that is seen with both matrices of a head, absorbing
    /// each row; attention's products are then 320 instead of 1088 long in DeepSeek's models.
    func expansionPays(rows: Int, end: Int) -> Bool {
        let matrices = Double(rank * (plainDimensions + values.rows)) * LatentOperation.productCost
        let pairs = Double(rows) * (Double(end) - Double(rows) / 2)
        let absorbed = Double(rows) * matrices + pairs * Double(attention.keyDimensions + rank)
        let expanded = Double(end) * matrices + pairs * Double(expandedDimensions + values.rows)
        return expanded < absorbed
    }

    /// What a multiply-accumulate costs in a matrix product against one in attention.
    private static let productCost = 0.6
}
