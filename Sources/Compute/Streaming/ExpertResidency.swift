/// Where a store of experts asks which of them stay in memory.
///
/// Experts have numbers over all layers; slots have numbers over all size classes. The store
/// serializes the calls.
package protocol ExpertResidency: AnyObject {
    /// Experts of one layer are about to be used.
    ///
    /// - Parameters:
    ///   - experts: their numbers over all layers, each once.
    ///   - uses: how many tokens chose each.
    ///   - keep: they should stay, at the cost of others (generation); false: only where there is
    ///     room (prompts).
    ///   - slots: of each, the slot where it is already although it has none of its own, or -1; receives
    ///     the slot of each; -1: none, it only passes through.
    ///   - fresh: receives whether the slot is new to the expert, so that it must be read.
    func request(
        _ experts: borrowing Span<Int32>, uses: borrowing Span<Int32>, keep: Bool,
        slots: inout MutableSpan<Int32>, fresh: inout MutableSpan<Bool>)

    /// Tokens go through the model: time passes.
    func advance(tokens: Int)

    /// The experts of a layer that have no slot, those worth most first.
    ///
    /// - Parameter layer: their numbers over all layers.
    func missing(of layer: Range<Int>, into list: inout [Int32])

    /// A free slot with room for an expert that passes through; nil where there is none.
    func borrow(for expert: Int) -> Int?

    /// A borrowed slot is not needed any more.
    ///
    /// - Parameters:
    ///   - expert: what it was borrowed for.
    ///   - isThere: the slot holds it, so that it may stay if its layer has not got its share.
    ///   - isLate: the layer has read all that it needs, so that nothing else can take the share.
    func giveBack(_ slot: Int, expert: Int, isThere: Bool, isLate: Bool)

    /// A slot for an expert that nobody has asked for yet; nil where none is free, or it has one.
    /// The slot is not given away before `settle`.
    func reserve(_ expert: Int) -> Int?

    /// Whether an expert without a slot can have none only because slots are borrowed.
    func mayReserveLater(_ expert: Int) -> Bool

    /// A reserved slot has been read.
    func settle(_ expert: Int)

    /// What was read for an expert is not there.
    func forget(_ expert: Int)
}
