import GGUF
import Glibc
import Kernels

/// What an executor is made for.
public struct ExecutorOptions: Sendable {
    /// Threads; nil: one per physical core that the process may use.
    public var threads: Int?
    /// Positions a sequence can hold.
    public var contextLength: Int
    /// Tokens that go through the model together at most.
    public var batchLength: Int
    public var keyType: CacheType
    public var valueType: CacheType
    /// Bytes of keys and values of all sequences together; nil: no limit.
    public var cacheLimit: Int?
    /// The limit is no lower than what one sequence of the whole context takes.
    public var cacheHoldsOne: Bool
    /// The machine to place threads on; nil: this one.
    package var topology: Topology? = nil
    /// How many rows of latent attention go about it.
    package var latentForm = LatentForm.environment

    public init(
        threads: Int? = nil, contextLength: Int, batchLength: Int = 512, keyType: CacheType = .f16,
        valueType: CacheType = .f16, cacheLimit: Int? = nil,
        cacheHoldsOne: Bool = false
    ) {
        self.threads = threads
        self.contextLength = contextLength
        self.batchLength = batchLength
        self.keyType = keyType
        self.valueType = valueType
        self.cacheLimit = cacheLimit
        self.cacheHoldsOne = cacheHoldsOne
    }
}

/// Runs a program on batches: owns the threads and every buffer between ops.
///
/// Not reentrant: one batch at a time, from one thread at a time.
@safe
public final class Executor: @unchecked Sendable {
    public let program: Program
    public let options: ExecutorOptions
    public let threadCount: Int

    let layout: CacheLayout
    private let cachePool: CachePool
    let pool: ThreadPool
    private let memory: Arena
    private let tables = ProgramMemory()
    private let planKeys: [AttentionPlanKey]
    private var planners: [AttentionPlanner]
    private let plans: UnsafeMutablePointer<AttentionPlan>
    private var partials: UnsafeMutablePointer<Float>
    private var partialCapacity = 0
    private let partialWidth: Int
    private var run: Run
    private let costModel: CostModel
    private var batchNumber = 0
    /// What all batches so far cost at the least.
    public private(set) var cost = ProgramCost()
    private let popularity: UnsafeMutablePointer<Int64>
    private let expertStride: Int
    /// Brings experts into memory, where the model is streamed.
    private let store: ExpertStore?
    private var rowTables: [RowTable] = []
    private var observer: ObserverReference.Box?
    /// Sees the inputs of every product while it is set.
    public var inputCollector: InputCollector? {
        didSet {
            if let weights = program.weights { inputCollector?.learn(weights) }
            run.collector = inputCollector.map { Unmanaged.passUnretained($0) }
        }
    }

    /// - Throws: `ComputeError` when memory is refused or cache types do not fit the model.
    public convenience init(_ program: Program, options: ExecutorOptions) throws(ComputeError) {
        try self.init(program, options: options, store: nil, sharing: nil)
    }

