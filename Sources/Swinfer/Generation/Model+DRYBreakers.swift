extension Model {
    /// Sequence breakers in this model's vocabulary.
    package func dryBreakers(_ texts: [String]) -> DRYBreakers {
        dryBreakerCache.breakers(texts) { DRYBreakers(texts, tokenizer) }
    }

    /// Those that a generation needs.
    func dryBreakers(_ options: GenerationOptions) -> DRYBreakers {
        options.dry.multiplier == 0 || options.dry.lastTokens == 0
            ? .none : dryBreakers(options.dry.sequenceBreakers)
    }
}
