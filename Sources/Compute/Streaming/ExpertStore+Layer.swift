import Glibc
import Synchronization

// One layer: which experts it needs, where they are, and waiting for them.

extension ExpertStore {
    /// Announces the experts that a layer's tokens have chosen, on one thread while none reads.
    ///
    /// - Parameters:
    ///   - experts: in the layer, each once.
    ///   - uses: how many tokens chose each.
    ///   - keep: they should stay in memory (generation), not only pass through it (prompts).
    func begin(
        layer: Int, experts: UnsafePointer<Int32>, uses: UnsafePointer<Int32>, count: Int, keep: Bool
    ) {
        let facts = layout.layers[layer]
        lock()
        defer { unlock() }
        freePassing()
        self.layer = layer
        self.count = count
        for index in 0..<count { numbers[index] = Int32(facts.first) + experts[index] }
        takeAhead()
        freeVain(isLate: false)
        place(uses: uses, keep: keep)
        listEntries(facts, experts, keep: keep)
        resetUnits()
        requests.removeAll(keepingCapacity: true)
        if keep {
            requestEntries()
            reader.submit(requests)
        } else if layer + 1 < layout.layers.count, 4 * count >= 3 * facts.experts {
            // A layer that needs most of its experts lets one expect the same of the next.
            planAhead(layer: layer + 1)
        }
        goOn()
    }

    /// Finds out which announced experts have slots of their own.
    private func place(uses: UnsafePointer<Int32>, keep: Bool) {
        for index in 0..<count { slots[index] = lent[index] }
        var slotSpan = MutableSpan(_unsafeStart: slots, count: count)
        var freshSpan = MutableSpan(_unsafeStart: fresh, count: count)
        residency.request(
            Span(_unsafeStart: UnsafePointer(numbers), count: count),
            uses: Span(_unsafeStart: uses, count: count), keep: keep, slots: &slotSpan, fresh: &freshSpan)
        // What has been preloaded since it was read ahead is there twice.
        for index in 0..<count where lent[index] >= 0 && slots[index] >= 0 && slots[index] != lent[index] {
            ahead.vain.append(ReadsAhead.Read(expert: Int(numbers[index]), slot: Int(lent[index])))
            lent[index] = -1
        }
    }

    /// Orders the announced experts.
    ///
    /// For one token: those in memory, those that are being read, the others. A prompt begins with what
    /// is there and gives its slot away; those that stay in memory are spread among the others, so that
    /// there is something to compute whenever the disk is behind.
    private func listEntries(
        _ facts: ExpertLayout.Layer, _ experts: UnsafePointer<Int32>, keep: Bool
    ) {
        for index in 0..<count { positions[index] = -1 }
        spread.removeAll(keepingCapacity: true)
        var next = 0
        func add(_ index: Int, slot: Int, isPassing: Bool = false, isRequested: Bool = true) {
            hasSlot[next].value.store(slot >= 0 ? 1 : 0, ordering: .relaxed)
            firstDone[next].value.store(0, ordering: .relaxed)
            middleDone[next].value.store(0, ordering: .relaxed)
            lastDone[next].value.store(0, ordering: .relaxed)
            positions[index] = Int32(next)
            entries[next] = Entry(
                expert: experts[index], index: Int32(index), slot: Int32(slot), isPassing: isPassing,
                isRequested: isRequested,
                place: place(facts, expert: Int(experts[index]), slot: max(0, slot)))
            next += 1
        }
        var held = 0
        for index in 0..<count where slots[index] >= 0 && !fresh[index] && lent[index] < 0 {
            let slot = Int(slots[index])
            // A read that failed while nobody waited is tried again, and then tells.
            fresh[index] = isIdle(slot: slot) && hasFailed(slot: slot)
            if fresh[index] { continue }
            held += 1
            if isIdle(slot: slot) { spread.append(Int32(index)) }
        }
        hits += held
        misses += count - held
        foreseen += ahead.foreseen.count
        func addForeseen(_ wanted: (_ slot: Int) -> Bool) {
            for index in ahead.foreseen.lazy.map({ Int($0) }) where lent[index] >= 0 && positions[index] < 0 {
                let slot = Int(lent[index])
                if wanted(slot) { add(index, slot: slot, isPassing: slots[index] < 0) }
            }
        }
        addForeseen { isIdle(slot: $0) }
        var spreading = keep ? spread.count : min(spread.count, ExpertStore.startingEntries)
        for index in spread[..<spreading] { add(Int(index), slot: Int(slots[Int(index)])) }
        hitCount = next
        addForeseen { _ in true }
        for index in 0..<count where slots[index] >= 0 && !fresh[index] && positions[index] < 0 {
            if !isIdle(slot: Int(slots[index])) { add(index, slot: Int(slots[index])) }
        }
        nextEntry = next
        let others = count - next - (spread.count - spreading)
        let left = spread.count - spreading
        var done = 0
        for index in 0..<count where positions[index] < 0 && (slots[index] < 0 || fresh[index]) {
            let slot = Int(slots[index])
            if slot >= 0 { mark(slot) }
            add(index, slot: slot, isPassing: slot < 0, isRequested: false)
            done += 1
            while (spreading - (spread.count - left)) * others < done * left {
                let index = Int(spread[spreading])
                if positions[index] < 0 { add(index, slot: Int(slots[index])) }
                spreading += 1
            }
        }
        // What was being read a moment ago and is there now.
        for index in 0..<count where positions[index] < 0 { add(index, slot: Int(slots[index])) }
    }

