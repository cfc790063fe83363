/// Follows a draft through a constraint, so that nothing is tried which could not be chosen.
struct DraftPath {
    private let constraint: any TokenConstraint
    /// Where the constraint stands after the tokens so far; nil: at the end of the text.
    private var place: Int32?
    /// Tokens that may still come.
    private var remaining: Int

    init(_ constraint: any TokenConstraint, remaining: Int) {
        self.constraint = constraint
        self.remaining = remaining
    }

    /// Goes on past a token; false, and stays, if it may not come.
    mutating func follow(_ token: Int32) -> Bool {
        guard let next = constraint.place(after: token, at: place, remaining: remaining) else { return false }
        place = next
        remaining -= 1
        return true
    }

    /// Makes the logits of all tokens that may not come next -infinity.
    func refuse(_ logits: UnsafeMutableBufferPointer<Float>) {
        var mask = TokenMask(count: logits.count)
        constraint.insertAllowed(into: &mask, at: place, remaining: remaining)
        for (index, word) in mask.words.enumerated() where word != .max {
            var refused = ~word
            while refused != 0 {
                let token = index << 6 + refused.trailingZeroBitCount
                refused &= refused - 1
                if token >= logits.count { break }
                unsafe logits[token] = -.infinity
            }
        }
    }

    /// The first tokens of a draft that may come one after the other.
    func allowed(_ draft: ArraySlice<Int32>) -> ArraySlice<Int32> {
        var path = self
        return draft.prefix { path.follow($0) }
    }
}
