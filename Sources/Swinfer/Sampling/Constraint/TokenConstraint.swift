/// What a text must look like, as a decoder asks for it: token by token.
///
/// A decoder first chooses as if there were no constraint and asks `allows` about that one token.
/// Only when it is refused does the decoder ask for the mask and choose again among what is
/// allowed, so that a text which the model gets right by itself costs next to nothing.
///
/// A constraint belongs to one generation, whose thread alone calls it.
package protocol TokenConstraint: AnyObject {
    /// Whether a token may come next.
    ///
    /// An end-of-generation token may where the text may end.
    ///
    /// - Parameter remaining: tokens that the generation may still take, this one included; a
    ///   constraint that wants the text whole allows near 0 only what leads to its end.
    func allows(_ token: Int32, remaining: Int) -> Bool

    /// Inserts every token that may come next, end-of-generation tokens included; `mask` comes
    /// empty. Says the same as `allows` of each.
    ///
    /// - Parameter place: where the text stands after tokens that are only tried; nil: where it stands.
    func insertAllowed(into mask: inout TokenMask, at place: Int32?, remaining: Int)

    /// Where a text stands that goes on with a token which is only tried; nil: it may not come.
    ///
    /// - Parameters:
    ///   - place: where it stands before, as this function said; nil: where the text itself stands. `accept` makes
    ///     all places invalid.
    ///   - remaining: as in `allows`.
    func place(after token: Int32, at place: Int32?, remaining: Int) -> Int32?

    /// Goes on past a token that was allowed and chosen; never an end-of-generation token.
    func accept(_ token: Int32)

    /// Whether nothing but the end of generation may come next: the generation ends then without
    /// asking the model.
    var isComplete: Bool { get }
}
