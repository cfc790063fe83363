/// The samplers of a generation, in order.
struct SamplerChain {
    enum Stage {
        case logitBias(LogitBias)
        case penalties
        case dry
        case topNSigma(TopNSigma)
        case topK(TopK)
        case typical(Typical)
        case topP(TopP)
        case minP(MinP)
        case xtc(XTC)
        case temperature(Temperature)

        /// Whether another token than the one with the largest logit may have it afterwards.
        var changesLargest: Bool {
            switch self {
            case .logitBias, .penalties, .dry, .typical, .xtc: true
            case .topNSigma, .topK, .topP, .minP, .temperature: false
            }
        }

        /// Whether it changes each token's logit without regard to what other tokens there are.
        var isSingle: Bool {
            switch self {
            case .logitBias, .penalties, .dry: true
            default: false
            }
        }

        /// What it and the draw after it want of the candidates before, if that alone tells.
        var use: Candidates.Use? {
            switch self {
            case .typical, .topP, .xtc: .probabilities
            case .temperature(let sampler) where sampler.range > 0: .probabilities
            case .temperature(let sampler): sampler.temperature == 1 ? nil : .drawing
            case .topNSigma, .topK, .minP: nil
            case .logitBias, .penalties, .dry: .logits
            }
        }

        /// Whether it does the same to what is left when removed tokens stay with a logit of -infinity.
        var allowsSilent: Bool {
            switch self {
            case .temperature(let sampler): sampler.range == 0
            case .minP: true
            default: false
            }
        }
    }

    private(set) var stages: [Stage] = []
    /// For each stage what is done with what it leaves.
    private var uses: [Candidates.Use] = []
    /// Stages at the beginning that are single.
    private var head = 0
    /// How many of the most likely tokens behind the head decide all that follows; nil: all tokens may.
    private(set) var decisive: Int?
    // Those that remember something stand by themselves.
    private var penalties: Penalties?
    private var dry: DRY?
    private var mirostat: Mirostat?

    /// - Parameter endOfGeneration: tokens that are never chosen if the options ignore the text's end.
    init(_ options: GenerationOptions, breakers: DRYBreakers, endOfGeneration: [Int32]) {
        var biases = options.logitBias
        if options.ignoreEndOfText {
            for token in endOfGeneration { biases[token] = -.infinity }
        }
        if !biases.isEmpty { stages.append(.logitBias(LogitBias(biases))) }
        // As in llama.cpp, mirostat takes the place of all samplers but the temperature.
        let kinds = options.mirostat == .off ? options.samplers : [.temperature]
        stages += kinds.compactMap { SamplerChain.stage($0, options) }
        if options.isGreedy {
            stages.removeAll { !$0.changesLargest }
        } else if options.mirostat != .off {
            mirostat = Mirostat(
                version: options.mirostat, target: options.mirostatEntropy,
                learningRate: options.mirostatLearningRate)
        }
        for case .penalties in stages {
            penalties = Penalties(
                last: options.repeatLastTokens, repetition: options.repeatPenalty,
                presence: options.presencePenalty, frequency: options.frequencyPenalty)
        }
        for case .dry in stages { dry = DRY(options.dry, breakers: breakers) }
        uses = stages.indices.map { index in
            let rest = stages[(index + 1)...]
            let use = rest.lazy.compactMap(\.use).first ?? .probabilities
            return use == .drawing && !rest.allSatisfy(\.allowsSilent) ? .logits : use
        }
        head = stages.firstIndex { !$0.isSingle } ?? stages.count
        if head < stages.count, case .topK(let sampler) = stages[head] {
            decisive = sampler.k
        } else if head == stages.count, options.isGreedy {
            decisive = 1
        }
    }

    /// A sampler; nil: it does nothing with these options.
    private static func stage(_ kind: GenerationOptions.SamplerKind, _ options: GenerationOptions) -> Stage? {
        switch kind {
        case .penalties:
            let neutral =
                options.repeatPenalty == 1 && options.presencePenalty == 0 && options.frequencyPenalty == 0
            return options.repeatLastTokens == 0 || neutral ? nil : .penalties
        case .dry: return options.dry.multiplier == 0 || options.dry.lastTokens == 0 ? nil : .dry
        case .topNSigma:
            return options.topNSigma > 0 ? .topNSigma(TopNSigma(n: options.topNSigma)) : nil
        case .topK: return options.topK > 0 ? .topK(TopK(k: options.topK)) : nil
        case .typical: return options.typicalP < 1 ? .typical(Typical(p: options.typicalP)) : nil
        case .topP: return options.topP < 1 ? .topP(TopP(p: options.topP)) : nil
        case .minP: return options.minP > 0 ? .minP(MinP(p: options.minP)) : nil
        case .xtc:
            return options.xtcProbability > 0
                ? .xtc(XTC(probability: options.xtcProbability, threshold: options.xtcThreshold)) : nil
        case .temperature:
            let temperature = Temperature(
                temperature: options.temperature,
                range: options.mirostat == .off ? options.dynamicTemperatureRange : 0,
                exponent: options.dynamicTemperatureExponent)
            return .temperature(temperature)
        }
    }

    /// Whether there is nothing to do.
    var isEmpty: Bool { stages.isEmpty }

    /// Tokens of the text before the next that the samplers want to have been told of.
    var historyLength: Int { max(penalties?.last ?? 0, dry?.last ?? 0) }

    /// A token came to stand in the text.
    mutating func accept(_ token: Int32) {
        penalties?.accept(token)
        dry?.accept(token)
    }

    /// The place of the chosen candidate; `accept` must follow before the next.
    ///
    /// - Parameter afterHead: the single stages have been applied.
    mutating func choose(
        _ candidates: inout Candidates, _ random: inout RandomSource, afterHead: Bool = false
    ) -> Int {
        apply(&candidates, &random, afterHead ? head..<stages.count : stages.indices)
        if mirostat != nil { return mirostat!.choose(&candidates, &random) }
        return candidates.draw(random.nextUnit())
    }

    /// Removes what cannot be chosen, and chooses nothing.
    mutating func narrow(_ candidates: inout Candidates, _ random: inout RandomSource) {
        apply(&candidates, &random)
        mirostat?.cut(&candidates)
    }

    /// The token chosen last was taken.
    mutating func acceptChoice() { mirostat?.accept() }

    /// The stages that change each token's logit by itself.
    mutating func applyHead(_ candidates: inout Candidates, _ random: inout RandomSource) {
        apply(&candidates, &random, 0..<head)
    }

    mutating func apply(_ candidates: inout Candidates, _ random: inout RandomSource) {
        apply(&candidates, &random, stages.indices)
    }

    private mutating func apply(
        _ candidates: inout Candidates, _ random: inout RandomSource, _ range: Range<Int>
    ) {
        for index in range {
            candidates.use = uses[index]
            switch stages[index] {
            case .logitBias(let sampler): sampler.apply(&candidates)
            case .penalties: penalties?.apply(&candidates)
            case .dry: dry?.apply(&candidates)
            case .topNSigma(let sampler): sampler.apply(&candidates)
            case .topK(let sampler): sampler.apply(&candidates)
            case .typical(let sampler): sampler.apply(&candidates)
            case .topP(let sampler): sampler.apply(&candidates)
            case .minP(let sampler): sampler.apply(&candidates)
            case .xtc(let sampler): sampler.apply(&candidates, &random)
            case .temperature(let sampler): sampler.apply(&candidates)
            }
        }
    }
}
