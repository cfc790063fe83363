/// How many tokens are worth trying: each costs a row in the batch, and is for nothing once one before it was wrong.
/// It doubles while all are taken, and follows what is taken otherwise.
package struct DraftReach {
    /// Tokens to try next.
    package private(set) var count: Int
    private let least: Int
    private let most: Int

    private static let start = 3

    /// - Parameters:
    ///   - least: fewer are not tried.
    ///   - most: the caller's limit.
    package init(least: Int = 1, most: Int) {
        self.most = most
        self.least = min(max(1, least), max(1, most))
        count = min(most, max(self.least, DraftReach.start))
    }

    /// Some tokens were tried, and some of them taken.
    package mutating func note(tried: Int, taken: Int) {
        if tried == 0 { return }
        count = taken == tried ? max(count, 2 * tried) : taken + 1
        count = min(most, max(least, count))
    }
}
