import Compute

/// One pool of slots for the experts of all layers, in classes of equal size.
///
/// Generation takes the place of whoever is worth least, never of an expert that the same layer
/// needs now. Prompts fill free slots only, with each layer's most used experts and at most its
/// share, so that they do not push out what generation has gathered.
package final class ExpertPool: ExpertResidency {
    /// The experts of one layer.
    package struct Layer: Sendable {
        package var experts: Int
        package var sizeClass: Int
        package init(experts: Int, sizeClass: Int) {
            self.experts = experts
            self.sizeClass = sizeClass
        }
    }

    private var worth: ExpertWorth
    /// Of each expert: its layer, and its slot or -1.
    private var layerOf: [Int32] = []
    private var slotOf: [Int32]
    /// Of each slot: its expert or -1, the last request that needed it, whether it is being filled.
    private var expertIn: [Int32]
    private var neededBy: [Int]
    private var isReserved: [Bool]
    private let classSlots: [Range<Int>]
    private var free: [[Int32]]
    private let classOf: [Int]
    /// Of each class: those whose slots have room for its experts, its own first.
    private let lenders: [[Int]]
    private let layerSizes: [Int]
    /// Experts of each layer in slots, and how many prompts may put there.
    private var held: [Int]
    private let share: [Int]
    private var request = 0
    private var victims: [Int32] = []
    private var order: [Int32] = []

    /// - Parameters:
    ///   - slots: of each size class.
    ///   - slotBytes: of each size class; a larger one's slots can be borrowed for its experts.
    package init(
        _ layers: [Layer], slots: [Int], slotBytes: [Int]? = nil, policy: EvictionPolicy = .standard
    ) {
        layerSizes = layers.map(\.experts)
        lenders = slots.indices.map { own in
            guard let slotBytes else { return [own] }
            let larger = slots.indices.filter { $0 != own && slotBytes[$0] >= slotBytes[own] }
            return [own] + larger.sorted { slotBytes[$0] < slotBytes[$1] }
        }
        for (index, layer) in layers.enumerated() {
            layerOf += Array(repeating: Int32(index), count: layer.experts)
        }
        worth = ExpertWorth(policy, experts: layerOf.count)
        slotOf = Array(repeating: -1, count: layerOf.count)
        classOf = layers.map(\.sizeClass)
        var ranges: [Range<Int>] = []
        for count in slots {
            let start = ranges.last?.upperBound ?? 0
            ranges.append(start..<start + count)
        }
        classSlots = ranges
        // The lowest first.
        free = ranges.map { $0.reversed().map { Int32($0) } }
        let total = ranges.last?.upperBound ?? 0
        expertIn = Array(repeating: -1, count: total)
        neededBy = Array(repeating: 0, count: total)
        isReserved = Array(repeating: false, count: total)
        held = Array(repeating: 0, count: layers.count)
        share = layers.map { layer in
            let sharing = layers.count { $0.sizeClass == layer.sizeClass }
            return (slots[layer.sizeClass] + sharing - 1) / sharing
        }
        let most = layers.map(\.experts).max() ?? 0
        victims.reserveCapacity(most + 1)
        order.reserveCapacity(most)
    }

    package func advance(tokens: Int) { worth.advance(tokens: tokens) }

    package func request(
        _ experts: borrowing Span<Int32>, uses: borrowing Span<Int32>, keep: Bool,
        slots: inout MutableSpan<Int32>, fresh: inout MutableSpan<Bool>
    ) {
        request += 1
        worth.tick()
        order.removeAll(keepingCapacity: true)
        for index in experts.indices {
            let expert = Int(experts[index])
            worth.use(expert, count: Int(uses[index]))
            let slot = slotOf[expert]
            fresh[index] = false
            if slot >= 0 {
                slots[index] = slot
                neededBy[Int(slot)] = request
            } else {
                order.append(Int32(index))
            }
        }
        if order.isEmpty { return }
        let layer = Int(layerOf[Int(experts[Int(order[0])])])
        let sizeClass = classOf[layer]
        var room = order.count
        if !keep {
            room = min(order.count, share[layer] - held[layer], unused(sizeClass) - spare(sizeClass))
            if room > 0, room < order.count { sortOrder(uses) }
        }
        var without = 0
        for place in order.indices {
            let index = Int(order[place])
            let borrowed = slots[index]
            slots[index] = -1
            let mayStay = borrowed < 0 || classSlots[sizeClass].contains(Int(borrowed))
            if room > 0, mayStay, let slot = borrowed >= 0 ? borrowed : free[sizeClass].popLast() {
                fresh[index] = borrowed < 0
                slots[index] = slot
                self.place(Int(experts[index]), in: Int(slot))
                room -= 1
            } else {
                order[without] = order[place]
                without += 1
            }
        }
        if !keep || without == 0 { return }
        findVictims(without, in: classSlots[sizeClass])
        for (index, slot) in zip(order, victims) {
            remove(Int(expertIn[Int(slot)]))
            place(Int(experts[Int(index)]), in: Int(slot))
            slots[Int(index)] = slot
            fresh[Int(index)] = true
        }
    }

    /// The most used first; short lists, so by insertion.
    private func sortOrder(_ uses: borrowing Span<Int32>) {
        for place in order.indices.dropFirst() {
            let index = order[place]
            var hole = place
            while hole > 0, uses[Int(order[hole - 1])] < uses[Int(index)] {
                order[hole] = order[hole - 1]
                hole -= 1
            }
            order[hole] = index
        }
    }

    /// The slots whose experts are worth least, at most `count`, none that is needed now.
    private func findVictims(_ count: Int, in slots: Range<Int>) {
        victims.removeAll(keepingCapacity: true)
        for slot in slots where neededBy[slot] != request && !isReserved[slot] && expertIn[slot] >= 0 {
            let expert = Int(expertIn[slot])
            if victims.count == count,
                !worth.isLess(expert, Int(expertIn[Int(victims[count - 1])]))
            {
                continue
            }
            var hole = victims.count
            victims.append(Int32(slot))
            while hole > 0, worth.isLess(expert, Int(expertIn[Int(victims[hole - 1])])) {
                victims[hole] = victims[hole - 1]
                hole -= 1
            }
            victims[hole] = Int32(slot)
            if victims.count > count { victims.removeLast() }
        }
    }

    private func place(_ expert: Int, in slot: Int) {
        slotOf[expert] = Int32(slot)
        expertIn[slot] = Int32(expert)
        neededBy[slot] = request
        held[Int(layerOf[expert])] += 1
    }

    private func remove(_ expert: Int) {
        expertIn[Int(slotOf[expert])] = -1
        slotOf[expert] = -1
        held[Int(layerOf[expert])] -= 1
    }

    package func missing(of layer: Range<Int>, into list: inout [Int32]) {
        list.removeAll(keepingCapacity: true)
        for expert in layer where slotOf[expert] < 0 { list.append(Int32(expert)) }
        list.sort { worth.isLess(Int($1), Int($0)) }
    }

    /// Slots of a class that hold nothing that is to stay.
    private func unused(_ sizeClass: Int) -> Int {
        var held = 0
        for layer in classOf.indices where classOf[layer] == sizeClass { held += self.held[layer] }
        return classSlots[sizeClass].count - held
    }

    /// Slots that a prompt leaves for experts that pass through as long as it can.
    private func spare(_ sizeClass: Int) -> Int { min(16, classSlots[sizeClass].count / 8) }

    package func borrow(for expert: Int) -> Int? {
        for lender in lenders[classOf[Int(layerOf[expert])]] {
            if let slot = free[lender].popLast() { return Int(slot) }
        }
        return nil
    }

    package func giveBack(_ slot: Int, expert: Int, isThere: Bool, isLate: Bool) {
        let layer = Int(layerOf[expert])
        let sizeClass = classSlots.firstIndex { $0.contains(slot) } ?? classOf[layer]
        let mayStay = sizeClass == classOf[layer] && held[layer] < share[layer]
        if isThere, mayStay, slotOf[expert] < 0, isLate || share[layer] >= layerSizes[layer] {
            place(expert, in: slot)
        } else {
            free[sizeClass].append(Int32(slot))
        }
    }

    package func reserve(_ expert: Int) -> Int? {
        guard slotOf[expert] < 0, let slot = free[classOf[Int(layerOf[expert])]].popLast() else { return nil }
        place(expert, in: Int(slot))
        isReserved[Int(slot)] = true
        return Int(slot)
    }

    package func mayReserveLater(_ expert: Int) -> Bool {
        let sizeClass = classOf[Int(layerOf[expert])]
        return slotOf[expert] < 0 && unused(sizeClass) > free[sizeClass].count
    }

    package func settle(_ expert: Int) {
        if slotOf[expert] >= 0 { isReserved[Int(slotOf[expert])] = false }
    }

    package func forget(_ expert: Int) {
        let slot = slotOf[expert]
        guard slot >= 0, !isReserved[Int(slot)] else { return }
        remove(expert)
        free[classOf[Int(layerOf[expert])]].append(slot)
    }

    /// Experts in slots.
    package var heldCount: Int { held.reduce(0, +) }
}
