package import Grammar

/// A grammar as a decoder sees it.
package final class GrammarConstraint: TokenConstraint {
    private let matcher: GrammarMatcher

    package init(_ matcher: GrammarMatcher) { self.matcher = matcher }

    /// Tokens that the shortest text takes at least; nil when the vocabulary cannot write it.
    var tokensToFinish: Int? { matcher.tokensToFinish }

    package func allows(_ token: Int32, remaining: Int) -> Bool {
        matcher.allows(token, remaining: remaining)
    }

    package func insertAllowed(into mask: inout TokenMask, at place: Int32?, remaining: Int) {
        let words = matcher.mask(at: place, remaining: remaining)
        // A model may have more logits than its vocabulary has tokens.
        for index in 0..<min(words.count, mask.words.count) { mask.words[index] |= words[index] }
    }

    package func place(after token: Int32, at place: Int32?, remaining: Int) -> Int32? {
        matcher.place(after: token, at: place, remaining: remaining)
    }

    package func accept(_ token: Int32) { matcher.accept(token) }

    package var isComplete: Bool { matcher.isComplete }
}
