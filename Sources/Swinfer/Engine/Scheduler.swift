import Compute

/// What the scheduler may use.
struct SchedulerOptions: Sendable {
    /// Prompt tokens that go along while other texts are generated.
    var promptShare: Int
    /// Tokens of a long prompt after which a snapshot is taken, where the model needs them.
    var snapshotInterval: Int
    /// Bytes that stored beginnings may take.
    var prefixBytes: Int
}

/// Puts the batches together: which generations take part, with how many tokens, and what they
/// go on from. Lives on the engine's thread.
final class Scheduler {
    let executor: Executor
    /// Tells what to try ahead, besides the text itself.
    private let drafter: (any Drafter)?
    /// What drafters took to read texts in this step: it tells nothing about drafting.
    private var readingSeconds = 0.0
    let options: SchedulerOptions
    /// All open sessions.
    var memories: [SessionMemory] = []
    /// Generations that take part in batches; those that were served last stand last.
    private var active: [Generation] = []
    /// Generations that wait for memory, the first to come first.
    private var waiting: [Generation] = []
    var prefixes: PrefixStore
    private(set) var counters = EngineStatistics()
    private var clock = 0
    private var arrivals = 0
    /// Somebody was set back to waiting, and nobody has made room since.
    private var isFull = false

    init(_ executor: Executor, drafter: (any Drafter)? = nil, options: SchedulerOptions) {
        self.executor = executor
        self.drafter = drafter
        self.options = options
        prefixes = PrefixStore(byteLimit: options.prefixBytes)
    }

    var isIdle: Bool { active.isEmpty && waiting.isEmpty }

    /// What it does, in numbers.
    var statistics: EngineStatistics {
        var result = counters
        result.running = active.count
        result.queued = waiting.count
        result.sessions = memories.count
        result.cacheBytes = executor.cacheBytesInUse
        result.cacheLimit = executor.cacheLimit
        result.storedPrefixes = prefixes.entries.count
        return result
    }

    func take(_ work: Engine.Work) {
        switch work {
        case .generation(let generation):
            arrivals += 1
            generation.number = arrivals
            waiting.append(generation)
        case .open(let memory): memories.append(memory)
        case .close(let memory): close(memory)
        case .task(let body): body(self)
        }
    }

    /// One batch: a token of every generation that is past its prompt, then pieces of prompts
    /// with the room that is left, shared fairly.
    func step() {
        for generation in active + waiting where generation.isCancelled { end(generation, .cancelled) }
        waiting.removeAll(where: \.isFinished)
        active.removeAll(where: \.isFinished)
        admit()
        if active.isEmpty { return }
        clock += 1
        let start = ContinuousClock.now
        let chosen = choose()
        guard run(chosen) else { return }
        advance(chosen, start)
        // Those that got no room this time go first the next.
        let served = Set(chosen.map { ObjectIdentifier($0.generation) })
        active = active.filter { !served.contains(ObjectIdentifier($0)) } + chosen.map(\.generation)
        active.removeAll(where: \.isFinished)
    }

    private struct Share {
        let generation: Generation
        let count: Int
        /// Rows of logits that it asks for.
        var outputs: Int { generation.wantsLogits(after: count) ? 1 + generation.draft.count : 0 }
    }

    /// Lets waiting generations in while there is memory for their prompts.
    private func admit() {
        if isFull, !active.isEmpty { return }
        while let generation = waiting.first {
            do {
                let saved = try reuse(generation)
                let wanted = executor.cacheBytes(tokens: generation.tokens.count + 1)
                let more = wanted - executor.cacheBytes(tokens: saved)
                while executor.cacheBytesInUse + more > executor.cacheLimit, makeRoom() {}
                if executor.cacheBytesInUse + more > executor.cacheLimit, !active.isEmpty { return }
            } catch {
                waiting.removeFirst()
                fail(generation, error)
                continue
            }
            waiting.removeFirst()
            generation.begin()
            generation.memory.isRunning = true
            counters.reusedTokens += generation.evaluated
            counters.requestedTokens += generation.tokens.count
            active.append(generation)
        }
    }

    private func choose() -> [Share] {
        var room = executor.options.batchLength
        var chosen: [Share] = []
        readingSeconds = 0
        // A batch that could not run left them.
        for generation in active { generation.dropDraft() }
        for generation in active where generation.waiting == 1 && room > 0 {
            chosen.append(Share(generation: generation, count: 1))
            room -= 1
        }
        // Long prompts go along in small pieces, so that the others keep their rhythm.
        let tokens = chosen.count
        if !chosen.isEmpty { room = min(room, options.promptShare) }
        var reading = active.filter { $0.waiting > 1 }
        if reading.isEmpty {
            propose(chosen, rows: min(executor.exactRows, executor.options.batchLength) - tokens)
        }
        while !reading.isEmpty, room > 0 {
            let generation = reading.removeFirst()
            let fair = min(generation.waiting, max(1, room / (reading.count + 1)))
            let count = min(fair, nextCut(generation))
            chosen.append(Share(generation: generation, count: count))
            room -= count
        }
        return chosen
    }

