/// What running batches costs at the least: the bytes that must come from memory and the int8
/// operations that the quantized products take. Counted per batch, from shapes.
public struct ProgramCost: Sendable, Equatable {
    /// Weights (each once a batch; only chosen experts), and keys and values that are looked at.
    public var bytes = 0.0
    /// Two per multiply-accumulate with int8 activations.
    public var int8Operations = 0.0

    public init() {}

    public static func - (a: ProgramCost, b: ProgramCost) -> ProgramCost {
        var result = a
        result.bytes -= b.bytes
        result.int8Operations -= b.int8Operations
        return result
    }
}

/// The cost of a program's parts, prepared once so that counting a batch is cheap.
struct CostModel {
    /// Dense weights of every op but the head.
    private var denseBytes = 0.0
    private var denseOperations = 0.0
    private var headBytes = 0.0
    private var headOperations = 0.0
    private var embeddingRowBytes = 0.0
    /// Recurrent state of a sequence, which is read and written.
    private var stateBytes = 0.0
    /// Per expert layer: bytes of one expert, and operations per chosen expert and token.
    private var experts: [(count: Int, used: Int, bytes: Double, operations: Double)] = []
    /// Per attention op: bytes of one position's keys and values, and how far it looks back.
    private var caches: [(bytes: Double, reach: Int)] = []

    init(_ program: Program, _ layout: CacheLayout) {
        func operations(_ weight: Weight) -> Double {
            weight.quantized ? 2 * Double(weight.rows) * Double(weight.columns) : 0
        }
        for index in 0..<program.operationCount {
            switch program.operations[index] {
            case .embed(let o): embeddingRowBytes += Double(o.table.rowBytes)
            case .predictionInput(let o): embeddingRowBytes += Double(o.table.rowBytes)
            case .project(let o):
                for product in 0..<o.count {
                    denseBytes += Double(o.products[product].weight.byteCount)
                    denseOperations += operations(o.products[product].weight)
                }
            case .feedForward(let o):
                let up = o.factors == nil ? [o.pair.up] : []
                for weight in [o.pair.gate, o.down] + up {
                    denseBytes += Double(weight.rowBytes * weight.rows)
                    denseOperations += operations(weight)
                }
            case .experts(let o):
                denseBytes += Double(o.router.byteCount)
                denseOperations += operations(o.router)
                if let shared = o.shared {
                    for weight in [shared.pair.gate, shared.pair.up, shared.down] {
                        denseBytes += Double(weight.rowBytes * weight.rows)
                        denseOperations += operations(weight)
                    }
                }
                let weights = [o.pair.gate, o.pair.up, o.down]
                experts.append(
                    (
                        o.count, o.used, weights.reduce(0) { $0 + Double($1.rowBytes * $1.rows) },
                        weights.reduce(0) { $0 + operations($1) }
                    ))
            case .attention(let o):
                let layer = layout.layers[o.cache]
                caches.append(
                    (
                        Double(layer.bytesPerPosition),
                        program.caches[o.cache].reach ?? .max
                    ))
            case .latent(let o):
                addHeads(o.keys)
                addHeads(o.values)
                caches.append(
                    (
                        Double(layout.layers[o.attention.cache].bytesPerPosition),
                        o.attention.selection?.count ?? .max
                    ))
            case .deltaNet(let o): stateBytes += Double(layout.states[o.state].byteCount)
            case .selectKeys(let o):
                caches.append((Double(layout.layers[o.cache].bytesPerPosition), .max))
            case .head(let o):
                headBytes += Double(o.weight.byteCount)
                headOperations += operations(o.weight)
            case .add: break
            }
        }
    }

    private mutating func addHeads(_ weight: Weight) {
        denseBytes += Double(weight.byteCount)
        if weight.quantized {
            denseOperations += 2 * Double(weight.matrices) * Double(weight.rows) * Double(weight.columns)
        }
    }

    /// What a batch costs at the least.
    func cost(of batch: Batch) -> ProgramCost {
        var cost = ProgramCost()
        let rows = batch.tokenCount
        let outputs = batch.outputCount
        cost.bytes = denseBytes + embeddingRowBytes * Double(rows) + (outputs > 0 ? headBytes : 0)
        cost.int8Operations = denseOperations * Double(rows) + headOperations * Double(outputs)
        for layer in experts {
            // Which experts a batch shares is the router's choice; as if it were even.
            let missed = 1 - Double(layer.used) / Double(layer.count)
            var untouched = 1.0
            for _ in 0..<min(rows, 4096) { untouched *= missed }
            cost.bytes += layer.bytes * Double(layer.count) * (1 - untouched)
            cost.int8Operations += layer.operations * Double(layer.used * rows)
        }
        for piece in batch.pieces {
            let end = piece.position + piece.tokens.count
            if !piece.tokens.isEmpty { cost.bytes += 2 * stateBytes }
            for cache in caches {
                cost.bytes +=
                    cache.bytes
                    * Double(min(end, cache.reach == .max ? end : cache.reach + piece.tokens.count))
            }
        }
        return cost
    }
}
