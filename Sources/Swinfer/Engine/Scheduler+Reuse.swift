import Compute

// What generations go on from: their own session's cache, another session's, or a stored beginning.

extension Scheduler {
    /// Tokens that must be saved before another text's memory is taken over.
    private static let leastGain = 8
    /// Before the end of a prompt, as the next prompt often differs in its last few tokens: a
    /// template's opening of the answer, say.
    private static let endDistance = 32

    /// Makes a generation's memory hold as many of its first tokens as can be had, and says how
    /// many. One token is left at least: its logits are wanted.
    func reuse(_ generation: Generation) throws -> Int {
        let memory = generation.memory
        let wanted = generation.tokens
        let limit = wanted.count - 1
        var own = min(commonPrefix(memory.tokens, wanted), limit)
        if !memory.cache.canGoBack(to: own) { own = 0 }
        var best = own + Scheduler.leastGain
        var other: SessionMemory?
        for candidate in memories where candidate !== memory {
            let common = min(commonPrefix(candidate.tokens, wanted), limit)
            if common >= best, candidate.cache.canGoBack(to: common) {
                best = common
                other = candidate
            }
        }
        let stored = prefixes.best(for: wanted, limit: limit)
        if let stored, stored.position >= best {
            keepBeginning(of: memory, beyond: own)
            if let snapshot = prefixes.use(stored.index, position: stored.position) {
                try memory.restore(snapshot, of: wanted)
            }
        } else if let other {
            let snapshot = try other.cache.snapshot(at: best)
            keepBeginning(of: memory, beyond: own)
            try memory.restore(snapshot, of: wanted)
        } else if own == 0 {
            keepBeginning(of: memory, beyond: own)
            memory.clear()
        } else {
            keepBeginning(of: memory, beyond: own)
            memory.keep(own)
        }
        return memory.tokens.count
    }

    /// A session leaves its text for another one: what it held may be wanted again.
    private func keepBeginning(of memory: SessionMemory, beyond common: Int) {
        guard executor.keepsEverything, memory.tokens.count > common + 2 * Scheduler.leastGain else { return }
        store(memory)
    }

    func store(_ memory: SessionMemory) {
        let tokens = memory.tokens[...]
        guard tokens.count >= Scheduler.leastGain, !prefixes.contains(tokens) else { return }
        if let snapshot = try? memory.cache.snapshot(at: tokens.count) { prefixes.add(tokens, snapshot) }
    }

    // MARK: Snapshots on the way

    /// How many tokens a generation may take before the next place for a snapshot.
    func nextCut(_ generation: Generation) -> Int {
        if executor.keepsEverything { return .max }
        let done = generation.evaluated
        var next = (done / options.snapshotInterval + 1) * options.snapshotInterval
        let nearEnd = generation.promptEnd - Scheduler.endDistance
        if done < nearEnd { next = min(next, nearEnd) }
        return next - done
    }

    /// Takes a snapshot where a generation has come to a place for one.
    func remember(_ generation: Generation) {
        if executor.keepsEverything { return }
        let done = generation.evaluated
        guard done <= generation.promptEnd else { return }
        if done == generation.promptEnd || done == generation.promptEnd - Scheduler.endDistance
            || done % options.snapshotInterval == 0
        {
            store(generation.memory)
        }
    }

    /// The end of a turn.
    func rememberEnd(_ memory: SessionMemory) {
        if !executor.keepsEverything { store(memory) }
    }

    /// A session is gone. What it held stays as long as there is room for it.
    func close(_ memory: SessionMemory) {
        memories.removeAll { $0 === memory }
        store(memory)
        // Not when the last reference goes: a generation that came with this may want the room at once.
        memory.clear()
        memory.draft = nil
    }

    /// Gives memory back that nobody needs at this moment: stored beginnings first, then what
    /// idle sessions hold, whose texts are read again when they go on. false: there is none.
    func makeRoom() -> Bool {
        if prefixes.removeOldest() { return true }
        let idle = memories.filter { !$0.isRunning && !$0.tokens.isEmpty }
        guard let oldest = idle.min(by: { $0.lastUse < $1.lastUse }) else { return false }
        oldest.clear()
        countDrop()
        return true
    }
}
