import Experts
import Foundation

/// Hit rates of eviction policies on a recorded trace, for pools of several sizes.
struct SimulationTable {
    private let trace: RoutingTrace
    private let rows: [(share: Int, slots: Int, results: [Simulation])]

    /// - Parameter shares: of all experts, in percent.
    init(_ trace: RoutingTrace, shares: [Int]) {
        self.trace = trace
        let experts = trace.layers.reduce(0, +)
        // No pool is smaller than what one layer needs at once.
        let least = trace.steps.map { $0.chosen.count / max(1, $0.tokens) }.max() ?? 1
        rows = shares.map { share in
            let slots = max(least, experts * share / 100)
            return (
                share, slots,
                Simulation.policies.map {
                    Simulation.run(trace, policy: $0, slots: slots, skipping: 0.2)
                }
            )
        }
    }

    private var tokens: Int { trace.steps.filter { $0.layer == 0 && $0.tokens == 1 }.count }

    var markdown: String {
        var text =
            "\(trace.layers.count) layers, \(trace.layers.reduce(0, +)) experts, \(tokens) generated tokens; the first fifth of the trace fills the pool and does not count.\n\n"
        let names = Simulation.policies.map {
            $0.description.replacingOccurrences(of: "decayed frequency, half-life", with: "decayed")
        }
        text += "| pool | slots | " + names.joined(separator: " | ") + " |\n"
        text += "| ---: | ---: |" + names.map { _ in " ---: |" }.joined() + "\n"
        for row in rows {
            text += "| \(row.share) % | \(row.slots) |"
            text += row.results.map { String(format: " %.1f %% |", $0.hitRate * 100) }.joined() + "\n"
        }
        return text
    }

    var json: JSONText {
        .object([
            ("layers", .array(trace.layers.map { .integer($0) })), ("tokens", .integer(tokens)),
            (
                "pools",
                .array(
                    rows.map { row in
                        .object([
                            ("share", .integer(row.share)), ("slots", .integer(row.slots)),
                            (
                                "hit_rates",
                                .object(row.results.map { ($0.policy.description, .number($0.hitRate)) })
                            ),
                        ])
                    })
            ),
        ])
    }
}
