/// How a text is continued. Names and defaults follow llama.cpp.
public struct GenerationOptions: Sendable, Equatable {
    /// Tokens to generate at most; nil: until the model ends the text or the context is full.
    public var maxTokens: Int? = nil
    /// Equal seeds give equal texts; nil draws one, which the finish event reports.
    public var seed: UInt64? = nil
    /// Never choose a token that ends the text, and go on if the model ends it all the same.
    public var ignoreEndOfText = false
    /// What the text must look like; nil: anything.
    public var constraint: OutputConstraint? = nil
    /// Tell the log-probabilities of the chosen token and of this many of the most likely ones
    /// (0...20) in an event before each token's; nil: do not.
    public var logProbabilities: Int? = nil

    /// The samplers in the order in which they are applied. Which does anything depends on its
    /// options below.
    public var samplers: [SamplerKind] = SamplerKind.standard

    /// Spread of the choice; 0 takes the most likely token always (greedy).
    public var temperature: Float = 0.8
    /// How far the temperature may go below and above with the entropy; 0: not at all.
    public var dynamicTemperatureRange: Float = 0
    /// How the entropy's share of the largest possible one becomes a temperature.
    public var dynamicTemperatureExponent: Float = 1
    /// Choose among this many most likely tokens; 0: all.
    public var topK: Int = 40
    /// Choose among the most likely tokens that together have this probability; 1: all.
    public var topP: Float = 0.95
    /// Choose among tokens at least this likely relative to the most likely; 0: all.
    public var minP: Float = 0.05
    /// Choose among the tokens of the most typical surprise that together have this probability; 1: all.
    public var typicalP: Float = 1
    /// Choose among logits at most this many standard deviations below the largest; 0 or less: all.
    public var topNSigma: Float = -1
    /// How often the most likely tokens are excluded; 0: never.
    public var xtcProbability: Float = 0
    /// Probability from which on tokens are excluded then, but the least likely of them; above 0.5: none.
    public var xtcThreshold: Float = 0.1

    /// Recent tokens, the prompt's included, that the penalties look at; 0: none.
    public var repeatLastTokens: Int = 64
    /// Divides the logits of recent tokens (multiplies negative ones); 1: none.
    public var repeatPenalty: Float = 1
    /// Subtracted from the logits of recent tokens.
    public var presencePenalty: Float = 0
    /// Subtracted from the logits of recent tokens as often as they are there.
    public var frequencyPenalty: Float = 0
    /// Penalty of tokens that prolong a repetition.
    public var dry = DRY()

    /// Keeps the surprise near a target, in place of all samplers but the temperature.
    public var mirostat: Mirostat = .off
    /// Mirostat's target, in bits.
    public var mirostatEntropy: Float = 5
    /// How fast mirostat follows its target, 0 or more.
    public var mirostatLearningRate: Float = 0.1

    /// Added to the logits of tokens; -infinity forbids one.
    public var logitBias: [Int32: Float] = [:]

    /// Tokens that are tried ahead at most, where the text has come to the same words before
    /// (prompt lookup); 0: none. At most 7, so that what is chosen is the same, bit for bit, as
    /// without. It pauses while it does not pay.
    public var lookupDraft = 0
    /// Tokens that the draft model or the prediction layer (`ModelOptions.draft`) tries ahead at
    /// most, where lookup finds nothing; 0: none. At most 7, and pausing, as `lookupDraft`.
    public var draftTokens = 0
    /// Drafts of fewer tokens are not tried.
    public var draftMinimum = 0
    /// A draft ends before a token that is less likely than this to its model.
    public var draftProbability: Float = 0

    /// What happens when the context is full.
    public var contextPolicy = ContextPolicy.stop

    /// Texts that end the generation; neither they nor what follows is told. They may go across tokens.
    public var stop: [String] = []
    /// Control tokens that are told by their names; without, they have no text.
    package var renderedTokens: Set<Int32> = []

    /// The defaults.
    public init() {}

    /// Greedy decoding.
    public static var greedy: GenerationOptions {
        var options = GenerationOptions()
        options.temperature = 0
        return options
    }

    /// Whether the most likely token is taken always.
    var isGreedy: Bool { temperature == 0 && (dynamicTemperatureRange == 0 || mirostat != .off) }
}

extension GenerationOptions {
    /// "Don't repeat yourself": the longer a repetition that a token would prolong, the less likely.
    public struct DRY: Sendable, Equatable {
        /// Size of the penalty; 0: none.
        public var multiplier: Float = 0
        /// What the penalty grows by with each token of the repetition; 1 or more.
        public var base: Float = 1.75
        /// Repetitions up to this many tokens are free.
        public var allowedLength: Int = 2
        /// Recent tokens, the prompt's included, in which repetitions are looked for; 0: none.
        public var lastTokens: Int = 64
        /// Texts across which nothing counts as a repetition.
        public var sequenceBreakers: [String] = ["\n", ":", "\"", "*"]

        /// The defaults: no penalty.
        public init() {}
    }

    /// A version of mirostat sampling.
    public enum Mirostat: Int, Sendable, Equatable {
        /// No mirostat.
        case off = 0
        /// Mirostat 1.
        case first = 1
        /// Mirostat 2.
        case second = 2
    }

    /// A sampler by llama.cpp's name.
    public enum SamplerKind: String, Sendable, Equatable, CaseIterable {
        /// Its options: `repeatPenalty` and its kin; `dry`.
        case penalties, dry
        /// Its option: `topNSigma`.
        case topNSigma = "top_n_sigma"
        /// Its option: `topK`.
        case topK = "top_k"
        /// Its option: `typicalP`.
        case typical = "typ_p"
        /// Its option: `topP`.
        case topP = "top_p"
        /// Its option: `minP`.
        case minP = "min_p"
        /// Their options: `xtcProbability` and `xtcThreshold`; `temperature` and its kin.
        case xtc, temperature

        /// All, in llama.cpp's order.
        public static let standard: [SamplerKind] = allCases

        /// A sampler by any of the names that llama.cpp knows it by: `top_k`, `top-k`, `topk`, and
        /// `nucleus`, `temp`, `typ`.
        public init?(name: String) {
            let key = name.lowercased().filter { $0 != "_" && $0 != "-" }
            let aliases = ["nucleus": SamplerKind.topP, "temp": .temperature, "typ": .typical]
            let kind = SamplerKind.allCases.first { $0.rawValue.filter { $0 != "_" } == key }
            guard let found = kind ?? aliases[key] else { return nil }
            self = found
        }
    }
}