    /// - Parameters:
    ///   - store: of a program whose weights are in a `WeightMemory`.
    ///   - other: an executor whose threads this one uses too. Both must be run from one thread.
    package init(
        _ program: Program, options: ExecutorOptions, store: ExpertStore?, sharing other: Executor? = nil
    ) throws(ComputeError) {
        guard options.contextLength > 0, options.batchLength > 0, options.threads ?? 1 > 0 else {
            throw ComputeError.invalidConfiguration(
                "context (\(options.contextLength)), batch (\(options.batchLength)) and threads must be positive"
            )
        }
        self.program = program
        self.options = options
        layout = try CacheLayout(
            specs: program.caches, states: program.states, contextLength: options.contextLength,
            keyType: options.keyType, valueType: options.valueType)
        let whole = options.cacheHoldsOne ? layout.blockBytes(tokens: options.contextLength) : 0
        cachePool = CachePool(layout, limit: max(options.cacheLimit ?? .max, whole))

        costModel = CostModel(program, layout)
        if let other {
            threadCount = other.threadCount
            pool = other.pool
        } else {
            let topology = options.topology ?? .detect()
            threadCount = min(options.threads ?? topology.threadCount, 1024)
            pool = ThreadPool(count: threadCount, cores: topology.cores(threads: threadCount))
        }

        let shape = ProgramShape(program)
        planKeys = shape.planKeys
        planners = planKeys.map { _ in AttentionPlanner() }
        partialWidth = shape.partialWidth
        // Where the CPU has no level with float kernels of ours, a BLAS with its own is faster.
        let blas = BLAS.load(
            wanted: getenv("SWINFER_CPU") == nil
                && String(cString: sw_kernels_active().pointee.name) == "scalar")
        let sections = ExecutorSections(
            shape, program, rows: options.batchLength, threads: threadCount,
            contextLength: options.contextLength, blasPanel: blas != nil)
        memory = try Arena(byteCount: sections.byteCount, hugePages: true)
        run = sections.bind(memory, program, shape, tables, layout)

        plans = .allocate(capacity: max(1, planKeys.count))
        plans.initialize(repeating: AttentionPlan(blocks: sections.noBlocks), count: max(1, planKeys.count))
        run.plans = plans
        run.blas = blas
        run.threads = threadCount
        partials = .allocate(capacity: 1)
        run.partials = partials
        run.valueType = options.valueType.kernelType
        run.latentForm = options.latentForm
        expertStride = shape.expertCount
        let counters = max(1, program.expertLayerCount * shape.expertCount)
        popularity = .allocate(capacity: counters)
        popularity.initialize(repeating: 0, count: counters)
        run.expert.popularity = popularity
        run.expert.popularityStride = shape.expertCount
        self.store = store
        if let store {
            store.threads = threadCount
            run.store = StoreReference(store)
            rowTables = try program.streamedTables.map { table throws(ComputeError) in
                try RowTable(table, reader: store.reader, batchLength: options.batchLength)
            }
            run.rowTables = tables.store(rowTables.map(\.rows))
            run.rowTableCount = rowTables.count
        }
    }

    deinit {
        plans.deallocate()
        partials.deallocate()
        popularity.deallocate()
    }

    /// The CPU of each thread; empty: they are not pinned.
    package var threadCores: [Int] { pool.cores }
    /// Bytes of working memory besides weights and caches (reserved; touched as batches need it).
    public var scratchBytes: Int { memory.byteCount }
    /// Bytes that one more token of context takes in each sequence's cache.
    public var cacheBytesPerToken: Int { layout.bytesPerToken }
    /// Bytes of recurrent state in each sequence's cache, whatever its length.
    public var stateBytesPerSequence: Int { layout.stateBytes }
    /// Bytes of the windows in each sequence's cache, whatever its length beyond them.
    public var windowBytesPerSequence: Int { layout.windowBytes }
    /// Bytes of all sequences' keys and values, counted in whole blocks.
    public var cacheBytesInUse: Int { cachePool.usedBytes }
    /// Bytes that these may take.
    public var cacheLimit: Int { cachePool.limit }
    /// Bytes that the blocks of one sequence with so many tokens take.
    public func cacheBytes(tokens: Int) -> Int { layout.blockBytes(tokens: tokens) }
    /// Rows of a batch that each get the same bits as alone.
    public var exactRows: Int { Run.fewColumns }
    /// Whether a sequence without snapshots can go back to any of its positions.
    public var keepsEverything: Bool { layout.states.isEmpty && layout.groups.allSatisfy { $0.reach == nil } }

    /// What a sequence's memory looks like, in words: equal words mean that one's bytes can be the
    /// other's.
    public var cacheSettings: String {
        var text = "keys \(options.keyType.rawValue), values \(options.valueType.rawValue)"
        let windows = layout.groups.compactMap(\.reach).map(String.init)
        if !windows.isEmpty { text += ", windows of \(windows.joined(separator: " and "))" }
        let long = program.ropes.contains {
            $0.frequencies(contextLength: options.contextLength) != $0.frequencies
        }
        return long ? text + ", long rope" : text
    }

    /// Memory for a new sequence.
    public func makeSequence() throws(ComputeError) -> SequenceCache {
        try SequenceCache(pool: cachePool, layoutID: ObjectIdentifier(self).hashValue)
    }

    /// How often each expert was chosen since the executor was made: [expert layer][expert].
    public func expertPopularity() -> [[Int64]] {
        (0..<program.expertLayerCount).map { layer in
            let start = popularity + layer * expertStride
            return (0..<program.expertLayers[layer].count).map { start[$0] }
        }
    }

