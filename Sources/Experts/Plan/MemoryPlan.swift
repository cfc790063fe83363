/// How a model lies in memory, and what speed that lets one expect.
public struct MemoryPlan: Sendable, Equatable {
    /// Where weights lie.
    public enum Mode: String, Sendable, Equatable, CaseIterable {
        /// Everything stays in memory.
        case resident
        /// Dense weights stay; experts share a pool and are read from disk when they are missing.
        case streamed
        /// The kernel pages the mapped file in and out.
        case mapped
    }

    /// What a request names: a mode, or the best that fits.
    public enum Request: String, Sendable, Equatable, CaseIterable {
        /// Resident where everything fits, else streamed where there are experts, else mapped.
        case auto
        /// Everything stays in memory, or loading is refused.
        case resident
        /// Experts are read from disk as they are needed.
        case streamed
        /// The kernel pages the mapped file in and out.
        case mapped
    }

    /// What bounds the speed of generation.
    public enum Limit: String, Sendable, Equatable {
        /// Reading weights from memory.
        case memoryBandwidth
        /// The cores unpack weights more slowly than memory gives them.
        case compute
        /// Reading experts from disk.
        case disk
    }

    /// Where the weights lie.
    public var mode: Mode
    /// Bytes that the model may take.
    public var budget: MemoryBudget
    /// Bytes of dense weights in memory.
    public var denseBytes: Int
    /// Bytes kept free for keys, values and recurrent state.
    public var cacheBytes: Int
    /// Bytes of working memory.
    public var scratchBytes: Int
    /// Bytes for routed experts: all of them, or the pool.
    public var poolBytes: Int
    /// Of the pool, bytes that prompts are read through.
    public var transientBytes: Int
    /// Experts that the pool holds beside those.
    public var slots: Int
    /// Routed experts in the model.
    public var expertCount: Int
    /// Share of a generated token's experts that are found in memory.
    public var expectedHitRate: Double
    /// Whether the hit rate comes from counted routings, not from the assumption of even ones.
    public var hitRateIsTraced: Bool
    /// Bytes of weights that a generated token reads from memory.
    public var bytesPerToken: Int
    /// Bytes that a generated token reads from disk.
    public var diskBytesPerToken: Int
    /// Tokens per second that generation can be expected to reach at most; nil without rates.
    public var expectedRate: Double?
    /// What bounds that; nil without rates.
    public var limit: Limit?
    /// The smallest budget that streaming works with; nil where nothing can be streamed.
    public var smallestBudget: Int?

    /// Bytes in memory once loading is done and the pool is full.
    public var totalBytes: Int { denseBytes + cacheBytes + scratchBytes + poolBytes }

    /// Plans a model's memory.
    ///
    /// - Parameters:
    ///   - request: the mode wanted. `auto` is resident where everything fits, else streamed where
    ///     there are experts, else mapped.
    ///   - positions: cached positions to leave room for, in each of `sequences` sequences.
    ///   - rates: what the machine can do; nil: no speed is expected.
    ///   - popularity: how often each expert was chosen, [expert layer][expert]. nil, or of
    ///     another shape: routing is taken to be even, the worst case, where the hit rate is the
    ///     share of experts that the pool holds.
    /// - Throws: `PlanError` when the budget is too small, naming the smallest that works.
    package static func make(
        _ footprint: ModelFootprint, budget: MemoryBudget, request: Request = .auto, positions: Int,
        sequences: Int = 1, rates: MachineRates? = nil, popularity: [[Int64]]? = nil
    ) throws(PlanError) -> MemoryPlan {
        let cache = footprint.cacheBytes(positions: positions, sequences: sequences)
        let fixed = cache + footprint.scratchBytes
        let whole = fixed + footprint.weightBytes
        let hasExperts = footprint.expertBytes > 0
        let smallest = hasExperts ? fixed + footprint.denseBytes + footprint.smallestPool : nil
        let mode: Mode
        switch request {
        case .resident:
            guard whole <= budget.bytes else { throw .doesNotFit(bytes: budget.bytes, needed: whole) }
            mode = .resident
        case .mapped: mode = .mapped
        case .streamed: mode = .streamed
        case .auto: mode = whole <= budget.bytes ? .resident : hasExperts ? .streamed : .mapped
        }
        var plan = MemoryPlan(
            mode: mode, budget: budget, denseBytes: footprint.denseBytes + footprint.rowTableBytes,
            cacheBytes: cache, scratchBytes: footprint.scratchBytes, poolBytes: footprint.expertBytes,
            transientBytes: 0, slots: footprint.expertLayers.reduce(0) { $0 + $1.experts },
            expertCount: footprint.expertLayers.reduce(0) { $0 + $1.experts }, expectedHitRate: 1,
            hitRateIsTraced: false, bytesPerToken: footprint.bytesPerToken, diskBytesPerToken: 0,
            expectedRate: nil, limit: nil, smallestBudget: smallest)
        switch mode {
        case .resident: break
        case .streamed:
            guard let smallest else { throw .nothingToStream }
            guard budget.bytes >= smallest else {
                throw .budgetTooSmall(bytes: budget.bytes, smallest: smallest)
            }
            plan.denseBytes = footprint.denseBytes
            plan.poolBytes = min(
                budget.bytes - fixed - footprint.denseBytes,
                footprint.expertBytes + footprint.transientBytes)
            plan.transientBytes = footprint.transientBytes
            plan.slots = plan.slotCount(footprint)
            plan.estimateHits(footprint, popularity)
        case .mapped: plan.planMapping(footprint, fixed: fixed, popularity)
        }
        if let rates { plan.estimateRate(footprint, rates) }
        return plan
    }

