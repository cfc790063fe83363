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
/// for what is not there yet. Experts that are not to stay pass through a few transient slots and
/// through free ones of the pool, each read as soon as another is used up.
@safe
package final class ExpertStore: @unchecked Sendable {
    package let layout: ExpertLayout
    package let reader: FileReader
    let residency: any ExpertResidency
    let memory: Arena
    private let committer: MemoryCommitter
    /// Where there are several nodes, slots go round them.
    let nodes: NodePlacement?
    /// Units handed out of entries in memory and of the others, by node.
    let nodeUnits: UnsafeMutablePointer<Line>
    private let transientCount: Int
    /// First slot of each class, slots of all classes and then the transient ones; their offsets.
    let slotOffsets: UnsafeMutablePointer<Int>
    private let slotSizes: [Int]
    let slotCount: Int
    /// Two for each slot: gate and up, and down.
    let completions: UnsafeMutablePointer<FileReader.Completion>
    var mutex = pthread_mutex_t()
    var requests: [FileReader.Request] = []
    /// What is read before the router has chosen, and the transient slots that are free; used with the
    /// mutex held.
    var ahead: ReadsAhead
    var lanes: [Int]
    /// Whether more could be read, if a read ended; and that one has.
    let isHungry = Atomic<Bool>(false)
    let mustGoOn = Atomic<Bool>(false)
    /// Whether there has been a batch.
    var hasBegun = false
    /// Reads that keep the disk busy, about 20 MB. What nobody has asked for yet waits while there
    /// are so many.
    static let busyReads = 24
    /// Experts in memory that a prompt begins with, while the first reads come.
    static let startingEntries = 8
    /// Announced experts that are spread among the others.
    var spread: [Int32] = []

    /// The experts of the layer that runs, in the order in which they are taken.
    struct Entry: BitwiseCopyable {
        /// In the layer.
        var expert: Int32
        /// Which of the announced experts it is.
        var index: Int32
        /// -1: none yet, which `hasSlot` tells.
        var slot: Int32
        /// It gives its slot to another when it is used up.
        var isPassing: Bool
        var isRequested: Bool
        var place: ExpertPlace
    }

    struct Line: ~Copyable { let value = Atomic<Int>(0) }

    let entries: UnsafeMutablePointer<Entry>
    /// Of each entry: whether it has a slot (0 or 1), units of gate and up that are done, rows quantized
    /// (0 or 1), units of down.
    let hasSlot: UnsafeMutablePointer<Line>
    let firstDone: UnsafeMutablePointer<Line>
    let middleDone: UnsafeMutablePointer<Line>
    let lastDone: UnsafeMutablePointer<Line>
    var count = 0
    /// Entries from here on were not in memory when the layer began.
    var hitCount = 0
    /// Entries before this one are in memory or asked for.
    var nextEntry = 0
    var layer = 0

    /// The op at which this run failed; later ops do not run.
    let failedOperation = Atomic<Int>(.max)
    var error: ComputeError?

    var hits = 0
    var misses = 0
    var foreseen = 0
    let stallNanoseconds = Atomic<Int>(0)
    var threads = 1

    /// Of each announced expert, its entry.
    let positions: UnsafeMutablePointer<Int32>
    let numbers: UnsafeMutablePointer<Int32>
    let slots: UnsafeMutablePointer<Int32>
    let fresh: UnsafeMutablePointer<Bool>
    /// The slots where announced experts are already, because they were read ahead; -1: nowhere.
    let lent: UnsafeMutablePointer<Int32>

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
        slotCount = classSlots.reduce(0, +)
        let all = slotCount + transient
        ahead = ReadsAhead(slots: all, experts: layout.largestLayer)
        lanes = Array((slotCount..<all).reversed())
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
        nodeUnits = lines(2 * nodeCount)
        hasSlot = lines(most)
        firstDone = lines(most)
        middleDone = lines(most)
        lastDone = lines(most)
        entries = .allocate(capacity: most)
        positions = .allocate(capacity: most)
        numbers = .allocate(capacity: most)
        slots = .allocate(capacity: most)
        fresh = .allocate(capacity: most)
        lent = .allocate(capacity: most)
        requests.reserveCapacity(3 * most + ExpertStore.busyReads)
        spread.reserveCapacity(most)
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
        for lines in [hasSlot, firstDone, middleDone, lastDone, nodeUnits] { lines.deallocate() }
        slotOffsets.deallocate()
        entries.deallocate()
        positions.deallocate()
        numbers.deallocate()
        slots.deallocate()
        fresh.deallocate()
        lent.deallocate()
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
        lock()
        defer { unlock() }
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
    /// - Parameter isPrompt: what has been read ahead for a first layer is of use.
    /// - Throws: `ComputeError.unreadable` when the files have changed.
    func beginBatch(tokens: Int, isPrompt: Bool) throws(ComputeError) {
        try reader.checkUnchanged()
        failedOperation.store(.max, ordering: .relaxed)
        lock()
        defer { unlock() }
        residency.advance(tokens: tokens)
        hasBegun = true
        nextEntry = count
        if !isPrompt || ahead.layer > 0 { dropAhead() }
    }

    /// A batch is over.
    ///
    /// - Throws: what kept it from its experts.
    func endBatch() throws(ComputeError) {
        reader.whenOneEnds(nil)
        mustGoOn.store(false, ordering: .relaxed)
        guard let error else { return }
        self.error = nil
        lock()
        defer { unlock() }
        for entry in 0..<count where entries[entry].slot >= 0 {
            // Reads that nobody has waited for still write to their slots.
            let slot = Int(entries[entry].slot)
            reader.wait { isIdle(slot: slot) }
            if !entries[entry].isPassing, hasFailed(slot: slot) {
                residency.forget(layout.layers[layer].first + Int(entries[entry].expert))
            }
        }
        throw error
    }
}
