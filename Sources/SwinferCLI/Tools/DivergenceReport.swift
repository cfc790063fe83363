import Foundation
import ModelTools

/// A measured divergence in lines.
struct DivergenceReport {
    let text: String

    init(_ result: Divergence) {
        func pair(_ value: (value: Double, error: Double), _ digits: Int, _ factor: Double = 1) -> String {
            String(format: "%.\(digits)f ± %.\(digits)f", value.value * factor, value.error * factor)
        }
        let own = result.perplexity
        let base = result.basePerplexity
        let rows: [(String, String)] = [
            ("perplexity", pair((own.value, own.error), 6)),
            ("perplexity of the base", pair((base.value, base.error), 6)),
            ("ln(perplexity / base)", pair(result.logRatio, 6)),
            ("mean KLD", pair(result.mean, 6)),
            ("maximum KLD", String(format: "%.6f", result.maximum)),
            ("99.9 % KLD", String(format: "%.6f", result.percentile(0.999))),
            ("99 % KLD", String(format: "%.6f", result.percentile(0.99))),
            ("90 % KLD", String(format: "%.6f", result.percentile(0.9))),
            ("median KLD", String(format: "%.6f", result.median)),
            ("10 % KLD", String(format: "%.6f", result.percentile(0.1))),
            ("mean Δp", pair(result.meanProbabilityChange, 3, 100) + " %"),
            ("RMS Δp", pair(result.probabilityChange, 3, 100) + " %"),
            ("same top token", pair(result.sameTopShare, 3, 100) + " %"),
        ]
        text = rows.map { $0.0 + String(repeating: " ", count: 24 - $0.0.count) + $0.1 + "\n" }.joined()
    }
}
