/// What a program takes of memory with given options, for memory plans.
public struct ProgramSizes: Sendable, Equatable {
    /// Bytes of weights besides routed experts and `rowTable`; a matrix with two uses counts once.
    public var dense = 0
    /// Bytes of the embedding table, where it is not the output matrix too.
    public var rowTable = 0
    /// Per expert layer: experts, experts used per token, bytes of one (gate, up and down).
    public var experts: [(count: Int, used: Int, bytes: Int)] = []
    public var cachePerToken = 0
    public var statePerSequence = 0
    /// Working memory, with logits for a few tokens of a batch.
    public var scratch = 0
    /// int8 operations (two per multiply-accumulate) that one token takes.
    public var int8Operations = 0.0
    /// Of these, the output matrix's, which a prompt takes for its last token only.
    public var outputOperations = 0.0

    /// What one generated token multiplies with, and what one prompt token takes, by weight type (as GGUF
    /// numbers them).
    public var work: [Int32: Work] = [:]

    /// The products with weights of one type.
    public struct Work: Sendable, Equatable {
        /// Bytes of weights that a generated token reads.
        public var bytes = 0.0
        /// Rows of weights that it multiplies with.
        public var rows = 0.0
        /// Operations (two per multiply-accumulate) of a token, without the output matrix.
        public var operations = 0.0
        /// Those of the output matrix.
        public var outputOperations = 0.0
    }

    public static func == (a: ProgramSizes, b: ProgramSizes) -> Bool {
        a.dense == b.dense && a.rowTable == b.rowTable && a.cachePerToken == b.cachePerToken
            && a.statePerSequence == b.statePerSequence && a.scratch == b.scratch
            && a.int8Operations == b.int8Operations && a.outputOperations == b.outputOperations
            && a.work == b.work && a.experts.elementsEqual(b.experts, by: ==)
    }

    /// - Throws: `ComputeError` when cache types do not fit the model.
    public init(_ program: Program, options: ExecutorOptions) throws(ComputeError) {
        let layout = try CacheLayout(
            specs: program.caches, states: program.states, contextLength: options.contextLength,
            keyType: options.keyType, valueType: options.valueType)
        cachePerToken = layout.bytesPerToken
        // Sliding windows fill early, whatever a text's length.
        statePerSequence = layout.stateBytes + layout.windowBytes
        let threads = options.threads ?? (options.topology ?? .detect()).threadCount
        let sections = ExecutorSections(
            ProgramShape(program), program, rows: options.batchLength, threads: threads,
            contextLength: options.contextLength, blasPanel: false)
        // Logits of rows that nobody asks for are never touched.
        let untouched = max(0, options.batchLength - 16) * program.vocabularySize * 4
        scratch = max(0, sections.byteCount - untouched)

        var tables: [UInt: Int] = [:]
        var weights: [UInt: Int] = [:]
        func add(_ weight: Weight, isOutput: Bool = false) {
            let key = UInt(bitPattern: weight.base)
            weights[key] = max(weights[key] ?? 0, weight.byteCount)
            let operations = 2 * Double(weight.matrices) * Double(weight.rows) * Double(weight.columns)
            if weight.quantized {
                int8Operations += operations
                if isOutput { outputOperations += operations }
            }
            work[weight.type, default: Work()].bytes += Double(weight.byteCount)
            work[weight.type, default: Work()].rows += Double(weight.matrices * weight.rows)
            if isOutput {
                work[weight.type, default: Work()].outputOperations += operations
            } else {
                work[weight.type, default: Work()].operations += operations
            }
        }
        for index in 0..<program.operationCount {
            switch program.operations[index] {
            case .embed(let o): tables[UInt(bitPattern: o.table.base)] = o.table.byteCount
            case .predictionInput(let o): tables[UInt(bitPattern: o.table.base)] = o.table.byteCount
            case .project(let o): for product in 0..<o.count { add(o.products[product].weight) }
            case .feedForward(let o):
                add(o.pair.gate)
                if o.factors == nil { add(o.pair.up) }
                add(o.down)
            case .experts(let o):
                add(o.router)
                if let shared = o.shared {
                    add(shared.pair.gate)
                    add(shared.pair.up)
                    add(shared.down)
                    if let scale = shared.scale { add(scale) }
                }
                let routed = [o.pair.gate, o.pair.up, o.down]
                experts.append((o.count, o.used, routed.reduce(0) { $0 + $1.rowBytes * $1.rows }))
                for weight in routed {
                    let operations = 2 * Double(o.used) * Double(weight.rows) * Double(weight.columns)
                    if weight.quantized { int8Operations += operations }
                    work[weight.type, default: Work()].operations += operations
                    work[weight.type, default: Work()].bytes += Double(o.used * weight.rowBytes * weight.rows)
                    work[weight.type, default: Work()].rows += Double(o.used * weight.rows)
                }
            case .latent(let o):
                add(o.keys)
                add(o.values)
            case .head(let o): add(o.weight, isOutput: true)
            case .attention, .deltaNet, .selectKeys, .add: break
            }
        }
        dense = weights.values.reduce(0, +)
        rowTable = tables.filter { weights[$0.key] == nil }.values.reduce(0, +)
    }
}
