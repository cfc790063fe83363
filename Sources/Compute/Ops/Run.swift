import Kernels
import Synchronization

/// Everything that the threads need to run one batch: trivial, and reached by pointer.
struct Run: BitwiseCopyable {
    // The program
    var operations: UnsafePointer<Operation>
    var operationCount = 0
    var kernels: UnsafePointer<sw_kernels>

    /// Threads of the team.
    var threads = 1

    // The batch
    var rows = 0
    var tokens: UnsafeMutablePointer<Int32>
    var positions: UnsafeMutablePointer<Int32>
    /// Which of `sequences` a row belongs to.
    var rowSequence: UnsafeMutablePointer<Int32>
    /// Tables of addresses: see `CacheLayout`.
    var sequences: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutableRawPointer>>
    /// Runs of consecutive rows of one sequence.
    var segments: UnsafeMutablePointer<Segment>
    var segmentCount = 0
    /// Per row, where recurrent states after it go, in pieces that keep them.
    var stateSlots: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// [rows][width] what came with the tokens of a prediction layer.
    var hiddenRows: UnsafeMutablePointer<Float>
    /// Rows whose logits are wanted.
    var outputRows: UnsafeMutablePointer<Int32>
    var outputCount = 0
    var logits: UnsafeMutablePointer<Float>

    // Buffers of the program
    var buffers: UnsafePointer<UnsafeMutablePointer<Float>>
    var widths: UnsafePointer<Int>

    // Shared between threads
    var preparedFloats: UnsafeMutablePointer<Float>
    var preparedBytes: UnsafeMutableRawPointer
    var hidden: UnsafeMutablePointer<Float>
    var hiddenBytes: UnsafeMutableRawPointer
    var expert: ExpertScratch

    // Attention
    var ropes: UnsafePointer<RopeTable>
    var ropeCount = 0
    var cacheLayers: UnsafePointer<CacheLayout.Layer>
    var stateLayers: UnsafePointer<CacheLayout.State>
    /// [SelectionScratch.rowGroup][context] scores of keys
    var keyScores: UnsafeMutablePointer<Float>
    var keyScoreStride = 0
    var valueType: Int32 = 0
    var plans: UnsafeMutablePointer<AttentionPlan>
    var partials: UnsafeMutablePointer<Float>
    var latent: LatentBuffers
    var latentForm = LatentForm.automatic

    // Per thread
    var locals: UnsafePointer<LocalScratch>

    /// Brings experts into memory, where the model is streamed.
    var store: StoreReference?
    /// Hears of every routing; nil in normal runs.
    var observer: ObserverReference?
    /// All of the batch's pieces are single tokens.
    var generating = false
    /// Tables whose rows were read for this batch.
    var rowTables: UnsafePointer<RowTable.Rows>?
    var rowTableCount = 0

    /// Takes products of float weights with many rows, where it is used.
    var blas: BLAS?

    /// Called on thread 0 after an op for each named result; nil in normal runs.
    var dump: UnsafePointer<DumpHook>?
    /// Takes the inputs of products; nil in normal runs.
    var collector: Unmanaged<InputCollector>?

    /// Rows of a weight that one unit of prefill work multiplies.
    static let blockRows = 64
    /// Up to so many columns go through the matrix-vector kernels, which unpack the weights once for
    /// all: a panel would cost more, and a column gives the same bits in company as alone.
    static let fewColumns = 8
    /// Weight bytes that one unit of decode work reads.
    static let chunkBytes = 16384...262144

    @inline(__always)
    func buffer(_ index: Int32) -> UnsafeMutablePointer<Float> { buffers[Int(index)] }
}

/// Memory that one thread has to itself.
struct LocalScratch: BitwiseCopyable {
    /// One prepared row.
    var floats: UnsafeMutablePointer<Float>
    var bytes: UnsafeMutableRawPointer
    /// Rows between gate/up and down, quantized (one token: all its experts).
    var hiddenBytes: UnsafeMutableRawPointer
    /// Rows of one head, quantized.
    var headBytes: UnsafeMutableRawPointer
    /// Results before they are added or activated: 2 x rows x blockRows.
    var results: UnsafeMutablePointer<Float>
    var gemm: UnsafeMutableRawPointer
    /// blockRows rows of weights as float32; nil where no BLAS is used.
    var panel: UnsafeMutablePointer<Float>?
    var attention: AttentionScratch
    var latent: LatentScratch
    /// Laid out as `DeltaScratch`.
    var mixer: UnsafeMutablePointer<Float>
    var selection: SelectionScratch
}

/// Calls `body(name, layer-qualified row width, rows, values)` after each op.
struct DumpHook {
    let names: [String]
    let body: (String, Int, UnsafeBufferPointer<Float>) -> Void
}

extension Run {
    /// Walks the program; every thread of the team runs this.
    func execute(_ worker: inout Worker) {
        if ropeCount > 0 {
            computeRopes(&worker)
            worker.barrier()
        }
        for index in 0..<operationCount {
            switch operations[index] {
            case .embed(let operation): embed(operation, &worker)
            case .predictionInput(let operation): predictionInput(operation, &worker)
            case .project(let operation): project(operation, &worker)
            case .attention(let operation): attention(operation, &worker)
            case .latent(let operation): latentAttention(operation, &worker)
            case .deltaNet(let operation): deltaNet(operation, &worker)
            case .selectKeys(let operation): selectKeys(operation, &worker)
            case .feedForward(let operation): feedForward(operation, &worker)
            case .experts(let operation): experts(operation, at: index, &worker)
            case .add(let operation): add(operation, &worker)
            case .head(let operation): head(operation, &worker)
            }
            worker.barrier()
            // All threads see the same: a later op's failure does not count here.
            if let store, store.store.failedOperation.load(ordering: .relaxed) <= index { return }
            if dump != nil {
                if worker.thread == 0 { dumpResults(of: operations[index]) }
                worker.barrier()
            }
        }
    }
}
