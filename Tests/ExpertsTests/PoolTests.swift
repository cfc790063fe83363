import Experts
import Testing

@Suite struct PoolTests {
    /// One request; gives (slot, fresh) of each expert.
    private func ask(
        _ pool: ExpertPool, _ experts: [Int32], uses: [Int32]? = nil, keep: Bool = true,
        lent: [Int32]? = nil
    ) -> [(slot: Int32, fresh: Bool)] {
        let uses = uses ?? experts.map { _ in 1 }
        var slots = lent ?? [Int32](repeating: -9, count: experts.count)
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

    @Test func borrowedSlotsAreNobodyElses() throws {
        let pool = pool(.standard, slots: 2)
        let slots = try [#require(pool.borrow(for: 3)), #require(pool.borrow(for: 4))]
        #expect(Set(slots) == [0, 1] && pool.borrow(for: 5) == nil)
        #expect(pool.reserve(5) == nil && pool.mayReserveLater(5))
        #expect(ask(pool, [0], keep: true)[0].slot == -1 && pool.heldCount == 0)
        pool.giveBack(slots[0], expert: 3, isThere: true, isLate: false)
        #expect(pool.heldCount == 0)
        #expect(ask(pool, [0])[0] == (Int32(slots[0]), true))
        #expect(!pool.mayReserveLater(0))
    }

    /// A prompt keeps the experts that are used most, in the slots where they are already.
    @Test func whatIsReadAheadStaysWhereItIs() throws {
        let pool = pool(.standard, slots: 8)
        let slots = try (0..<3).map { _ in Int32(try #require(pool.borrow(for: 0))) }
        // The third is not the pool's: it passes through. Each layer's share is four slots.
        let result = ask(
            pool, [0, 1, 2, 3, 4, 5], uses: [9, 1, 8, 7, 6, 5], keep: false,
            lent: [slots[0], slots[1], 99, -1, -1, -1])
        #expect(result[0] == (slots[0], false) && result[1] == (-1, false) && result[2] == (-1, false))
        #expect(result[3...].allSatisfy { $0.slot >= 0 && $0.fresh && !slots.contains($0.slot) })
        #expect(pool.heldCount == 4)
    }

    @Test func givenBackSlotsFillTheShareAtLast() throws {
        let pool = pool(.standard, slots: 4)
        var slots = try (0..<4).map { try #require(pool.borrow(for: $0)) }
        pool.giveBack(slots.removeLast(), expert: 3, isThere: false, isLate: true)
        #expect(pool.heldCount == 0)
        for (expert, slot) in slots.enumerated() {
            pool.giveBack(slot, expert: expert, isThere: true, isLate: true)
        }
        // Half of four slots for each of two layers.
        #expect(pool.heldCount == 2 && held(pool, [0, 1]) == [true, true])
        #expect(pool.borrow(for: 9) != nil && pool.borrow(for: 9) != nil && pool.borrow(for: 9) == nil)
    }

    @Test func largerSlotsAreLentToSmallerExperts() throws {
        let pool = ExpertPool(
            [ExpertPool.Layer(experts: 4, sizeClass: 0), ExpertPool.Layer(experts: 4, sizeClass: 1)],
            slots: [2, 3], slotBytes: [1000, 2000], policy: .leastRecent)
        let small = try (0..<5).map { _ in try #require(pool.borrow(for: 0)) }
        #expect(Set(small[..<2]) == [0, 1] && Set(small[2...]) == [2, 3, 4])
        // They go back to where they came from, and the expert does not stay in another class's.
        for slot in small { pool.giveBack(slot, expert: 0, isThere: slot > 1, isLate: true) }
        #expect(pool.heldCount == 0)
        #expect((0..<3).allSatisfy { _ in (2..<5).contains(pool.borrow(for: 4) ?? -1) })
        #expect(pool.borrow(for: 4) == nil)
    }

    /// Some slots of a large pool stay for what passes through until the last layer is read.
    @Test func promptsLeaveSlotsToPassThrough() {
        let pool = ExpertPool([ExpertPool.Layer(experts: 128, sizeClass: 0)], slots: [64])
        let result = ask(pool, (0..<100).map { Int32($0) }, keep: false)
        #expect(result.count { $0.slot >= 0 } == 56)
        #expect((0..<8).allSatisfy { _ in pool.borrow(for: 0) != nil } && pool.borrow(for: 0) == nil)
    }
}
