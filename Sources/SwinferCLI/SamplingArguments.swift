import ArgumentParser
import Swinfer

/// How the next token is chosen; names and defaults are llama.cpp's.
struct SamplingArguments: ParsableArguments {
    @Option(
        name: [.customShort("n"), .customLong("predict"), .customLong("n-predict")],
        help: ArgumentHelp(
            "Tokens to generate at most; -1: until the model ends the text or the context is full.",
            valueName: "n"))
    var predict = -1

    @Option(
        name: [.customLong("temp"), .customLong("temperature")],
        help: ArgumentHelp("Temperature; 0 is greedy.", valueName: "t"))
    var temperature: Float = 0.8

    @Option(help: ArgumentHelp("Choose among the k most likely tokens; 0: all.", valueName: "k"))
    var topK = 40

    @Option(help: ArgumentHelp("Choose among the most likely tokens that make up p; 1: all.", valueName: "p"))
    var topP: Float = 0.95

    @Option(
        help: ArgumentHelp(
            "Choose among tokens at least p times as likely as the first; 0: all.", valueName: "p"))
    var minP: Float = 0.05

    @Option(
        name: [.customShort("s"), .long],
        help: ArgumentHelp("Equal seeds give equal texts; -1: a new one each time.", valueName: "n"))
    var seed: Int64 = -1

    @Flag(name: .customLong("ignore-eos"), help: "Never choose a token that ends the text.")
    var ignoreEndOfText = false

    @OptionGroup var penalties: PenaltyArguments
    @OptionGroup var more: MoreSamplingArguments

    func validate() throws {
        if predict < -1 { throw ValidationError("--predict \(predict) is below -1") }
        if !(temperature.isFinite && temperature >= 0) {
            throw ValidationError("--temp \(temperature) is not 0 or more")
        }
        if topK < 0 { throw ValidationError("--top-k \(topK) is not 0 or more") }
        if !(topP > 0 && topP <= 1) { throw ValidationError("--top-p \(topP) is outside 0 (excluded) to 1") }
        if !(minP >= 0 && minP <= 1) { throw ValidationError("--min-p \(minP) is outside 0 to 1") }
        if seed < -1 { throw ValidationError("--seed \(seed) is below -1") }
    }

    var options: GenerationOptions {
        var options = GenerationOptions()
        options.maxTokens = predict < 0 ? nil : predict
        options.temperature = temperature
        options.topK = topK
        options.topP = topP
        options.minP = minP
        options.seed = seed < 0 ? nil : UInt64(seed)
        options.ignoreEndOfText = ignoreEndOfText
        penalties.apply(to: &options)
        more.apply(to: &options)
        return options
    }
}
