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

extension Executor {
    /// Measures the products of every weight type (a fraction of a second each).
    ///
    /// - Parameters:
    ///   - types: the types wanted, by name; nil: all.
    ///   - each: called with each type's speed as it is known.
    /// - Throws: `ComputeError.outOfMemory`.
    public func measureKernels(
        types: Set<String>? = nil, _ each: (KernelSpeed) -> Void
    ) throws(ComputeError) {
        let length = 4096
        let columns = 512
        let panelRows = 64
        let weights = try Arena(byteCount: 256 << 20, hugePages: true)
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
        for type in 0..<Int32(SW_TYPE_COUNT) {
            let info = sw_type(type)
            // Q8_1 and Q8_K hold activations, not weights.
            guard let name = info.name, type != Int32(SW_Q8_1), type != Int32(SW_Q8_K),
                types?.contains(String(cString: name)) ?? true
            else { continue }
            let rowBytes = length / Int(info.block) * Int(info.bytes)
            var run = KernelRun(
                kernels: kernels, type: type, quantized: info.quantized, weights: weights.base,
                rowBytes: rowBytes,
                rows: 1, passes: 1, length: length, columns: 1, floats: floats, bytes: memory.base + bytesAt,
                byteStride: byteStride,
                results: (memory.base + resultsAt).assumingMemoryBound(to: Float.self),
                resultStride: resultStride,
                scratch: memory.base + scratchAt, scratchStride: scratchStride)

            run.rows = max(1, (256 << 10) / rowBytes)
            run.passes = 50
            let cached = Double(run.rows * rowBytes * run.passes) / medianTime(&run, allThreads: false)
            run.rows = min(resultStride, (256 << 20) / threadCount / rowBytes)
            run.passes = 1
            let memoryRate = Double(run.rows * rowBytes * threadCount) / medianTime(&run, allThreads: true)
            // The same with rows of an eighth, as many of them as keep the cores busy for a while.
            let longRow = Double(rowBytes) / memoryRate
            run.length = length / 8
            run.rowBytes = rowBytes / 8
            run.rows = min(resultStride, (64 << 20) / threadCount / run.rowBytes)
            let shortRow = medianTime(&run, allThreads: true) / Double(run.rows * threadCount)
            // Noise must not make rows cheaper than nothing, or bytes than the half of it all.
            let rowSeconds = min(max(0, (8 * shortRow - longRow) / 7), longRow / 2)
            run.length = length
            run.rowBytes = rowBytes
            run.rows = panelRows
            run.columns = columns
            run.passes = 2
            let operations = 2 * Double(length * panelRows * columns * run.passes * threadCount)
            each(
                KernelSpeed(
                    type: String(cString: name), bitsPerWeight: Double(info.bytes) * 8 / Double(info.block),
                    cachedBandwidth: cached, memoryBandwidth: memoryRate,
                    rowSeconds: rowSeconds,
                    panelRate: operations / medianTime(&run, allThreads: true), quantized: info.quantized,
                    bandwidthOfLongRows: Double(rowBytes) / (longRow - rowSeconds)))
        }
    }

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
