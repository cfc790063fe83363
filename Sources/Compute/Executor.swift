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

    public init(
        threads: Int? = nil, contextLength: Int, batchLength: Int = 512, keyType: CacheType = .f16,
        valueType: CacheType = .f16
    ) {
        self.threads = threads
        self.contextLength = contextLength
        self.batchLength = batchLength
        self.keyType = keyType
        self.valueType = valueType
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
    /// Sees the inputs of every product while it is set.
    public var inputCollector: InputCollector? {
        didSet { run.collector = inputCollector.map { Unmanaged.passUnretained($0) } }
    }

    /// - Throws: `ComputeError` when memory is refused or cache types do not fit the model.
    public init(_ program: Program, options: ExecutorOptions) throws(ComputeError) {
        guard options.contextLength > 0, options.batchLength > 0, options.threads ?? 1 > 0 else {
            throw ComputeError.invalidConfiguration(
                "context (\(options.contextLength)), batch (\(options.batchLength)) and threads must be positive"
            )
        }
        self.program = program
        self.options = options
        layout = try CacheLayout(
            specs: program.caches, states: program.states, contextLength: options.contextLength,
            batchLength: options.batchLength,
            keyType: options.keyType, valueType: options.valueType)

        costModel = CostModel(program, layout)
        let topology = Topology.detect()
        threadCount = min(options.threads ?? topology.threadCount, 1024)
        pool = ThreadPool(
            count: threadCount, cores: threadCount <= topology.cores.count ? topology.cores : [])

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
        memory = try Arena(byteCount: sections.byteCount)
        run = sections.bind(memory, program, shape, tables, layout)

        plans = .allocate(capacity: max(1, planKeys.count))
        plans.initialize(repeating: AttentionPlan(blocks: sections.noBlocks), count: max(1, planKeys.count))
        run.plans = plans
        run.blas = blas
        run.threads = threadCount
        partials = .allocate(capacity: 1)
        run.partials = partials
        run.valueType = options.valueType.kernelType
        expertStride = shape.expertCount
        let counters = max(1, program.expertLayerCount * shape.expertCount)
        popularity = .allocate(capacity: counters)
        popularity.initialize(repeating: 0, count: counters)
        run.expert.popularity = popularity
        run.expert.popularityStride = shape.expertCount
    }

    deinit {
        plans.deallocate()
        partials.deallocate()
        popularity.deallocate()
    }

    /// Bytes of working memory besides weights and caches (reserved; touched as batches need it).
    public var scratchBytes: Int { memory.byteCount }
    /// Bytes that one more token of context takes in each sequence's cache.
    public var cacheBytesPerToken: Int { layout.bytesPerToken }
    /// Bytes of recurrent state in each sequence's cache, whatever its length.
    public var stateBytesPerSequence: Int { layout.stateRange.count }

    /// Memory for a new sequence.
    public func makeSequence() throws(ComputeError) -> SequenceCache {
        try SequenceCache(layout: layout, layoutID: ObjectIdentifier(self).hashValue)
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
    /// - Throws: `ComputeError.invalidBatch` or `.contextFull`; nothing was run then.
    public func run(
        _ batch: Batch, dump: ((String, Int, UnsafeBufferPointer<Float>) -> Void)? = nil
    ) throws(ComputeError) {
        try fill(batch)
        if run.rows == 0 { return }
        for piece in batch.pieces where !piece.tokens.isEmpty {
            piece.sequence.statePosition = piece.position + piece.tokens.count
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
    }

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

    /// Recurrent layers know a sequence only as it is after its last token.
    private func checkState(_ piece: Batch.Piece) throws(ComputeError) {
        if layout.states.isEmpty || piece.tokens.isEmpty { return }
        let sequence = piece.sequence
        guard piece.position == 0 || piece.position == sequence.statePosition else {
            throw ComputeError.invalidBatch(
                "position \(piece.position) does not follow a sequence of \(sequence.statePosition) tokens, whose recurrent layers cannot go back; start at 0 or restore a snapshot"
            )
        }
        guard sequence.lastBatch != batchNumber else {
            throw ComputeError.invalidBatch(
                "a sequence stands twice in the batch of a model with recurrent layers")
        }
        sequence.lastBatch = batchNumber
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
            try checkState(piece)
            for token in piece.tokens where token < 0 || Int(token) >= program.vocabularySize {
                throw ComputeError.invalidBatch(
                    "token \(token) is outside the vocabulary of \(program.vocabularySize)")
            }
        }
        var row = 0
        var outputs = 0
        run.segmentCount = 0
        for index in planners.indices { planners[index].clear() }
        for (number, piece) in batch.pieces.enumerated() {
            run.sequences[number] = piece.sequence.base
            if !piece.tokens.isEmpty {
                run.segments[run.segmentCount] = Segment(row: row, count: piece.tokens.count)
                run.segmentCount += 1
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
