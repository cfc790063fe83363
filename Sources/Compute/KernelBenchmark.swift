import Kernels

/// Speed of one weight type's products.
public struct KernelSpeed: Sendable, Equatable {
    public let type: String
    /// Bits that a weight takes.
    public let bitsPerWeight: Double
    /// Bytes of weights per second of a matrix-vector product, one thread, weights in its L2 cache.
    public let cachedBandwidth: Double
    /// The same with all threads, from memory.
    public let memoryBandwidth: Double
    /// Seconds that a row takes besides its bytes, with all threads: what short rows lose.
    public let rowSeconds: Double
    /// Operations per second (two per multiply-accumulate) of products with 512 columns, all threads.
    public let panelRate: Double
    /// int8 products: their rate may be held against the int8 peak.
    public let quantized: Bool

    /// Bytes of weights per second from memory, in rows so long that `rowSeconds` do not count.
    public let bandwidthOfLongRows: Double
}

/// One measurement's operands, shared by the threads.
private struct KernelRun {
    var kernels: UnsafePointer<sw_kernels>
    var type: Int32
    var quantized: Bool
    var weights: UnsafeRawPointer
    var rowBytes: Int
    /// Rows of one pass over a thread's share, and how many passes.
    var rows: Int
    var passes: Int
    var length: Int
    var columns: Int
    var floats: UnsafePointer<Float>
    var bytes: UnsafeRawPointer
    var byteStride: Int
    var results: UnsafeMutablePointer<Float>
    var resultStride: Int
    var scratch: UnsafeMutableRawPointer
    var scratchStride: Int

    func multiply(_ worker: borrowing Worker) {
        let result = results + worker.thread * resultStride
        // Shares lie end to end; a single thread uses the first alone.
        let base = weights + worker.thread * rows * rowBytes
        for _ in 0..<passes {
            if columns == 1 {
                if quantized {
                    kernels.pointee.matvec(type, base, rowBytes, rows, length, bytes, result)
                } else {
                    kernels.pointee.matvec_float(type, base, rowBytes, rows, length, floats, result)
                }
            } else if quantized {
                kernels.pointee.gemm(
                    type, base, rowBytes, rows, length, bytes, byteStride, nil, columns, result, rows,
                    scratch + worker.thread * scratchStride)
            } else {
                kernels.pointee.gemm_float(
                    type, base, rowBytes, rows, length, floats, length, nil, columns, result, rows,
                    scratch + worker.thread * scratchStride)
            }
        }
    }
}

/// Seconds that one round of a type found: of a row in the cache, from memory, of an eighth's length, and of
/// one operation with many columns.
private struct KernelTimes {
    var cachedRow: Double
    var longRow: Double
    var shortRow: Double
    var operation: Double
}

