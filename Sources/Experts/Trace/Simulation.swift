/// What a policy would have made of a recorded routing.
package struct Simulation: Sendable, Equatable {
    /// A policy of the engine, or the best that any could do, knowing the future.
    public enum Policy: Sendable, Equatable, CustomStringConvertible {
        case policy(EvictionPolicy)
        /// Evicts the expert that is needed again last (Belady 1966).
        case belady

        public var description: String {
            switch self {
            case .policy(let policy): policy.description
            case .belady: "Belady"
            }
        }
    }

    public var policy: Policy
    /// Experts that the pool holds.
    public var slots: Int
    /// Experts needed by generated tokens and found; and not found.
    public var hits: Int
    public var misses: Int
    /// Experts read for prompts.
    public var promptReads: Int

    /// Of generated tokens.
    public var hitRate: Double { hits + misses > 0 ? Double(hits) / Double(hits + misses) : 1 }

    /// The policies that `swinfer experts --simulate` compares.
    public static let policies: [Policy] = [
        .policy(.leastRecent), .policy(.leastFrequent), .policy(.decayedFrequency(halfLife: 16)),
        .policy(.decayedFrequency(halfLife: 64)), .policy(.decayedFrequency(halfLife: 128)),
        .policy(.decayedFrequency(halfLife: 512)), .policy(.decayedFrequency(halfLife: 4096)), .belady,
    ]

    /// Replays a trace against an empty pool.
    ///
    /// - Parameters:
    ///   - slots: experts that the pool holds; at least as many as one op needs.
    ///   - skipping: share of the steps that fill the pool before hits are counted.
    public static func run(
        _ trace: RoutingTrace, policy: Policy, slots: Int, skipping: Double = 0
    ) -> Simulation {
        let first = Int(Double(trace.steps.count) * skipping)
        switch policy {
        case .policy(let policy): return replay(trace, policy, slots: slots, from: first)
        case .belady: return belady(trace, slots: slots, from: first)
        }
    }

    private static func replay(
        _ trace: RoutingTrace, _ policy: EvictionPolicy, slots: Int, from first: Int
    ) -> Simulation {
        let pool = ExpertPool(
            trace.layers.map { ExpertPool.Layer(experts: $0, sizeClass: 0) }, slots: [slots], policy: policy)
        var result = Simulation(
            policy: .policy(policy), slots: slots, hits: 0, misses: 0, promptReads: 0)
        let starts = starts(trace)
        for (index, step) in trace.steps.enumerated() {
            if step.layer == 0 { pool.advance(tokens: step.tokens) }
            let (experts, uses) = union(step, first: starts[step.layer])
            var slots = [Int32](repeating: -1, count: experts.count)
            var fresh = [Bool](repeating: false, count: experts.count)
            request(pool, experts, uses, keep: step.tokens == 1, &slots, &fresh)
            if index < first { continue }
            let misses = zip(slots, fresh).count { $0 < 0 || $1 }
            if step.tokens == 1 {
                result.hits += experts.count - misses
                result.misses += misses
            } else {
                result.promptReads += misses
            }
        }
        return result
    }

    private static func request(
        _ pool: ExpertPool, _ experts: [Int32], _ uses: [Int32], keep: Bool, _ slots: inout [Int32],
        _ fresh: inout [Bool]
    ) {
        var slotSpan = slots.mutableSpan
        var freshSpan = fresh.mutableSpan
        pool.request(experts.span, uses: uses.span, keep: keep, slots: &slotSpan, fresh: &freshSpan)
    }

    private static func starts(_ trace: RoutingTrace) -> [Int] {
        var starts: [Int] = []
        var next = 0
        for layer in trace.layers {
            starts.append(next)
            next += layer
        }
        return starts
    }

    /// A step's experts, each once, numbered over all layers, and how many tokens chose them.
    private static func union(_ step: RoutingTrace.Step, first: Int) -> (experts: [Int32], uses: [Int32]) {
        var uses: [Int32: Int32] = [:]
        var experts: [Int32] = []
        for expert in step.chosen {
            let number = Int32(first) + expert
            if uses.updateValue((uses[number] ?? 0) + 1, forKey: number) == nil { experts.append(number) }
        }
        return (experts, experts.map { uses[$0] ?? 0 })
    }

    private static func belady(_ trace: RoutingTrace, slots: Int, from first: Int) -> Simulation {
        let starts = starts(trace)
        let unions = trace.steps.map { union($0, first: starts[$0.layer]).experts }
        // When each of a step's experts is needed next by a generated token.
        var next = unions.map { Array(repeating: Int.max, count: $0.count) }
        var seen: [Int32: Int] = [:]
        for step in unions.indices.reversed() {
            for (index, expert) in unions[step].enumerated() { next[step][index] = seen[expert] ?? .max }
            if trace.steps[step].tokens == 1 { for expert in unions[step] { seen[expert] = step } }
        }
        var needed: [Int32: Int] = [:]
        var result = Simulation(policy: .belady, slots: slots, hits: 0, misses: 0, promptReads: 0)
        for (step, experts) in unions.enumerated() {
            let counts = step >= first
            let generated = trace.steps[step].tokens == 1
            for (index, expert) in experts.enumerated() {
                let held = needed[expert] != nil
                if counts {
                    if !generated { result.promptReads += held ? 0 : 1 }
                    if generated, held { result.hits += 1 }
                    if generated, !held { result.misses += 1 }
                }
                if held || generated || needed.count < slots { needed[expert] = next[step][index] }
            }
            // Those that are needed last go; what this step needs is over with.
            while needed.count > slots {
                guard let last = needed.max(by: { $0.value < $1.value }) else { break }
                needed[last.key] = nil
            }
        }
        return result
    }
}
