/// Whether proposals pay: the time that a token takes with and without them.
package struct SpeculationGauge {
    package init() {}

    private var plain = Rate()
    private var speculative = Rate()
    /// Batches to go without proposals.
    private var pause = SpeculationGauge.window
    private var nextPause = 2 * SpeculationGauge.window
    /// How often proposals lost and were set aside.
    package private(set) var pauses = 0

    private static let window = 16
    /// Proposals are set aside after fewer batches when these have cost the time of so many tokens.
    private static let mostLost = 4.0
    private static let shortWindow = 6

    private struct Rate {
        var seconds = 0.0
        var tokens = 0.0
        var batches = 0

        mutating func add(_ seconds: Double, _ tokens: Int) {
            // Old measurements fade, as texts and contexts change.
            self.seconds = self.seconds * 0.98 + seconds
            self.tokens = self.tokens * 0.98 + Double(tokens)
            batches += 1
        }

        var secondsPerToken: Double { tokens > 0 ? seconds / tokens : 0 }
    }

    package var wantsProposals: Bool { pause == 0 }

    /// Time per token without proposals over time with them, when they were last made; 0: not known.
    package var speedUp: Double { speculative.secondsPerToken > 0 ? ratio : lastSpeedUp }
    private var lastSpeedUp = 0.0
    private var ratio: Double { plain.secondsPerToken / speculative.secondsPerToken }

    /// A batch took some time, that of the proposals included, and gave some tokens.
    package mutating func add(seconds: Double, tokens: Int, hasTried: Bool) {
        if !hasTried {
            plain.add(seconds, tokens)
            pause = max(0, pause - 1)
            return
        }
        speculative.add(seconds, tokens)
        let lost = speculative.seconds - speculative.tokens * plain.secondsPerToken
        let losesMuch =
            speculative.batches >= SpeculationGauge.shortWindow
            && lost > SpeculationGauge.mostLost * plain.secondsPerToken
        if losesMuch || speculative.batches >= SpeculationGauge.window && ratio < 1 {
            lastSpeedUp = ratio
            pause = nextPause
            nextPause *= 2
            pauses += 1
            speculative = Rate()
        }
    }
}
