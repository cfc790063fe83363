extension GenerationOptions {
    /// - Parameter vocabularySize: tokens that biases may be for.
    /// - Throws: `SwinferError.invalidOption` naming the option.
    package func validate(vocabularySize: Int = .max) throws(SwinferError) {
        try check(maxTokens ?? 0 >= 0, "maxTokens", "\(maxTokens ?? 0) is negative")
        try check(
            0...20 ~= logProbabilities ?? 0, "logProbabilities", "\(logProbabilities ?? 0) is outside 0...20")
        try check(topK >= 0, "topK", "\(topK) is not 0 or more")
        try check(topP > 0 && topP <= 1, "topP", "\(topP) is outside 0 (excluded) to 1")
        try check(minP >= 0 && minP <= 1, "minP", "\(minP) is outside 0...1")
        try check(typicalP > 0 && typicalP <= 1, "typicalP", "\(typicalP) is outside 0 (excluded) to 1")
        try check(topNSigma.isFinite, "topNSigma", "\(topNSigma) is not finite")
        try check(0...1 ~= xtcProbability, "xtcProbability", "\(xtcProbability) is outside 0...1")
        try check(0...1 ~= xtcThreshold, "xtcThreshold", "\(xtcThreshold) is outside 0...1")
        try validateTemperature()
        try validatePenalties()
        for (token, bias) in logitBias {
            try check(
                token >= 0 && Int(token) < vocabularySize, "logitBias",
                "token \(token) is not in the vocabulary")
            try check(!bias.isNaN, "logitBias", "the bias of token \(token) is no number")
        }
    }

    private func validateTemperature() throws(SwinferError) {
        try check(!stop.contains(""), "stop", "a stop text is empty")
        try check((0...7).contains(lookupDraft), "lookupDraft", "\(lookupDraft) is outside 0...7")
        try check((0...7).contains(draftTokens), "draftTokens", "\(draftTokens) is outside 0...7")
        try check((0...7).contains(draftMinimum), "draftMinimum", "\(draftMinimum) is outside 0...7")
        try check(0...1 ~= draftProbability, "draftProbability", "\(draftProbability) is outside 0...1")
        if case .shift(let keep) = contextPolicy {
            try check(keep >= 0, "contextPolicy", "\(keep) tokens to keep")
        }
        try check(temperature >= 0 && temperature.isFinite, "temperature", "\(temperature) is not 0 or more")
        try check(
            dynamicTemperatureRange >= 0 && dynamicTemperatureRange.isFinite, "dynamicTemperatureRange",
            "\(dynamicTemperatureRange) is not 0 or more")
        try check(
            dynamicTemperatureExponent >= 0 && dynamicTemperatureExponent.isFinite,
            "dynamicTemperatureExponent", "\(dynamicTemperatureExponent) is not 0 or more")
        try check(
            mirostatEntropy >= 0 && mirostatEntropy.isFinite, "mirostatEntropy",
            "\(mirostatEntropy) is not 0 or more")
        try check(
            mirostatLearningRate >= 0 && mirostatLearningRate.isFinite, "mirostatLearningRate",
            "\(mirostatLearningRate) is not 0 or more")
    }

    private func validatePenalties() throws(SwinferError) {
        try check(repeatLastTokens >= 0, "repeatLastTokens", "\(repeatLastTokens) is not 0 or more")
        try check(
            repeatPenalty > 0 && repeatPenalty.isFinite && (1 / repeatPenalty).isFinite, "repeatPenalty",
            "\(repeatPenalty) is not above 0")
        try check(presencePenalty.isFinite, "presencePenalty", "\(presencePenalty) is not finite")
        try check(frequencyPenalty.isFinite, "frequencyPenalty", "\(frequencyPenalty) is not finite")
        try check(dry.multiplier.isFinite, "dry.multiplier", "\(dry.multiplier) is not finite")
        try check(dry.base >= 1 && dry.base.isFinite, "dry.base", "\(dry.base) is not 1 or more")
        try check(dry.allowedLength >= 0, "dry.allowedLength", "\(dry.allowedLength) is not 0 or more")
        try check(dry.lastTokens >= 0, "dry.lastTokens", "\(dry.lastTokens) is not 0 or more")
    }

    private func check(_ holds: Bool, _ name: String, _ reason: @autoclosure () -> String)
        throws(SwinferError)
    {
        if !holds { throw .invalidOption(name: name, reason: reason()) }
    }
}
