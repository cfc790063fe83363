import Compute
import Experts
import GGUF
import Models

/// A model's program with its weights where the plan puts them.
struct Placement {
    let loaded: LoadedModel
    let executor: Executor
    let plan: MemoryPlan
    let scheduler: ExpertScheduler?
    /// Counted routings of earlier runs; nil: none.
    let earlier: ExpertCounts?
    let notes: [String]

    /// Positions that a plan leaves room for, and a streamed model's sessions hold, where the user
    /// does not say how many.
    static let defaultPositions = 4096

    /// - Parameter progress: called with 0...1 as weights are read.
    init(_ file: GGUFFile, _ options: ModelOptions, progress: ((Double) -> Void)?) throws {
        var mapped = try Registry.load(file, expertsUsed: options.expertsUsed)
        var executorOptions = options.executor(trainedContext: mapped.contextLength)
        var notes: [String] = []
        earlier = Placement.earlierCounts(file, mapped.program, options, &notes)
        plan = try Placement.plan(mapped, options, executorOptions, earlier)
        executorOptions.cacheLimit = options.cacheLimit ?? plan.cacheLimit
        executorOptions.cacheHoldsOne = options.cacheLimit == nil
        guard plan.mode == .streamed else {
            scheduler = nil
            executor = try Executor(mapped.program, options: executorOptions)
            loaded = mapped
            if plan.mode == .resident, options.prefault {
                if let nodes = Placement.nodes(executorOptions, &notes) {
                    nodes.interleaving { prefault(file, progress: progress) }
                } else {
                    prefault(file, progress: progress)
                }
            }
            self.notes = notes
            return
        }
        if options.contextLength == nil, executorOptions.contextLength > Placement.defaultPositions {
            executorOptions.contextLength = Placement.defaultPositions
            notes.append(
                "the experts are streamed, so the context holds \(executorOptions.contextLength) tokens; -c sets another size, which takes memory from the experts"
            )
        }
        let reader = try FileReader(file, method: options.readMethod.compute)
        let nodes = Placement.nodes(executorOptions, &notes)
        // First, so that the pool's memory is committed while weights are read.
        let scheduler = try ExpertScheduler(
            mapped.program, reader: reader, poolBytes: plan.poolBytes, nodes: nodes)
        let memory = try WeightMemory(reader, nodes: nodes, progress: progress)
        mapped = try Registry.load(file, memory: memory, expertsUsed: options.expertsUsed)
        memory.dropMapping()
        executor = try Executor(mapped.program, options: executorOptions, store: scheduler.store)
        self.scheduler = scheduler
        loaded = mapped
        self.notes = notes
    }

    /// How weights are shared out over the machine's nodes; nil: threads run on one only.
    private static func nodes(_ options: ExecutorOptions, _ notes: inout [String]) -> NodePlacement? {
        let topology = options.topology ?? .detect()
        guard let nodes = NodePlacement(topology, threads: options.threads ?? topology.threadCount) else {
            return nil
        }
        notes.append("weights and threads are shared out over \(nodes.count) memory nodes")
        return nodes
    }

    /// - Parameter rates: what the machine can do, if that is known.
    static func plan(
        _ loaded: LoadedModel, _ options: ModelOptions, _ executor: ExecutorOptions,
        _ earlier: ExpertCounts?, rates: MachineRates? = nil
    ) throws -> MemoryPlan {
        var positions = options.contextLength ?? min(loaded.contextLength, defaultPositions)
        let footprint = try ModelFootprint(loaded.program, options: executor)
        if let limit = options.cacheLimit, footprint.cacheBytesPerToken > 0 {
            positions = max(positions, limit / footprint.cacheBytesPerToken)
        }
        var budget: MemoryBudget
        var request = options.loadMode
        switch options.expertMemory {
        case .auto: budget = .detect()
        case .bytes(let bytes): budget = MemoryBudget(bytes: bytes)
        case .all:
            budget = .detect()
            if request == .auto { request = .resident }
        }
        if let draft = options.draft { budget.bytes = max(0, budget.bytes - (try draft.byteCount())) }
        return try MemoryPlan.make(
            footprint, budget: budget, request: request, positions: positions, rates: rates,
            popularity: earlier?.counts)
    }

    static func earlierCounts(
        _ file: GGUFFile, _ program: Program, _ options: ModelOptions, _ notes: inout [String]
    ) -> ExpertCounts? {
        guard options.keepsExpertCounts, program.expertLayerCount > 0, let path = ExpertCounts.path(for: file)
        else { return nil }
        switch ExpertCounts.read(path, shape: program.expertCounts) {
        case .none: return nil
        case .counts(let counts): return counts
        case .damaged:
            notes.append("\(path) is damaged and not used; it will be written again")
            return nil
        }
    }
}

extension MemoryPlan {
    /// Bytes that keys and values of all sessions may take: what the plan leaves of the budget.
    var cacheLimit: Int {
        mode == .streamed ? cacheBytes : max(1 << 28, cacheBytes, budget.bytes - (totalBytes - cacheBytes))
    }
}

extension ModelOptions {
    /// As an executor takes them.
    func executor(trainedContext: Int) -> ExecutorOptions {
        ExecutorOptions(
            threads: threads, contextLength: contextLength ?? trainedContext, batchLength: batchLength,
            keyType: keyCacheType.compute, valueType: valueCacheType.compute)
    }
}
