import Glibc

/// What is being read for a prompt before the layer's router has chosen.
///
/// Between one layer's experts and the next the disk would idle. A prompt needs nearly all experts of
/// every layer, so some of the next layer's are read meanwhile: into slots of the pool while the layer
/// may have more of them, and into the slots that experts pass through as they become free.
struct ReadsAhead {
    /// One in a slot that experts pass through.
    struct Passing {
        var expert: Int32
        var lane: Int
    }

    /// The layer that comes next; -1: none.
    var layer = -1
    /// Its experts that are not in memory, over all layers, and how many have been taken.
    var candidates: [Int32] = []
    var next = 0
    /// Experts over all layers whose reserved slots in the pool are being filled.
    var kept: [Int] = []
    var passing: [Passing] = []
    /// The slots that experts pass through, in the order in which the running layer takes them; the
    /// first ones hold the announced experts that `taken` names.
    var lanes: [Int]
    var taken: [Int32] = []

    init(lanes count: Int, experts: Int) {
        lanes = Array(0..<count)
        candidates.reserveCapacity(experts)
        kept.reserveCapacity(2 * count)
        passing.reserveCapacity(count)
        taken.reserveCapacity(count)
    }
}

extension ExpertStore {
    /// A prompt's batch begins: the first layer's experts are read while what comes before them runs,
    /// if so many tokens will need nearly all of them.
    func beginPrompt(tokens: Int) {
        // Even routing leaves out e^-3 of the experts then.
        guard let first = layout.layers.first, tokens * first.used >= 3 * first.experts else { return }
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        planAhead(layer: 0)
        for lane in 0..<transientCount { readAhead(lane: lane) }
    }

    // MARK: With the mutex held

    /// From now on `readAhead` reads experts of a layer.
    func planAhead(layer: Int) {
        let facts = layout.layers[layer]
        ahead.layer = layer
        ahead.next = 0
        residency.missing(of: facts.first..<facts.first + facts.experts, into: &ahead.candidates)
    }

    /// A slot that experts pass through is free: it takes one of the next layer, and so does the pool
    /// where there is room.
    func readAhead(lane: Int) {
        guard ahead.layer >= 0 else { return }
        requests.removeAll(keepingCapacity: true)
        if ahead.next < ahead.candidates.count {
            let expert = Int(ahead.candidates[ahead.next])
            if let slot = residency.reserve(expert, sharing: true) {
                ahead.next += 1
                ahead.kept.append(expert)
                requestAhead(expert, slot: slot)
            }
        }
        if ahead.next < ahead.candidates.count {
            let expert = ahead.candidates[ahead.next]
            ahead.next += 1
            ahead.passing.append(ReadsAhead.Passing(expert: expert, lane: lane))
            requestAhead(Int(expert), slot: slotCount + lane)
        }
        reader.submit(requests)
    }

    private func requestAhead(_ expert: Int, slot: Int) {
        mark(slot)
        appendRequests(layout.layers[ahead.layer], expert - layout.layers[ahead.layer].first, slot: slot)
    }

    private func appendRequests(_ layer: ExpertLayout.Layer, _ expert: Int, slot: Int) {
        let place = place(layer, expert: expert, slot: slot)
        let first = completions + 2 * slot
        requests.append(request(layer.gate, expert, place.gate, first))
        requests.append(request(layer.up, expert, place.up, first))
        requests.append(request(layer.down, expert, place.down, first + 1))
    }

    /// Slots of the pool that have been read ahead are as others now.
    ///
    /// - Returns: how many of the announced experts are in such slots, or being read into them.
    func settleAhead() -> Int {
        let announced = ahead.kept.count { expert in
            (0..<count).contains { Int(numbers[$0]) == expert }
        }
        // What is still being read stays reserved until the next layer, lest another gets the slot.
        ahead.kept.removeAll { expert in
            guard let slot = residency.slot(of: expert), isIdle(2 * slot), isIdle(2 * slot + 1) else {
                return false
            }
            residency.settle(expert)
            return true
        }
        return announced
    }

    /// Orders the slots that experts pass through: first those where announced experts are already,
    /// then those that are free.
    ///
    /// - Returns: how many are there already.
    func takeAhead(layer: Int) -> Int {
        ahead.taken.removeAll(keepingCapacity: true)
        ahead.lanes.removeAll(keepingCapacity: true)
        for read in ahead.passing {
            let slot = slotCount + read.lane
            if let index = (0..<count).first(where: { numbers[$0] == read.expert }), slots[index] < 0,
                !hasFailed(2 * slot), !hasFailed(2 * slot + 1)
            {
                ahead.taken.append(Int32(index))
                ahead.lanes.append(read.lane)
            } else {
                // Read in vain; nobody may write there any more when another takes the slot.
                reader.wait { isIdle(2 * slot) && isIdle(2 * slot + 1) }
            }
        }
        ahead.passing.removeAll(keepingCapacity: true)
        ahead.layer = -1
        let known = ahead.lanes.count
        for lane in 0..<transientCount where !ahead.lanes[..<known].contains(lane) {
            ahead.lanes.append(lane)
        }
        return known
    }

    /// Forgets what was read ahead for a layer that did not come.
    func dropAhead() {
        for read in ahead.passing {
            let slot = slotCount + read.lane
            reader.wait { isIdle(2 * slot) && isIdle(2 * slot + 1) }
        }
        for expert in ahead.kept {
            if let slot = residency.slot(of: expert) {
                reader.wait { isIdle(2 * slot) && isIdle(2 * slot + 1) }
            }
            residency.settle(expert)
        }
        ahead.passing.removeAll(keepingCapacity: true)
        ahead.kept.removeAll(keepingCapacity: true)
        ahead.layer = -1
    }

    // MARK: Preloading

    /// Reads an expert that nobody has asked for, if there is room for it. Blocks.
    ///
    /// - Returns: whether it was read.
    package func preload(layer: Int, expert: Int) -> Bool {
        let facts = layout.layers[layer]
        pthread_mutex_lock(&mutex)
        guard let slot = residency.reserve(facts.first + expert, sharing: false) else {
            pthread_mutex_unlock(&mutex)
            return false
        }
        mark(slot)
        requests.removeAll(keepingCapacity: true)
        appendRequests(facts, expert, slot: slot)
        reader.submit(requests)
        pthread_mutex_unlock(&mutex)
        reader.wait { isIdle(2 * slot) && isIdle(2 * slot + 1) }
        let failed = hasFailed(2 * slot) || hasFailed(2 * slot + 1)
        pthread_mutex_lock(&mutex)
        residency.settle(facts.first + expert)
        if failed { residency.forget(facts.first + expert) }
        pthread_mutex_unlock(&mutex)
        return !failed
    }
}