    func place(_ layer: ExpertLayout.Layer, expert: Int, slot: Int) -> ExpertPlace {
        let base = memory.base + slotOffsets[slot]
        func address(_ piece: ExpertLayout.Piece) -> UnsafeRawPointer {
            let offset = piece.offset + expert * piece.stride
            return UnsafeRawPointer(base + piece.place + offset % FileReader.page)
        }
        return ExpertPlace(gate: address(layer.gate), up: address(layer.up), down: address(layer.down))
    }

    /// Where the n-th of the announced experts is.
    @inline(__always)
    func place(of index: Int) -> ExpertPlace { entries[Int(positions[index])].place }

    // MARK: Waiting

    func isIdle(slot: Int) -> Bool { isIdle(2 * slot) && isIdle(2 * slot + 1) }

    func isIdle(_ completion: Int) -> Bool {
        completions[completion].pending.load(ordering: .sequentiallyConsistent) == 0
    }

    func hasFailed(slot: Int) -> Bool { hasFailed(2 * slot) || hasFailed(2 * slot + 1) }

    func hasFailed(_ completion: Int) -> Bool {
        completions[completion].failure.load(ordering: .relaxed) != 0
    }

    /// Waits for an entry's gate and up, or for its down.
    ///
    /// - Returns: false when they could not be read; the op's results are worth nothing then.
    @inline(__always)
    func wait(_ entry: Int, last: Bool, operation: Int) -> Bool {
        if !isReady(entry, last: last) { sleep(entry, last: last) }
        let completion = completion(of: entry, last: last)
        if !hasFailed(completion) { return true }
        fail(entry, completion, operation)
        return false
    }

    @inline(__always)
    private func completion(of entry: Int, last: Bool) -> Int {
        2 * Int(entries[entry].slot) + (last ? 1 : 0)
    }

    @inline(__always)
    private func isReady(_ entry: Int, last: Bool) -> Bool {
        hasSlot[entry].value.load(ordering: .acquiring) != 0 && isIdle(completion(of: entry, last: last))
    }

    @inline(never)
    private func sleep(_ entry: Int, last: Bool) {
        let start = ContinuousClock.now
        reader.wait { isReady(entry, last: last) }
        let (seconds, atto) = start.duration(to: ContinuousClock.now).components
        stallNanoseconds.wrappingAdd(
            Int(seconds) * 1_000_000_000 + Int(atto / 1_000_000_000), ordering: .relaxed)
    }

    @inline(never)
    private func fail(_ entry: Int, _ completion: Int, _ operation: Int) {
        lock()
        defer { unlock() }
        failedOperation.store(operation, ordering: .relaxed)
        if error == nil {
            error = reader.error(
                completions[completion].failure.load(ordering: .relaxed),
                shard: layout.layers[layer].gate.shard)
        }
    }
}
