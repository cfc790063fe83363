import Glibc
import Synchronization

// What is read when, and into which slots.

extension ExpertStore {
    /// An entry is used up: its slot is free for the next.
    func release(_ entry: Int) {
        guard entries[entry].isPassing else { return }
        lock()
        defer { unlock() }
        freePassing(entry)
        goOn()
    }

    /// A read has ended, as its thread tells: the disk may need more to do.
    func readEnded() {
        let isHungry = isHungry.load(ordering: .sequentiallyConsistent)
        guard isHungry, reader.underWay < ExpertStore.busyReads else { return }
        mustGoOn.store(true, ordering: .sequentiallyConsistent)
        goOnIfAsked()
    }

    func lock() { pthread_mutex_lock(&mutex) }

    func unlock() {
        pthread_mutex_unlock(&mutex)
        goOnIfAsked()
    }

    /// Does what a read that ended asks for, unless somebody has the mutex. He may be waiting for this
    /// very thread, and does it himself when he gives the mutex back.
    private func goOnIfAsked() {
        while mustGoOn.load(ordering: .sequentiallyConsistent), pthread_mutex_trylock(&mutex) == 0 {
            mustGoOn.store(false, ordering: .sequentiallyConsistent)
            goOn()
            pthread_mutex_unlock(&mutex)
        }
    }

    // MARK: With the mutex held

    /// Asks for what the running layer still needs and there is room for, in order, and then for
    /// experts of the next.
    func goOn() {
        // A read that ends from here on may have been missed below.
        isHungry.store(true, ordering: .sequentiallyConsistent)
        requests.removeAll(keepingCapacity: true)
        freeVain(isLate: nextEntry == count)
        while nextEntry < count, takeSlot(nextEntry) {
            requestEntry(nextEntry)
            nextEntry += 1
        }
        if nextEntry < count {
            // Those that have slots of their own need not wait for the others.
            for entry in nextEntry..<count where entries[entry].slot >= 0 {
                if reader.underWay + requests.count >= ExpertStore.busyReads { break }
                requestEntry(entry)
            }
        } else {
            readAhead()
        }
        reader.submit(requests)
        if nextEntry == count, !ahead.isOpen { isHungry.store(false, ordering: .relaxed) }
    }

    /// Gives an entry a slot, if it has none.
    ///
    /// - Returns: whether it has one.
    private func takeSlot(_ entry: Int) -> Bool {
        if entries[entry].slot >= 0 { return true }
        let facts = layout.layers[layer]
        let expert = Int(entries[entry].expert)
        guard let slot = lanes.popLast() ?? residency.borrow(for: facts.first + expert) else { return false }
        entries[entry].slot = Int32(slot)
        entries[entry].place = place(facts, expert: expert, slot: slot)
        mark(slot)
        hasSlot[entry].value.store(1, ordering: .releasing)
        return true
    }

    private func requestEntry(_ entry: Int) {
        if entries[entry].isRequested { return }
        entries[entry].isRequested = true
        appendRequests(layout.layers[layer], Int(entries[entry].expert), slot: Int(entries[entry].slot))
    }

    /// Adds requests for all entries that have slots: gates and ups, which are needed first, and then
    /// downs.
    func requestEntries() {
        let facts = layout.layers[layer]
        for pieces in [0..<2, 2..<3] {
            for entry in nextEntry..<count where entries[entry].slot >= 0 {
                entries[entry].isRequested = true
                appendRequests(facts, Int(entries[entry].expert), slot: Int(entries[entry].slot), pieces)
            }
        }
    }

    /// Adds requests for an expert's matrices: gate, up, down.
    func appendRequests(
        _ layer: ExpertLayout.Layer, _ expert: Int, slot: Int, _ pieces: Range<Int> = 0..<3
    ) {
        let place = place(layer, expert: expert, slot: slot)
        let first = completions + 2 * slot
        for piece in pieces {
            switch piece {
            case 0: requests.append(request(layer.gate, expert, place.gate, first))
            case 1: requests.append(request(layer.up, expert, place.up, first))
            default: requests.append(request(layer.down, expert, place.down, first + 1))
            }
        }
    }

    private func request(
        _ piece: ExpertLayout.Piece, _ expert: Int, _ target: UnsafeRawPointer,
        _ completion: UnsafeMutablePointer<FileReader.Completion>
    ) -> FileReader.Request {
        FileReader.Request(
            shard: piece.shard, offset: piece.offset + expert * piece.stride, count: piece.count,
            target: UnsafeMutableRawPointer(mutating: target), completion: completion)
    }

    /// A slot is about to be read: gate and up, and down.
    func mark(_ slot: Int) {
        completions[2 * slot].failure.store(0, ordering: .relaxed)
        completions[2 * slot + 1].failure.store(0, ordering: .relaxed)
        completions[2 * slot].pending.store(2, ordering: .releasing)
        completions[2 * slot + 1].pending.store(1, ordering: .releasing)
    }

    /// Frees the slots of entries that nobody has released: where a layer has one token, or failed.
    func freePassing() {
        for entry in 0..<count { freePassing(entry) }
    }

    private func freePassing(_ entry: Int) {
        let slot = Int(entries[entry].slot)
        guard entries[entry].isPassing, slot >= 0 else { return }
        entries[entry].isPassing = false
        free(
            slot, expert: layout.layers[layer].first + Int(entries[entry].expert), isLate: nextEntry == count)
    }

    /// A slot that nothing writes to and nobody reads from any more: for others, or if it is the pool's
    /// for the expert that it was read for.
    func free(_ slot: Int, expert: Int, isLate: Bool) {
        if slot >= slotCount {
            lanes.append(slot)
        } else {
            residency.giveBack(slot, expert: expert, isThere: !hasFailed(slot: slot), isLate: isLate)
        }
    }
}
