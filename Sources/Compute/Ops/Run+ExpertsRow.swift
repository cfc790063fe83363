import Kernels

extension Run {
    /// One token: its experts' gate and up together, a barrier, then down.
    func expertsOfRow(_ operation: ExpertsOperation, _ input: Prepared, _ worker: inout Worker) {
        let used = operation.used
        let pair = operation.pair
        let width = pair.up.rows
        let local = locals[worker.thread]
        // Every thread chooses for itself, into its own memory: cheaper than a barrier.
        let chosen = expert.chosen + worker.thread * used
        let weights = expert.weights + worker.thread * used
        choose(operation, row: 0, chosen, weights, scratch: local.results)
        if worker.thread == 0 { count(operation, chosen, used) }
        let weightsInput = operation.routing.weightsInput
        let chunk = min(width, chunkRows(used * width, bytes: pair.gate.rowBytes))
        let chunks = divideUp(width, chunk)
        let expertHidden = expert.hidden
        worker.forEach(units: used * chunks) { unit in
            let slot = unit / chunks
            let first = unit % chunks * chunk
            activate(
                pair.matrix(Int(chosen[slot])), first: first, count: min(chunk, width - first), input,
                index: nil, columns: 1, scales: weightsInput ? UnsafePointer(weights + slot) : nil,
                into: expertHidden + slot * width + first, stride: width, local)
        }
        worker.barrier()

        quantizeHidden(operation, local)
        sumDown(operation, chosen, weights, local, &worker) { operation.down.matrix(Int(chosen[$0])) }
    }

    /// The inputs of one token's down products, every thread for itself: a slot for each expert,
    /// then the shared one's.
    func quantizeHidden(_ operation: ExpertsOperation, _ local: LocalScratch) {
        let down = operation.down
        if down.quantized {
            let stride = sw_q8_row_bytes(down.columns)
            for slot in 0..<operation.used {
                kernels.pointee.quantize_row(
                    expert.hidden + slot * down.columns, local.hiddenBytes + slot * stride, down.columns)
            }
        }
        if let shared = operation.shared, shared.down.quantized {
            kernels.pointee.quantize_row(hidden, sharedBytes(operation, local), shared.down.columns)
        }
    }

    private func sharedBytes(_ operation: ExpertsOperation, _ local: LocalScratch) -> UnsafeMutableRawPointer
    {
        let down = operation.down
        return local.hiddenBytes + (down.quantized ? operation.used * sw_q8_row_bytes(down.columns) : 0)
    }

    /// One token's down products, summed in the order in which the router chose.
    ///
    /// - Parameter matrix: the down matrix of the n-th chosen expert; nil: its op has failed.
    @inline(__always)
    func sumDown(
        _ operation: ExpertsOperation, _ chosen: UnsafeMutablePointer<Int32>,
        _ weights: UnsafeMutablePointer<Float>, _ local: LocalScratch, _ worker: inout Worker,
        matrix: (Int) -> Weight?
    ) {
        let down = operation.down
        let width = down.columns
        let byteStride = down.quantized ? sw_q8_row_bytes(width) : 0
        let sharedBytes = sharedBytes(operation, local)
        let weightsInput = operation.routing.weightsInput
        let expertHidden = expert.hidden
        let output = buffer(operation.output)
        let outputChunk = chunkRows(down)
        worker.forEach(units: divideUp(down.rows, outputChunk)) { unit in
            let first = unit * outputChunk
            let count = min(outputChunk, down.rows - first)
            let target = output + first
            if !operation.accumulate { target.update(repeating: 0, count: count) }
            if let shared = operation.shared {
                multiplyRow(
                    shared.down, first: first, count: count, floats: hidden, bytes: sharedBytes,
                    into: local.results)
                kernels.pointee.axpy(sharedFactor(shared, row: 0), local.results, target, count)
            }
            for slot in 0..<operation.used {
                guard let matrix = matrix(slot) else { return }
                multiplyRow(
                    matrix, first: first, count: count, floats: expertHidden + slot * width,
                    bytes: local.hiddenBytes + slot * byteStride, into: local.results)
                if let bias = operation.downBias {
                    kernels.pointee.add(
                        bias + Int(chosen[slot]) * down.rows + first, local.results, count)
                }
                kernels.pointee.axpy(weightsInput ? 1 : weights[slot], local.results, target, count)
            }
        }
    }
}
