import Glibc

// What is read before the router has chosen: see `ReadsAhead`.

extension ExpertStore {
    /// A prompt's batch begins: the first layer's experts are read while what comes before them runs,
    /// if so many tokens will need nearly all of them.
    func beginPrompt(tokens: Int) {
        reader.whenOneEnds { [self] in readEnded() }
        // Even routing leaves out e^-3 of the experts then.
        let first = layout.layers.first
        let isLong = first.map { tokens * $0.used >= 3 * $0.experts } ?? false
        lock()
        defer { unlock() }
        guard isLong else {
            ahead.limit = 0
            return
        }
        if ahead.layer < 0 { planAhead(layer: 0) }
        // There is nothing else that the disk could do.
        ahead.limit = ahead.candidates.count
        goOn()
    }

    // MARK: With the mutex held

    /// From now on `goOn` may read experts of a layer that has not begun.
    func planAhead(layer: Int) {
        let facts = layout.layers[layer]
        ahead.layer = layer
        ahead.next = 0
        ahead.limit = facts.experts / 2
        residency.missing(of: facts.first..<facts.first + facts.experts, into: &ahead.candidates)
    }

    /// Adds requests for experts of the next layer, as many as the disk needs lest it idles.
    func readAhead() {
        while ahead.isOpen, reader.underWay + requests.count < ExpertStore.busyReads {
            let expert = Int(ahead.candidates[ahead.next])
            guard let slot = residency.borrow(for: expert) ?? lanes.popLast() else { return }
            ahead.next += 1
            ahead.reads.append(ReadsAhead.Read(expert: expert, slot: slot))
            mark(slot)
            let facts = layout.layers[ahead.layer]
            appendRequests(facts, expert - facts.first, slot: slot)
        }
    }

    /// Finds the announced experts among those that were read ahead: `lent` names their slots.
    func takeAhead() {
        ahead.foreseen.removeAll(keepingCapacity: true)
        for index in 0..<count { lent[index] = -1 }
        for read in ahead.reads {
            if !hasFailed(slot: read.slot),
                let index = (0..<count).first(where: { Int(numbers[$0]) == read.expert })
            {
                ahead.foreseen.append(Int32(index))
                lent[index] = Int32(read.slot)
            } else {
                ahead.vain.append(read)
            }
        }
        ahead.reads.removeAll(keepingCapacity: true)
        ahead.layer = -1
    }

    /// Frees slots that were read in vain, as far as nothing writes there any more.
    func freeVain(isLate: Bool) {
        ahead.vain.removeAll { read in
            guard isIdle(slot: read.slot) else { return false }
            free(read.slot, expert: read.expert, isLate: isLate)
            return true
        }
    }

    /// Forgets what was read ahead for a layer that did not come. Blocks until it is read.
    func dropAhead() {
        ahead.vain += ahead.reads
        ahead.reads.removeAll(keepingCapacity: true)
        ahead.layer = -1
        for read in ahead.vain { reader.wait { isIdle(slot: read.slot) } }
        freeVain(isLate: true)
    }

    // MARK: Before the first prompt

    /// Reads some of the first layer's experts ahead of a prompt that has not begun. Blocks while the
    /// disk has enough to do.
    ///
    /// - Returns: false: there is nothing more to read, or a batch has begun.
    package func readAheadOfPrompt() -> Bool {
        reader.wait { reader.underWay < ExpertStore.busyReads }
        lock()
        defer { unlock() }
        if hasBegun || layout.layers.isEmpty { return false }
        if ahead.layer < 0 { planAhead(layer: 0) }
        let before = ahead.reads.count
        goOn()
        return ahead.isOpen && ahead.reads.count > before
    }

    // MARK: Preloading

    /// What became of an expert that nobody has asked for.
    package enum Preloading: Sendable, Equatable {
        case read, failed
        /// It has a slot, or no slot is free.
        case unneeded
        /// All free slots are lent to what passes through; some may be free again.
        case later
    }

    /// Reads an expert that nobody has asked for, if there is room for it. Blocks.
    package func preload(layer: Int, expert: Int) -> Preloading {
        let facts = layout.layers[layer]
        lock()
        guard let slot = residency.reserve(facts.first + expert) else {
            defer { unlock() }
            return residency.mayReserveLater(facts.first + expert) ? .later : .unneeded
        }
        mark(slot)
        requests.removeAll(keepingCapacity: true)
        appendRequests(facts, expert, slot: slot)
        reader.submit(requests)
        unlock()
        reader.wait { isIdle(slot: slot) }
        lock()
        defer { unlock() }
        residency.settle(facts.first + expert)
        // What failed keeps its slot: a layer may be about to use it, and reads it again.
        return hasFailed(slot: slot) ? .failed : .read
    }
}
