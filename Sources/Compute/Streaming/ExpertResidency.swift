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
    ///   - slots: receives the slot of each; -1: none, it only passes through.
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

    /// A slot for an expert that nobody has asked for yet; nil where none is free, or it has one.
    /// The slot is not given away before `settle`.
    ///
    /// - Parameter sharing: nil too where the expert's layer has its share of slots.
    func reserve(_ expert: Int, sharing: Bool) -> Int?

    /// The slot of an expert; nil: it has none.
    func slot(of expert: Int) -> Int?

    /// A reserved slot has been read.
    func settle(_ expert: Int)

    /// What was read for an expert is not there.
    func forget(_ expert: Int)
}
