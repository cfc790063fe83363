import Experts
import Testing

@Suite struct PoolTests {
    /// One request; gives (slot, fresh) of each expert.
    private func ask(
        _ pool: ExpertPool, _ experts: [Int32], uses: [Int32]? = nil, keep: Bool = true
    ) -> [(slot: Int32, fresh: Bool)] {
        let uses = uses ?? experts.map { _ in 1 }
        var slots = [Int32](repeating: -9, count: experts.count)
        var fresh = [Bool](repeating: false, count: experts.count)
        var slotSpan = slots.mutableSpan
        var freshSpan = fresh.mutableSpan
        pool.request(experts.span, uses: uses.span, keep: keep, slots: &slotSpan, fresh: &freshSpan)
        return zip(slots, fresh).map { ($0, $1) }
    }

    private func held(_ pool: ExpertPool, _ experts: [Int32]) -> [Bool] {
        experts.map { expert in
            // An expert without a slot can be reserved, and forgotten again, when there is room; else ask.
            ask(pool, [expert], keep: false).allSatisfy { $0.slot >= 0 && !$0.fresh }
        }
    }

    private func pool(_ policy: EvictionPolicy, slots: Int, layers: Int = 2) -> ExpertPool {
        ExpertPool(
            Array(repeating: ExpertPool.Layer(experts: 8, sizeClass: 0), count: layers), slots: [slots],
            policy: policy)
    }

    @Test func leastRecentGoesFirst() {
        let pool = pool(.leastRecent, slots: 3)
        for expert in [0, 1, 2, 0] { _ = ask(pool, [Int32(expert)]) }
        _ = ask(pool, [3])
        #expect(held(pool, [0, 1, 2, 3]) == [true, false, true, true])
    }

    @Test func leastFrequentGoesFirst() {
        let pool = pool(.leastFrequent, slots: 3)
        for expert in [0, 0, 1, 1, 2] { _ = ask(pool, [Int32(expert)]) }
        _ = ask(pool, [3])
        #expect(held(pool, [0, 1, 2, 3]) == [true, true, false, true])
    }

    @Test func oldUsesCountLess() {
        let pool = pool(.decayedFrequency(halfLife: 2), slots: 2)
        for _ in 0..<3 { _ = ask(pool, [0]) }
        pool.advance(tokens: 20)
        _ = ask(pool, [1])
        _ = ask(pool, [2])
        #expect(held(pool, [0, 1, 2]) == [false, true, true])
        // Over very many tokens the numbers stay finite and in order.
        for _ in 0..<100 {
            pool.advance(tokens: 1000)
            _ = ask(pool, [1])
            _ = ask(pool, [1])
            _ = ask(pool, [2])
        }
        _ = ask(pool, [3])
        #expect(held(pool, [1, 2, 3]) == [true, false, true])
    }

    @Test func whatIsNeededNowIsNotEvicted() {
        for policy in [EvictionPolicy.leastRecent, .leastFrequent, .standard] {
            let pool = pool(policy, slots: 4)
            for round in 0..<50 {
                let first = Int32(round * 3 % 8)
                let experts = (0..<4).map { (first + $0) % 8 + (round % 2 == 0 ? 0 : 8) }
                let result = ask(pool, experts)
                #expect(result.allSatisfy { $0.slot >= 0 })
                #expect(Set(result.map(\.slot)).count == 4)
            }
        }
    }

    @Test func moreThanThePoolPassesThrough() {
        let pool = pool(.standard, slots: 3)
        let result = ask(pool, [0, 1, 2, 3, 4])
        #expect(result.count { $0.slot < 0 } == 2)
        #expect(result.allSatisfy { $0.slot < 0 ? !$0.fresh : $0.fresh })
    }

    @Test func promptsTakeFreeSlotsOnlyAndTheirShare() {
        let pool = pool(.standard, slots: 6)
        // Each of two layers may have three; the most used ones get in.
        let result = ask(pool, [0, 1, 2, 3, 4], uses: [1, 9, 2, 8, 7], keep: false)
        #expect(result.map { $0.slot >= 0 } == [false, true, false, true, true])
        _ = ask(pool, [8, 9, 10, 11], keep: false)
        #expect(pool.heldCount == 6)
        let before = held(pool, [1, 3, 4])
        _ = ask(pool, [0, 2, 5, 6, 7], uses: [90, 90, 90, 90, 90], keep: false)
        #expect(held(pool, [1, 3, 4]) == before && before == [true, true, true])
    }

    @Test func reservedSlotsStayUntilTheyAreRead() {
        let pool = pool(.leastRecent, slots: 2)
        let slot = pool.reserve(5)
        #expect(slot != nil && pool.reserve(5) == nil)
        for expert in 0..<5 { #expect(ask(pool, [Int32(expert)])[0].slot != Int32(slot ?? -1)) }
        pool.settle(5)
        _ = ask(pool, [0, 1])
        #expect(held(pool, [5]) == [false])
    }

    @Test func whatIsForgottenIsReadAgain() {
        let pool = pool(.standard, slots: 2)
        #expect(ask(pool, [0])[0].fresh)
        #expect(!ask(pool, [0])[0].fresh)
        pool.forget(0)
        #expect(ask(pool, [0])[0].fresh)
    }

    @Test func sizeClassesDoNotMix() {
        let pool = ExpertPool(
            [ExpertPool.Layer(experts: 4, sizeClass: 0), ExpertPool.Layer(experts: 4, sizeClass: 1)],
            slots: [2, 3], policy: .leastRecent)
        for expert in 0..<4 { #expect((0..<2).contains(ask(pool, [Int32(expert)])[0].slot)) }
        for expert in 4..<8 { #expect((2..<5).contains(ask(pool, [Int32(expert)])[0].slot)) }
    }
}