    /// Experts that the pool holds when every layer has its share by bytes.
    private func slotCount(_ footprint: ModelFootprint) -> Int {
        let share = Double(poolBytes - transientBytes) / Double(footprint.expertBytes)
        return min(expertCount, Int(Double(expertCount) * share))
    }

    /// The kernel's page cache is the pool, and everything competes for it.
    private mutating func planMapping(_ footprint: ModelFootprint, fixed: Int, _ popularity: [[Int64]]?) {
        let room = max(0, budget.bytes - fixed)
        guard room < footprint.weightBytes else { return }
        let dense = min(room, denseBytes)
        denseBytes = dense
        poolBytes = room - dense
        slots = footprint.expertBytes > 0 ? slotCount(footprint) : 0
        if footprint.expertBytes > 0 { estimateHits(footprint, popularity) }
        let missing = Double(footprint.denseBytes + footprint.rowTableBytes - dense)
        let share = missing / Double(max(1, footprint.denseBytes + footprint.rowTableBytes))
        diskBytesPerToken += Int(Double(footprint.denseBytesPerToken) * share)
    }

    /// The most popular experts stay; the rest is read.
    private mutating func estimateHits(_ footprint: ModelFootprint, _ popularity: [[Int64]]?) {
        let shape = footprint.expertLayers.map(\.experts)
        let total = popularity?.joined().reduce(0, +) ?? 0
        if let popularity, popularity.map(\.count) == shape, total > 0 {
            let kept = popularity.joined().sorted(by: >).prefix(slots).reduce(0, +)
            expectedHitRate = Double(kept) / Double(total)
            hitRateIsTraced = true
        } else {
            expectedHitRate = Double(slots) / Double(max(1, expertCount))
        }
        diskBytesPerToken = Int(Double(footprint.expertBytesPerToken) * (1 - expectedHitRate))
    }

    /// Reads overlap with the products of the experts that are in memory, in the same layer.
    private mutating func estimateRate(_ footprint: ModelFootprint, _ rates: MachineRates) {
        guard rates.readBandwidth > 0 else { return }
        let memory = footprint.weightSeconds(rates)
        let atMemory = Double(bytesPerToken) / rates.readBandwidth
        let inMemory: Limit = memory > 1.1 * atMemory ? .compute : .memoryBandwidth
        guard diskBytesPerToken > 0 else {
            expectedRate = 1 / memory
            limit = inMemory
            return
        }
        guard rates.diskBandwidth > 0 else { return }
        let disk = Double(diskBytesPerToken) / rates.diskBandwidth
        let hits =
            Double(footprint.expertBytesPerToken) * expectedHitRate * memory / Double(max(1, bytesPerToken))
        let overlapped = mode == .streamed ? min(hits, disk) : 0
        expectedRate = 1 / (memory + disk - overlapped)
        limit = disk > memory ? .disk : inMemory
    }

    /// Seconds that reading a prompt of `tokens` takes at the least; nil without rates.
    ///
    /// Bounded by the products, and by reading what is missing of all experts once a batch.
    package func promptSeconds(
        _ tokens: Int, batchLength: Int, _ footprint: ModelFootprint, _ rates: MachineRates
    ) -> Double? {
        guard rates.int8Rate > 0, batchLength > 0 else { return nil }
        let compute = footprint.promptProductSeconds(tokens, rates)
        guard mode != .resident, rates.diskBandwidth > 0 else { return compute }
        let batches = Double((tokens + batchLength - 1) / batchLength)
        let missing = max(0, footprint.expertBytes - (poolBytes - transientBytes))
        return max(compute, batches * Double(missing) / rates.diskBandwidth)
    }
}
