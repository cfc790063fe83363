import Glibc
import Synchronization

/// What a streamed model's experts have cost so far.
package struct StreamingCosts: Sendable, Equatable {
    /// Experts that a batch needed in a layer and found in memory, and those that it did not.
    package var hits = 0
    package var misses = 0
    /// Of the latter, those whose reads had begun before the router chose them.
    package var foreseen = 0
    /// Bytes read from disk.
    package var bytesRead = 0
    /// Seconds that compute threads waited for the disk, on average over the threads.
    package var stallSeconds = 0.0
}

/// Brings the routed experts of a model that is larger than memory to where products read them.
///
/// The first thread of a team announces a layer's experts (`begin`): those in memory come first,
/// reads of the others start at once. The team then takes experts in that order and waits only
/// for what is not there yet. Experts that are not to stay pass through a few transient slots,
/// each read as soon as the one before it in the slot is used up.
@safe
package final class ExpertStore: @unchecked Sendable {
    package let layout: ExpertLayout
    package let reader: FileReader
    let residency: any ExpertResidency
    private let memory: Arena
    private let committer: MemoryCommitter
    /// Where there are several nodes, slots go round them.
    let nodes: NodePlacement?
    /// Units handed out of entries in memory and of the others, by node.
    let nodeUnits: UnsafeMutablePointer<Line>
    let transientCount: Int
    /// First slot of each class, slots of all classes and then the transient ones; their offsets.
    private let slotOffsets: UnsafeMutablePointer<Int>
    private let slotSizes: [Int]
    let slotCount: Int
    /// Two for each slot: gate and up, and down.
    let completions: UnsafeMutablePointer<FileReader.Completion>
    let turns: UnsafeMutablePointer<Line>
    /// The entry of each that passes through, and how many do.
    private let passingEntries: UnsafeMutablePointer<Int32>
    private var passingCount = 0
    var mutex = pthread_mutex_t()
    var requests: [FileReader.Request] = []
    /// What is read before the router has chosen; used with the mutex held.
    var ahead: ReadsAhead

    /// The experts of the layer that runs, in the order in which they are taken.
    struct Entry: BitwiseCopyable {
        /// In the layer.
        var expert: Int32
        /// Which of the announced experts it is.
        var index: Int32
        var slot: Int32
        /// Its number among those that pass through and share their slots; -1: it has its own.
        var passing: Int32
        var place: ExpertPlace
    }

    struct Line: ~Copyable { let value = Atomic<Int>(0) }

    let entries: UnsafeMutablePointer<Entry>
    /// Of each entry: units of gate and up that are done, rows quantized (0 or 1), units of down.
    let firstDone: UnsafeMutablePointer<Line>
    let middleDone: UnsafeMutablePointer<Line>
    let lastDone: UnsafeMutablePointer<Line>
    private(set) var count = 0
    /// Entries from here on were not in memory when the layer began.
    private(set) var hitCount = 0
    var layer = 0

    /// The op at which this run failed; later ops do not run.
    let failedOperation = Atomic<Int>(.max)
    private var error: ComputeError?

    private var hits = 0
    private var misses = 0
    private var foreseen = 0
    private let stallNanoseconds = Atomic<Int>(0)
    var threads = 1

    /// Of each announced expert, its entry.
    private let positions: UnsafeMutablePointer<Int32>
    let numbers: UnsafeMutablePointer<Int32>
    let slots: UnsafeMutablePointer<Int32>
    private let fresh: UnsafeMutablePointer<Bool>

    /// - Parameters:
    ///   - slots: of each size class, as `residency` counts them.
    ///   - transient: slots for experts that pass through.
    ///   - nodes: nil: the machine has one.
    /// - Throws: `ComputeError.outOfMemory`.
    package init(
        _ layout: ExpertLayout, reader: FileReader, slots classSlots: [Int], transient: Int,
        residency: any ExpertResidency, nodes: NodePlacement? = nil
    ) throws(ComputeError) {
        self.layout = layout
        self.reader = reader
        self.residency = residency
        transientCount = transient
        ahead = ReadsAhead(lanes: transient, experts: layout.largestLayer)
        slotCount = classSlots.reduce(0, +)
        let all = slotCount + transient
        self.nodes = nodes
        slotOffsets = .allocate(capacity: all)
        slotSizes =
            zip(layout.classes, classSlots).flatMap { Array(repeating: $0.slotBytes, count: $1) }
            + Array(repeating: layout.largestSlot, count: transient)
        // The slots of a node lie together.
        let nodeCount = nodes?.count ?? 1
        var offset = 0
        var shares: [Range<Int>] = []
        for node in 0..<nodeCount {
            let start = offset
            for slot in stride(from: node, to: all, by: nodeCount) {
                slotOffsets[slot] = offset
                offset += slotSizes[slot]
            }
            shares.append(start..<offset)
        }
        completions = .allocate(capacity: 2 * all)
        for index in 0..<2 * all { (completions + index).initialize(to: FileReader.Completion()) }
        let most = max(1, layout.largestLayer)
        func lines(_ count: Int) -> UnsafeMutablePointer<Line> {
            let lines = UnsafeMutablePointer<Line>.allocate(capacity: count)
            for index in 0..<count { (lines + index).initialize(to: Line()) }
            return lines
        }
        turns = lines(max(1, transient))
        nodeUnits = lines(2 * nodeCount)
        firstDone = lines(most)
        middleDone = lines(most)
        lastDone = lines(most)
        entries = .allocate(capacity: most)
        passingEntries = .allocate(capacity: most)
        positions = .allocate(capacity: most)
        numbers = .allocate(capacity: most)
        slots = .allocate(capacity: most)
        fresh = .allocate(capacity: most)
        requests.reserveCapacity(3 * most)
        pthread_mutex_init(&mutex, nil)
        memory = try Arena(byteCount: offset, hugePages: true)
        for (node, share) in shares.enumerated() {
            nodes?.place(memory.base + share.lowerBound, byteCount: share.count, on: node)
        }
        committer = MemoryCommitter(memory)
    }

    deinit {
        committer.stop()
        let everything = 0..<2 * (slotCount + transientCount)
        reader.wait { everything.allSatisfy { isIdle($0) } }
        pthread_mutex_destroy(&mutex)
        (completions).deinitialize(count: everything.count)
        completions.deallocate()
        for lines in [firstDone, middleDone, lastDone, turns, nodeUnits] { lines.deallocate() }
        slotOffsets.deallocate()
        entries.deallocate()
        passingEntries.deallocate()
        positions.deallocate()
        numbers.deallocate()
        slots.deallocate()
        fresh.deallocate()
    }

    /// Where each slot lies, those that others pass through last.
    package var slotMemory: [UnsafeRawBufferPointer] {
        slotSizes.indices.map {
            UnsafeRawBufferPointer(start: memory.base + slotOffsets[$0], count: slotSizes[$0])
        }
    }

    /// Bytes of all slots.
    package var byteCount: Int { memory.byteCount }

    package var costs: StreamingCosts {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        var result = StreamingCosts()
        result.hits = hits
        result.misses = misses
        result.foreseen = foreseen
        result.bytesRead = reader.bytesRead
        result.stallSeconds =
            Double(stallNanoseconds.load(ordering: .relaxed)) / 1e9 / Double(max(1, threads))
        return result
    }

    // MARK: One batch

    /// A batch begins.
    ///
    /// - Throws: `ComputeError.unreadable` when the files have changed.
    func beginBatch(tokens: Int) throws(ComputeError) {
        try reader.checkUnchanged()
        failedOperation.store(.max, ordering: .relaxed)
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        residency.advance(tokens: tokens)
        dropAhead()
    }

    /// A batch is over.
    ///
    /// - Throws: what kept it from its experts.
    func endBatch() throws(ComputeError) {
        guard let error else { return }
        self.error = nil
        // Reads that nobody has waited for still write to their slots.
        for entry in 0..<count {
            let slot = Int(entries[entry].slot)
            reader.wait { isIdle(2 * slot) && isIdle(2 * slot + 1) }
        }
        throw error
    }

    // MARK: One layer

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
        for index in 0..<count { numbers[index] = Int32(facts.first) + experts[index] }
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        self.layer = layer
        self.count = count
        let early = settleAhead()
        var slotSpan = MutableSpan(_unsafeStart: slots, count: count)
        var freshSpan = MutableSpan(_unsafeStart: fresh, count: count)
        residency.request(
            Span(_unsafeStart: UnsafePointer(numbers), count: count),
            uses: Span(_unsafeStart: uses, count: count), keep: keep, slots: &slotSpan, fresh: &freshSpan)
        var next = 0
        func add(_ index: Int, slot: Int, passing: Int = -1) {
            firstDone[next].value.store(0, ordering: .relaxed)
            middleDone[next].value.store(0, ordering: .relaxed)
            lastDone[next].value.store(0, ordering: .relaxed)
            positions[index] = Int32(next)
            entries[next] = Entry(
                expert: experts[index], index: Int32(index), slot: Int32(slot), passing: Int32(passing),
                place: place(facts, expert: Int(experts[index]), slot: slot))
            if passing >= 0 { passingEntries[passing] = Int32(next) }
            next += 1
        }
        for index in 0..<count where slots[index] >= 0 && !fresh[index] {
            let slot = Int(slots[index])
            // A read ahead that failed is tried again, and then tells.
            if hasFailed(2 * slot) || hasFailed(2 * slot + 1) {
                fresh[index] = true
            } else if isIdle(2 * slot), isIdle(2 * slot + 1) {
                add(index, slot: slot)
            }
        }
        hitCount = next
        for index in 0..<count where slots[index] >= 0 && !fresh[index] {
            let slot = Int(slots[index])
            if !(isIdle(2 * slot) && isIdle(2 * slot + 1)), !contains(index, below: hitCount) {
                add(index, slot: slot)
            }
        }
        // A read ahead may have ended between the two looks.
        for index in 0..<count where slots[index] >= 0 && !fresh[index] && !contains(index, below: next) {
            add(index, slot: Int(slots[index]))
        }
        let firstRead = next
        // What passes through and was read ahead comes first, in the slots where it is.
        let known = takeAhead(layer: layer)
        for passing in 0..<known {
            let index = Int(ahead.taken[passing])
            add(index, slot: slotCount + ahead.lanes[passing], passing: passing)
            fresh[index] = true
        }
        let firstFresh = next
        for index in 0..<count where slots[index] >= 0 && fresh[index] { add(index, slot: Int(slots[index])) }
        var passing = known
        for index in 0..<count where slots[index] < 0 && !fresh[index] {
            add(index, slot: slotCount + ahead.lanes[passing % transientCount], passing: passing)
            passing += 1
        }
        passingCount = passing
        hits += firstRead - early
        misses += count - firstRead + early
        foreseen += early + known
        for passing in 0..<known {
            turns[ahead.lanes[passing]].value.store(Int(passingEntries[passing]), ordering: .releasing)
        }
        requests.removeAll(keepingCapacity: true)
        let last = count - max(0, passing - transientCount)
        for entry in firstFresh..<last { prepare(entry) }
        if keep {
            for entry in firstFresh..<last { requestFirst(entry) }
            for entry in firstFresh..<last { requestLast(entry) }
        } else {
            for entry in firstFresh..<last {
                requestFirst(entry)
                requestLast(entry)
            }
        }
        reader.submit(requests)
        resetUnits()
        // A layer that needs most of its experts lets one expect the same of the next.
        if !keep, layer + 1 < layout.layers.count, 4 * count >= 3 * facts.experts {
            planAhead(layer: layer + 1)
            for lane in ahead.lanes.dropFirst(passing) { readAhead(lane: lane) }
        }
    }

    private func contains(_ index: Int, below end: Int) -> Bool {
        for entry in 0..<end where entries[entry].index == Int32(index) { return true }
        return false
    }

    func place(_ layer: ExpertLayout.Layer, expert: Int, slot: Int) -> ExpertPlace {
        let base = memory.base + slotOffsets[slot]
        func address(_ piece: ExpertLayout.Piece) -> UnsafeRawPointer {
            let offset = piece.offset + expert * piece.stride
            return UnsafeRawPointer(base + piece.place + offset % FileReader.page)
        }
        return ExpertPlace(gate: address(layer.gate), up: address(layer.up), down: address(layer.down))
    }

    /// Marks an entry's slot as being read.
    private func prepare(_ entry: Int) {
        let slot = Int(entries[entry].slot)
        mark(slot)
        if entries[entry].passing >= 0 {
            turns[slot - slotCount].value.store(entry, ordering: .releasing)
        }
    }

    func mark(_ slot: Int) {
        completions[2 * slot].failure.store(0, ordering: .relaxed)
        completions[2 * slot + 1].failure.store(0, ordering: .relaxed)
        completions[2 * slot].pending.store(2, ordering: .releasing)
        completions[2 * slot + 1].pending.store(1, ordering: .releasing)
    }

    private func requestFirst(_ entry: Int) {
        let facts = layout.layers[layer]
        let e = entries[entry]
        let completion = completions + 2 * Int(e.slot)
        requests.append(request(facts.gate, Int(e.expert), e.place.gate, completion))
        requests.append(request(facts.up, Int(e.expert), e.place.up, completion))
    }

    private func requestLast(_ entry: Int) {
        let e = entries[entry]
        requests.append(
            request(layout.layers[layer].down, Int(e.expert), e.place.down, completions + 2 * Int(e.slot) + 1)
        )
    }

    func request(
        _ piece: ExpertLayout.Piece, _ expert: Int, _ target: UnsafeRawPointer,
        _ completion: UnsafeMutablePointer<FileReader.Completion>
    ) -> FileReader.Request {
        FileReader.Request(
            shard: piece.shard, offset: piece.offset + expert * piece.stride, count: piece.count,
            target: UnsafeMutableRawPointer(mutating: target), completion: completion)
    }

    func isIdle(_ completion: Int) -> Bool {
        completions[completion].pending.load(ordering: .sequentiallyConsistent) == 0
    }

    func hasFailed(_ completion: Int) -> Bool {
        completions[completion].failure.load(ordering: .relaxed) != 0
    }

    /// Where the n-th of the announced experts is.
    @inline(__always)
    func place(of index: Int) -> ExpertPlace { entries[Int(positions[index])].place }

    /// Waits for an entry's gate and up, or for its down.
    ///
    /// - Returns: false when they could not be read; the op's results are worth nothing then.
    @inline(__always)
    func wait(_ entry: Int, last: Bool, operation: Int) -> Bool {
        let slot = Int(entries[entry].slot)
        let completion = 2 * slot + (last ? 1 : 0)
        if !isReady(entry, slot, completion) { sleep(entry, slot, completion) }
        if !hasFailed(completion) { return true }
        fail(entry, completion, operation)
        return false
    }

    @inline(__always)
    private func isReady(_ entry: Int, _ slot: Int, _ completion: Int) -> Bool {
        if entries[entry].passing >= 0, turns[slot - slotCount].value.load(ordering: .acquiring) != entry {
            return false
        }
        return completions[completion].pending.load(ordering: .sequentiallyConsistent) == 0
    }

    @inline(never)
    private func sleep(_ entry: Int, _ slot: Int, _ completion: Int) {
        let start = ContinuousClock.now
        reader.wait { isReady(entry, slot, completion) }
        let (seconds, atto) = start.duration(to: ContinuousClock.now).components
        stallNanoseconds.wrappingAdd(
            Int(seconds) * 1_000_000_000 + Int(atto / 1_000_000_000), ordering: .relaxed)
    }

    @inline(never)
    private func fail(_ entry: Int, _ completion: Int, _ operation: Int) {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        failedOperation.store(operation, ordering: .relaxed)
        let facts = layout.layers[layer]
        if entries[entry].passing < 0 {
            residency.forget(facts.first + Int(entries[entry].expert))
        }
        if error == nil {
            error = reader.error(
                completions[completion].failure.load(ordering: .relaxed), shard: facts.gate.shard)
        }
    }

    /// An entry is used up: the next one that passes through its slot can be read, or else one of the
    /// next layer.
    func release(_ entry: Int) {
        let passing = Int(entries[entry].passing)
        guard passing >= 0 else { return }
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        guard passing + transientCount < passingCount else {
            readAhead(lane: Int(entries[entry].slot) - slotCount)
            return
        }
        let next = Int(passingEntries[passing + transientCount])
        requests.removeAll(keepingCapacity: true)
        prepare(next)
        requestFirst(next)
        requestLast(next)
        reader.submit(requests)
    }
}
