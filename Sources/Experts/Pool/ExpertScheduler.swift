package import Compute

/// What runs a streamed model: the reader of its files, the pool, and its memory.
package struct ExpertScheduler: Sendable {
    package let store: ExpertStore
    /// Slots of all size classes.
    package let slots: Int

    /// - Parameters:
    ///   - program: recorded with its experts in the file's mapping.
    ///   - poolBytes: for slots, transient ones included.
    ///   - nodes: nil: the machine has one.
    /// - Throws: `ComputeError` when memory is refused, or experts are not in the reader's file.
    package init(
        _ program: Program, reader: FileReader, poolBytes: Int, policy: EvictionPolicy = .standard,
        nodes: NodePlacement? = nil
    ) throws(ComputeError) {
        let layout = try ExpertLayout(program, reader.file)
        let transient = ModelFootprint.transientExperts
        let slots = layout.slots(in: poolBytes - transient * layout.largestSlot)
        let pool = ExpertPool(
            layout.layers.map { ExpertPool.Layer(experts: $0.experts, sizeClass: $0.sizeClass) },
            slots: slots, slotBytes: layout.classes.map(\.slotBytes), policy: policy)
        self.slots = slots.reduce(0, +)
        store = try ExpertStore(
            layout, reader: reader, slots: slots, transient: transient, residency: pool, nodes: nodes)
    }
}