    /// Runs one batch. Afterwards `logits(output:)` holds the wanted rows, in batch order.
    ///
    /// - Parameter dump: called with (name, row width, values) for every named intermediate,
    ///   in program order; slow, for comparison with other engines.
    /// - Throws: `ComputeError.invalidBatch`, `.contextFull` or `.cacheFull`; nothing was run then.
    ///   `.unreadable` where a streamed model's file fails: the batch counts for nothing.
    public func run(
        _ batch: Batch, dump: ((String, Int, UnsafeBufferPointer<Float>) -> Void)? = nil
    ) throws(ComputeError) {
        try fill(batch)
        if run.rows == 0 { return }
        if let store {
            try store.beginBatch(tokens: run.rows, isPrompt: !run.generating)
            for table in rowTables { try table.read(run.tokens, count: run.rows) }
            if !run.generating { store.beginPrompt(tokens: run.rows) }
        }
        let batchCost = costModel.cost(of: batch)
        cost.bytes += batchCost.bytes
        cost.int8Operations += batchCost.int8Operations
        if let dump {
            withoutActuallyEscaping(dump) { body in
                var hook = DumpHook(names: program.names, body: body)
                withUnsafePointer(to: &hook) { pointer in
                    run.dump = pointer
                    start()
                    run.dump = nil
                }
            }
        } else {
            start()
        }
        do { try store?.endBatch() } catch {
            for piece in batch.pieces { piece.sequence.abandon(from: piece.position) }
            throw error
        }
        for piece in batch.pieces {
            piece.sequence.commit(piece.position..<piece.position + piece.tokens.count)
        }
    }

    /// Tells an observer of every routing from now on; nil: nobody.
    package func observeRouting(_ observer: (any RoutingObserver)?) {
        self.observer = observer.map(ObserverReference.Box.init)
        run.observer = self.observer.map(ObserverReference.init)
    }

    /// What streaming has cost so far; nil where everything is in memory.
    package var streamingCosts: StreamingCosts? { store?.costs }

    private func start() {
        withUnsafePointer(to: &run) { pointer in
            pool.run(UnsafeRawPointer(pointer)) { argument, worker in
                argument.assumingMemoryBound(to: Run.self).pointee.execute(&worker)
            }
        }
    }

    /// The logits of the n-th wanted row of the last batch; valid until the next `run`.
    public func logits(output: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(output >= 0 && output < run.outputCount)
        return UnsafeMutableBufferPointer(
            start: run.logits + output * program.vocabularySize, count: program.vocabularySize)
    }

    /// The hidden state of a row of the last batch, wanted logits or not, as the output matrix takes
    /// it: after the final norm. Valid until the next `run`.
    ///
    /// - Parameters:
    ///   - row: which token of the batch.
    ///   - target: takes `program.hiddenWidth` floats.
    public func hiddenState(row: Int, into target: UnsafeMutableBufferPointer<Float>) {
        guard let source = program.head?.source, let target = target.baseAddress else { return }
        precondition(row >= 0 && row < run.rows)
        let values = run.buffer(source.buffer) + row * source.width
        guard let norm = source.norm else {
            target.update(from: values, count: source.width)
            return
        }
        for first in stride(from: 0, to: source.width, by: source.segment) {
            run.kernels.pointee.rms_norm(values + first, norm, source.epsilon, target + first, source.segment)
        }
    }

    /// A piece goes on where the sequence ends, or where it can go back to.
    private func checkPosition(_ piece: Batch.Piece) throws(ComputeError) {
        if piece.tokens.isEmpty { return }
        let sequence = piece.sequence
        let again = sequence.lastBatch == batchNumber
        guard !again || layout.states.isEmpty else {
            throw ComputeError.invalidBatch(
                "a sequence stands twice in the batch of a model with recurrent layers")
        }
        guard again ? piece.position == sequence.planned : sequence.canGoBack(to: piece.position) else {
            throw ComputeError.invalidBatch(
                "position \(piece.position) does not follow a sequence of \(again ? sequence.planned : sequence.position) tokens\(piece.position < sequence.position ? ", whose recurrent or windowed layers cannot go back; start at 0 or restore a snapshot" : "")"
            )
        }
        sequence.lastBatch = batchNumber
        sequence.planned = piece.position + piece.tokens.count
    }

