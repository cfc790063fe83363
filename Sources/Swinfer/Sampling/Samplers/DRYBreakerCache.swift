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