extension Executor {
    /// Measures the products of every weight type (a fraction of a second each).
    ///
    /// - Parameters:
    ///   - types: the types wanted, by name, whose weights then lie in pages as small as a mapped file's; nil:
    ///     all, in large pages: what the kernels can do at most.
    ///   - rounds: how often all types are measured in turns; medians count. On machines that others
    ///     disturb, several short rounds tell more than a long one.
    ///   - each: called with each type's speed.
    /// - Throws: `ComputeError.outOfMemory`.
    public func measureKernels(
        types: Set<String>? = nil, rounds: Int = 1, _ each: (KernelSpeed) -> Void
    ) throws(ComputeError) {
        let length = 4096
        let columns = 512
        let panelRows = 64
        // Predictions ask for some types, and want what weights get where they lie: in a file's small pages.
        let weights = try Arena(byteCount: 256 << 20, hugePages: types == nil)
        // Every byte from 0x20 to 0x3f: codes vary, and wherever a type keeps a 16-bit scale
        // it is an ordinary number.
        let bytes = weights.base.assumingMemoryBound(to: UInt8.self)
        var state: UInt32 = 1
        for index in 0..<weights.byteCount {
            state = state &* 1_664_525 &+ 1_013_904_223
            bytes[index] = UInt8(0x20 + (state >> 27))
        }
        let kernels = sw_kernels_active()!
        let byteStride = sw_q8_row_bytes(length)
        let scratchStride = (sw_gemm_scratch(length) + 4095) & ~4095
        let resultStride = max(columns * panelRows, 1 << 19)
        var planner = SectionPlanner()
        let floatsAt = planner.add(floats: columns * length)
        let bytesAt = planner.add(bytes: columns * byteStride)
        let resultsAt = planner.add(floats: threadCount * resultStride)
        let scratchAt = planner.add(bytes: threadCount * scratchStride)
        let memory = try Arena(byteCount: planner.byteCount)
        let floats = (memory.base + floatsAt).assumingMemoryBound(to: Float.self)
        for index in 0..<columns * length { floats[index] = Float(index % 251) * 0.01 - 1.25 }
        for column in 0..<columns {
            kernels.pointee.quantize_row(
                floats + column * length, memory.base + bytesAt + column * byteStride, length)
        }
        let wanted = (0..<Int32(SW_TYPE_COUNT)).filter { type in
            // Q8_1 and Q8_K hold activations, not weights.
            guard let name = sw_type(type).name, type != Int32(SW_Q8_1), type != Int32(SW_Q8_K) else {
                return false
            }
            return types?.contains(String(cString: name)) ?? true
        }
        var times = [[KernelTimes]](repeating: [], count: wanted.count)
        for _ in 0..<max(1, rounds) {
            for (place, type) in wanted.enumerated() {
                let info = sw_type(type)
                var run = KernelRun(
                    kernels: kernels, type: type, quantized: info.quantized, weights: weights.base,
                    rowBytes: length / Int(info.block) * Int(info.bytes), rows: 1, passes: 1, length: length,
                    columns: 1, floats: floats, bytes: memory.base + bytesAt, byteStride: byteStride,
                    results: (memory.base + resultsAt).assumingMemoryBound(to: Float.self),
                    resultStride: resultStride, scratch: memory.base + scratchAt,
                    scratchStride: scratchStride)
                times[place].append(measure(&run, panelRows: panelRows, panelColumns: columns))
            }
        }
        for (type, times) in zip(wanted, times) {
            let info = sw_type(type)
            let rowBytes = Double(length / Int(info.block) * Int(info.bytes))
            let longRow = median(times.map(\.longRow))
            // Noise must not make rows cheaper than nothing, or bytes than the half of it all.
            let rowSeconds = min(max(0, (8 * median(times.map(\.shortRow)) - longRow) / 7), longRow / 2)
            each(
                KernelSpeed(
                    type: String(cString: info.name),
                    bitsPerWeight: Double(info.bytes) * 8 / Double(info.block),
                    cachedBandwidth: rowBytes / median(times.map(\.cachedRow)),
                    memoryBandwidth: rowBytes / longRow, rowSeconds: rowSeconds,
                    panelRate: 1 / median(times.map(\.operation)), quantized: info.quantized,
                    bandwidthOfLongRows: rowBytes / (longRow - rowSeconds)))
        }
    }

    /// One round of one type. `run` comes with the length of a long row and its bytes.
    private func measure(_ run: inout KernelRun, panelRows: Int, panelColumns: Int) -> KernelTimes {
        let (length, rowBytes) = (run.length, run.rowBytes)
        run.rows = max(1, (256 << 10) / rowBytes)
        run.passes = 50
        let cached = medianTime(&run, allThreads: false) / Double(run.rows * run.passes)
        run.rows = min(run.resultStride, (256 << 20) / threadCount / rowBytes)
        run.passes = 1
        let long = medianTime(&run, allThreads: true) / Double(run.rows * threadCount)
        // The same with rows of an eighth, as many of them as keep the cores busy for a while.
        run.length = length / 8
        run.rowBytes = rowBytes / 8
        run.rows = min(run.resultStride, (64 << 20) / threadCount / run.rowBytes)
        let short = medianTime(&run, allThreads: true) / Double(run.rows * threadCount)
        run.length = length
        run.rowBytes = rowBytes
        run.rows = panelRows
        run.columns = panelColumns
        run.passes = 2
        let operations = 2 * Double(length * panelRows * panelColumns * run.passes * threadCount)
        return KernelTimes(
            cachedRow: cached, longRow: long, shortRow: short,
            operation: medianTime(&run, allThreads: true) / operations)
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Median seconds of five runs after one to warm up.
    private func medianTime(_ run: inout KernelRun, allThreads: Bool) -> Double {
        var times: [Double] = []
        for round in 0..<6 {
            let start = ContinuousClock.now
            if allThreads {
                withUnsafePointer(to: &run) { pointer in
                    pool.run(UnsafeRawPointer(pointer)) { argument, worker in
                        argument.assumingMemoryBound(to: KernelRun.self).pointee.multiply(worker)
                    }
                }
            } else {
                run.multiply(Worker(thread: 0, team: pool.team))
            }
            let (whole, atto) = start.duration(to: ContinuousClock.now).components
            if round > 0 { times.append(Double(whole) + Double(atto) * 1e-18) }
        }
        return times.sorted()[times.count / 2]
    }
}