    /// Checks a batch and writes it where the threads read it.
    private func fill(_ batch: Batch) throws(ComputeError) {
        batchNumber += 1
        let count = batch.tokenCount
        guard count <= options.batchLength else {
            throw ComputeError.invalidBatch(
                "batch of \(count) tokens exceeds the limit of \(options.batchLength)")
        }
        for piece in batch.pieces {
            guard piece.sequence.layoutID == ObjectIdentifier(self).hashValue else {
                throw ComputeError.invalidBatch("a sequence of another executor is in the batch")
            }
            let end = piece.position + piece.tokens.count
            guard piece.position >= 0, end <= options.contextLength else {
                throw ComputeError.contextFull(position: end - 1, contextLength: options.contextLength)
            }
            try checkPosition(piece)
            guard piece.hidden.count == piece.tokens.count * program.inputWidth else {
                throw ComputeError.invalidBatch(
                    "\(piece.hidden.count) numbers of hidden state for \(piece.tokens.count) tokens of \(program.inputWidth)"
                )
            }
            for token in piece.tokens where token < 0 || Int(token) >= program.vocabularySize {
                throw ComputeError.invalidBatch(
                    "token \(token) is outside the vocabulary of \(program.vocabularySize)")
            }
        }
        for piece in batch.pieces {
            try piece.sequence.reserve(piece.position..<piece.position + piece.tokens.count)
        }
        for piece in batch.pieces where !piece.tokens.isEmpty {
            try piece.sequence.reserveKeptStates(
                piece.keepsStates ? piece.tokens.count : 0, from: piece.position)
        }
        var row = 0
        var outputs = 0
        run.segmentCount = 0
        for index in planners.indices { planners[index].clear() }
        for (number, piece) in batch.pieces.enumerated() {
            run.sequences[number] = piece.sequence.table
            if !piece.tokens.isEmpty {
                var segment = Segment(row: row, count: piece.tokens.count)
                if piece.keepsStates, layout.stateBytes > 0 {
                    for index in 0..<piece.tokens.count {
                        run.stateSlots[row + index] = piece.sequence.keptState(index)
                    }
                    segment.states = UnsafePointer(run.stateSlots + row)
                }
                run.segments[run.segmentCount] = segment
                run.segmentCount += 1
                piece.hidden.withUnsafeBufferPointer { rows in
                    if let rows = rows.baseAddress {
                        (run.hiddenRows + row * program.inputWidth).update(
                            from: rows, count: piece.hidden.count)
                    }
                }
            }
            for (planner, key) in planKeys.enumerated() where !piece.tokens.isEmpty {
                planners[planner].add(row: row, count: piece.tokens.count, position: piece.position, key: key)
            }
            for (offset, token) in piece.tokens.enumerated() {
                run.tokens[row] = token
                run.positions[row] = Int32(piece.position + offset)
                run.rowSequence[row] = Int32(number)
                let wanted =
                    switch piece.outputs {
                    case .none: false
                    case .last: offset == piece.tokens.count - 1
                    case .all: true
                    }
                if wanted {
                    run.outputRows[outputs] = Int32(row)
                    outputs += 1
                }
                row += 1
            }
        }
        run.rows = row
        run.outputCount = outputs
        run.generating = run.segmentCount == row
        usePlans()
    }

    /// Points the run at the planners' blocks. Their arrays stay where they are until the next batch.
    private func usePlans() {
        var needed = 0
        for index in planners.indices {
            needed = max(needed, planners[index].partialQueries)
            planners[index].blocks.withUnsafeBufferPointer { blocks in
                guard let start = blocks.baseAddress else { return }
                plans[index] = AttentionPlan(
                    blocks: start, count: blocks.count, splitBlocks: planners[index].splitBlocks)
            }
        }
        let floats = needed * partialWidth
        if floats > partialCapacity {
            partials.deallocate()
            partialCapacity = floats * 2
            partials = .allocate(capacity: partialCapacity)
            run.partials = partials
        }
    }
}

extension Executor {
    /// Makes the calling thread the team's first: pins it to that thread's core.
    public func adoptCurrentThread() { pool.adoptCurrentThread() }
}
