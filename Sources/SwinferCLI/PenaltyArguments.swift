import ArgumentParser
import Swinfer

/// Against repetition.
struct PenaltyArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Divide the logits of recent tokens by this; 1: off.", valueName: "x"))
    var repeatPenalty: Float = 1

    @Option(
        help: ArgumentHelp("Recent tokens, the prompt's included, that penalties look at.", valueName: "n"))
    var repeatLastN = 64

    @Option(help: ArgumentHelp("Subtract this from the logits of recent tokens.", valueName: "x"))
    var presencePenalty: Float = 0

    @Option(help: ArgumentHelp("Subtract this for each time a token is recent.", valueName: "x"))
    var frequencyPenalty: Float = 0

    @Option(help: ArgumentHelp("Penalty of tokens that prolong a repetition; 0: off.", valueName: "x"))
    var dryMultiplier: Float = 0

    @Option(help: ArgumentHelp("What that grows by with each token repeated.", valueName: "x"))
    var dryBase: Float = 1.75

    @Option(help: ArgumentHelp("Repetitions up to n tokens are free.", valueName: "n"))
    var dryAllowedLength = 2

    @Option(help: ArgumentHelp("Recent tokens in which repetitions are looked for.", valueName: "n"))
    var dryPenaltyLastN = 64

    @Option(
        help: ArgumentHelp(
            #"Text across which nothing repeats, in place of \n : " *; may be given often; none: no such text."#,
            valueName: "text"))
    var drySequenceBreaker: [String] = []

    func validate() throws {
        if !(repeatPenalty.isFinite && repeatPenalty > 0 && (1 / repeatPenalty).isFinite) {
            throw ValidationError("--repeat-penalty \(repeatPenalty) is not above 0")
        }
        if repeatLastN < 0 { throw ValidationError("--repeat-last-n \(repeatLastN) is not 0 or more") }
        let finite = [
            ("presence-penalty", presencePenalty), ("frequency-penalty", frequencyPenalty),
            ("dry-multiplier", dryMultiplier),
        ]
        for (name, value) in finite where !value.isFinite {
            throw ValidationError("--\(name) \(value) is not finite")
        }
        if !(dryBase >= 1 && dryBase.isFinite) {
            throw ValidationError("--dry-base \(dryBase) is not 1 or more")
        }
        if dryAllowedLength < 0 {
            throw ValidationError("--dry-allowed-length \(dryAllowedLength) is not 0 or more")
        }
        if dryPenaltyLastN < 0 {
            throw ValidationError("--dry-penalty-last-n \(dryPenaltyLastN) is not 0 or more")
        }
    }

    func apply(to options: inout GenerationOptions) {
        options.repeatPenalty = repeatPenalty
        options.repeatLastTokens = repeatLastN
        options.presencePenalty = presencePenalty
        options.frequencyPenalty = frequencyPenalty
        options.dry.multiplier = dryMultiplier
        options.dry.base = dryBase
        options.dry.allowedLength = dryAllowedLength
        options.dry.lastTokens = dryPenaltyLastN
        if !drySequenceBreaker.isEmpty {
            let texts = drySequenceBreaker.filter { $0 != "none" }
            // A shell passes \n as two characters.
            options.dry.sequenceBreakers = texts.map { $0 == #"\n"# ? "\n" : $0 }
        }
    }
}
