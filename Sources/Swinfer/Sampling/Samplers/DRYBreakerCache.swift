import Synchronization

/// The breakers used last: looking through a vocabulary takes longer than a token may.
final class DRYBreakerCache: Sendable {
    private let last = Mutex<(texts: [String], breakers: DRYBreakers)>(([], .none))

    func breakers(_ texts: [String], _ make: () -> DRYBreakers) -> DRYBreakers {
        if let known = last.withLock({ $0.texts == texts ? $0.breakers : nil }) { return known }
        let made = make()
        last.withLock { $0 = (texts, made) }
        return made
    }
}

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