    /// Tries more tokens where there is room for rows that get the same bits as alone.
    private func propose(_ chosen: [Share], rows: Int) {
        var left = rows
        let readLimit = chosen.count > 1 ? options.promptShare : executor.options.batchLength
        for share in chosen where left > 0 {
            let start = ContinuousClock.now
            do {
                let isReading = try share.generation.propose(limit: left, drafter, readLimit: readLimit)
                if isReading { readingSeconds += start.duration(to: ContinuousClock.now).seconds }
            } catch { dropDrafts(but: share.generation, error) }
            left -= share.generation.draft.count
        }
    }

    /// The drafter failed, most likely for lack of memory: what it knows of idle sessions goes, or
    /// else of this one, which goes on without.
    private func dropDrafts(but generation: Generation, _ error: any Error) {
        let idle = memories.filter { !$0.isRunning && $0.draft != nil }
        if case ComputeError.cacheFull = error, !idle.isEmpty {
            for memory in idle { memory.draft = nil }
        } else {
            generation.memory.draft = nil
            generation.stopDrafting()
        }
    }

    /// Runs the batch; false: not this time.
    private func run(_ chosen: [Share]) -> Bool {
        do {
            try unsafe executor.run(Batch(chosen.map { $0.generation.piece(limit: $0.count) }))
            counters.batches += 1
            return true
        } catch ComputeError.cacheFull where makeRoom() {
            return false
        } catch ComputeError.cacheFull where active.count > 1 {
            // Nobody loses text: the last to come waits, and is read again when there is room.
            pause(active.max { $0.number < $1.number }!)
            return false
        } catch {
            for share in chosen { fail(share.generation, error) }
            active.removeAll(where: \.isFinished)
            return false
        }
    }

    private func pause(_ generation: Generation) {
        generation.memory.clear()
        generation.memory.isRunning = false
        isFull = true
        active.removeAll { $0 === generation }
        waiting.insert(generation, at: 0)
        counters.pauses += 1
    }

    private func advance(_ chosen: [Share], _ start: ContinuousClock.Instant) {
        let seconds = start.duration(to: ContinuousClock.now).seconds - readingSeconds
        var output = 0
        var row = 0
        for share in chosen {
            let generation = share.generation
            let outputs = share.outputs
            let first = generation.evaluated
            let rows = share.count + generation.draft.count
            generation.memory.lastUse = clock
            generation.evaluate(share.count)
            if generation.isPrefilling { counters.promptTokens += share.count }
            remember(generation)
            if outputs > 0 { choose(generation, outputs: output..<output + outputs, seconds) }
            observe(generation, from: first, row: row)
            output += outputs
            row += rows
        }
    }

    /// Shows the drafter what the model made of a text's next tokens.
    private func observe(_ generation: Generation, from first: Int, row: Int) {
        guard let drafter, generation.wantsDrafts, !generation.isFinished, first < generation.evaluated else {
            return
        }
        do {
            try drafter.observe(
                generation.tokens, evaluated: first..<generation.evaluated, row: row, of: executor,
                generation.memory)
        } catch { dropDrafts(but: generation, error) }
    }

    /// Chooses from rows of logits as long as the tokens that were tried are the chosen ones.
    private func choose(_ generation: Generation, outputs: Range<Int>, _ seconds: Double) {
        let before = generation.generatedTokens
        defer { counters.generatedTokens += generation.generatedTokens - before }
        counters.draftedTokens += outputs.count - 1
        var chosen = 0
        for output in outputs {
            let logits = unsafe UnsafeBufferPointer(executor.logits(output: output))
            if let end = unsafe generation.choose(logits) {
                switch end {
                case .success(let reason): self.end(generation, reason)
                case .failure(let error): fail(generation, error)
                }
                return
            }
            chosen += 1
            guard generation.acceptDraft() else { break }
            counters.acceptedTokens += 1
        }
        generation.measure(seconds: seconds, tokens: chosen, proposed: outputs.count - 1)
        generation.memory.forgetRest()
        makeContextRoom(generation)
    }

    /// Takes tokens out of a full context where the caller asked for that.
    private func makeContextRoom(_ generation: Generation) {
        guard generation.tokens.count >= executor.options.contextLength else { return }
        guard case .shift(let keep) = generation.contextPolicy else { return end(generation, .contextFull) }
        let held = generation.memory.tokens.count
        let kept = min(keep, held - 2)
        let discard = (held - kept) / 2
        guard kept >= 0, discard > 0 else { return end(generation, .contextFull) }
        do {
            try generation.memory.shift(keep: kept, discard: discard, executor)
            generation.shifted(keep: kept, discard: discard)
            counters.shifts += 1
        } catch ComputeError.cacheFull where makeRoom() {
            makeContextRoom(generation)
        } catch {
            fail(generation, error)
        }
    }

    private func end(_ generation: Generation, _ reason: FinishReason) {
        isFull = false
        generation.memory.isRunning = false
        generation.memory.lastUse = clock
        generation.memory.settle()
        rememberEnd(generation.memory)
        generation.finish(reason)
    }

    private func fail(_ generation: Generation, _ error: any Error) {
        isFull = false
        generation.memory.isRunning = false
        generation.memory.settle()
        generation.fail(error)
    }

    func countDrop() { counters.drops += 1 }
}
