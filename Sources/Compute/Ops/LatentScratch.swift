import Kernels

/// What all threads share of latent attention's absorbed form: queries in the space of the
/// compressed keys and what they found, for so many rows at a time.
struct LatentBuffers: BitwiseCopyable {
    /// [rows][heads][rank + rope dimensions]
    var queries: UnsafeMutablePointer<Float>
    /// [rows][heads][rank]
    var results: UnsafeMutablePointer<Float>

    /// Rows that are absorbed together.
    static let rows = AttentionScratch.queryLimit
}

/// A thread's memory for one head's keys and values rebuilt from the compressed cache.
struct LatentScratch: BitwiseCopyable {
    /// The head's key matrix, [plain dimensions][rank], turned from the file's.
    var turned: UnsafeMutableRawPointer
    /// [keyBlock][rank + rope dimensions]: the cache's rows as float32; first the turned matrix.
    var compressed: UnsafeMutablePointer<Float>
    /// The same without their turning part, in int8.
    var bytes: UnsafeMutableRawPointer
    /// [keyBlock][plain + rope dimensions], [keyBlock][value dimensions]
    var keys: UnsafeMutablePointer<Float>
    var values: UnsafeMutablePointer<Float>
    /// Of every row of the batch: the softmax's state, and [value dimensions] of results.
    var maxima: UnsafeMutablePointer<Float>
    var sums: UnsafeMutablePointer<Float>
    var accumulators: UnsafeMutablePointer<Float>

    /// Positions that are rebuilt together: a block of the cache.
    static let keyBlock = CacheLayout.blockLength
}

/// The largest of everything that a program's latent attention needs; nothing where it has none.
struct LatentSizes {
    /// Floats of a row in the shared buffers.
    var queryWidth = 0
    var resultWidth = 0
    private var rank = 0
    private var compressedWidth = 0
    private var keyWidth = 0
    private var valueWidth = 0
    private var turnedElements = 0

    mutating func add(_ o: LatentOperation) {
        queryWidth = max(queryWidth, o.heads * o.attention.keyDimensions)
        resultWidth = max(resultWidth, o.heads * o.rank)
        rank = max(rank, o.rank)
        compressedWidth = max(compressedWidth, o.attention.keyDimensions)
        keyWidth = max(keyWidth, o.expandedDimensions)
        valueWidth = max(valueWidth, o.values.rows)
        if o.expandedKeys == nil { turnedElements = max(turnedElements, o.rank * o.plainDimensions) }
    }

    /// One thread's memory, by the names that `LatentScratch` is bound with.
    func addSections(rows: Int, to local: inout SectionPlanner, _ offsets: inout [String: Int]) {
        let block = rank == 0 ? 0 : LatentScratch.keyBlock
        offsets["latentTurned"] = local.add(floats: turnedElements)
        offsets["latentCompressed"] = local.add(floats: max(block * compressedWidth, turnedElements))
        offsets["latentBytes"] = local.add(bytes: block * ProgramShape.quantizedBytes(rank))
        offsets["latentKeys"] = local.add(floats: block * keyWidth)
        offsets["latentValues"] = local.add(floats: block * valueWidth)
        let states = rank == 0 ? 0 : rows
        offsets["latentMaxima"] = local.add(floats: states)
        offsets["latentSums"] = local.add(floats: states)
        offsets["latentAccumulators"] = local.add(floats: states * valueWidth)
    }
}

extension LatentOperation {
    /// What a head's turned key matrix is kept as: float where the file's is, or where int8 has no
    /// whole blocks.
    var turnedType: Int32 {
        if !keys.quantized { return Int32(keys.type == Int32(SW_F16) ? SW_F16 : SW_F32) }
        return Int32(rank % 32 == 0 ? SW_Q8_0 : SW_F16)
    }
}
