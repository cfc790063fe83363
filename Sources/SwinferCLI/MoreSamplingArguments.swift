import ArgumentParser
import Swinfer

/// Samplers that are off unless asked for.
struct MoreSamplingArguments: ParsableArguments {
    @Option(
        name: [.customLong("top-nsigma"), .customLong("top-n-sigma")],
        help: ArgumentHelp(
            "Keep logits within n standard deviations of the largest; -1: off.", valueName: "n"))
    var topNSigma: Float = -1

    @Option(
        name: [.customLong("typical"), .customLong("typical-p")],
        help: ArgumentHelp("Choose among the most typical tokens that make up p; 1: off.", valueName: "p"))
    var typical: Float = 1

    @Option(help: ArgumentHelp("How often to exclude the most likely tokens; 0: never.", valueName: "p"))
    var xtcProbability: Float = 0

    @Option(help: ArgumentHelp("Probability from which on they are excluded.", valueName: "p"))
    var xtcThreshold: Float = 0.1

    @Option(help: ArgumentHelp("How far the temperature follows the entropy; 0: not.", valueName: "t"))
    var dynatempRange: Float = 0

    @Option(help: ArgumentHelp("Exponent with which it does.", valueName: "x"))
    var dynatempExp: Float = 1

    @Option(
        help: ArgumentHelp(
            "Mirostat version, in place of all samplers but the temperature; 0: off.", valueName: "0|1|2"))
    var mirostat = 0

    @Option(help: ArgumentHelp("Mirostat's learning rate.", valueName: "x"))
    var mirostatLr: Float = 0.1

    @Option(help: ArgumentHelp("Mirostat's target entropy in bits.", valueName: "x"))
    var mirostatEnt: Float = 5

    @Option(
        name: [.customShort("l"), .long],
        help: ArgumentHelp(
            "Add to a token's logit, as in 15043+1 or 15043-inf; may be given often.",
            valueName: "id±bias"))
    var logitBias: [LogitBiasArgument] = []

    @Option(
        help: ArgumentHelp(
            "Samplers to apply, in order, separated by ';' (all: \(SamplerList.standard)).",
            valueName: "names"))
    var samplers = SamplerList.standard

    func validate() throws {
        if !topNSigma.isFinite { throw ValidationError("--top-nsigma \(topNSigma) is not finite") }
        if !(typical > 0 && typical <= 1) {
            throw ValidationError("--typical \(typical) is outside 0 (excluded) to 1")
        }
        let shares = [("xtc-probability", xtcProbability), ("xtc-threshold", xtcThreshold)]
        for (name, value) in shares where !(0...1 ~= value) {
            throw ValidationError("--\(name) \(value) is outside 0 to 1")
        }
        let positive = [
            ("dynatemp-range", dynatempRange), ("dynatemp-exp", dynatempExp), ("mirostat-lr", mirostatLr),
            ("mirostat-ent", mirostatEnt),
        ]
        for (name, value) in positive where !(value >= 0 && value.isFinite) {
            throw ValidationError("--\(name) \(value) is not 0 or more")
        }
        if !(0...2 ~= mirostat) { throw ValidationError("--mirostat \(mirostat) is not 0, 1 or 2") }
    }

    func apply(to options: inout GenerationOptions) {
        options.topNSigma = topNSigma
        options.typicalP = typical
        options.xtcProbability = xtcProbability
        options.xtcThreshold = xtcThreshold
        options.dynamicTemperatureRange = dynatempRange
        options.dynamicTemperatureExponent = dynatempExp
        options.mirostat = GenerationOptions.Mirostat(rawValue: mirostat) ?? .off
        options.mirostatLearningRate = mirostatLr
        options.mirostatEntropy = mirostatEnt
        for argument in logitBias { options.logitBias[argument.token, default: 0] += argument.bias }
        options.samplers = samplers.kinds
    }
}

/// "15043+1.5" or "15043-inf".
struct LogitBiasArgument: ExpressibleByArgument {
    let token: Int32
    let bias: Float

    init?(argument: String) {
        guard let sign = argument.firstIndex(where: { $0 == "+" || $0 == "-" }),
            let token = Int32(argument[..<sign]), token >= 0,
            let size = Float(argument[argument.index(after: sign)...]), size >= 0
        else { return nil }
        self.token = token
        bias = argument[sign] == "-" ? -size : size
    }
}

/// "top_k;temperature".
struct SamplerList: ExpressibleByArgument, CustomStringConvertible {
    let kinds: [GenerationOptions.SamplerKind]

    static let standard = SamplerList(kinds: GenerationOptions.SamplerKind.standard)

    init(kinds: [GenerationOptions.SamplerKind]) { self.kinds = kinds }

    init?(argument: String) {
        var kinds: [GenerationOptions.SamplerKind] = []
        for name in argument.split(separator: ";") {
            guard let kind = GenerationOptions.SamplerKind(name: String(name)) else { return nil }
            kinds.append(kind)
        }
        self.kinds = kinds
    }

    var description: String { kinds.map(\.rawValue).joined(separator: ";") }
    var defaultValueDescription: String { description }
}
