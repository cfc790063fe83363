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

        let down = operation.down
        let byteStride = down.quantized ? sw_q8_row_bytes(width) : 0
        let sharedBytes = local.hiddenBytes + used * byteStride
        if down.quantized {
            for slot in 0..<used {
                kernels.pointee.quantize_row(
                    expertHidden + slot * width, local.hiddenBytes + slot * byteStride, width)
            }
        }
        if let shared = operation.shared, shared.down.quantized {
            kernels.pointee.quantize_row(hidden, sharedBytes, shared.down.columns)
        }
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
            for slot in 0..<used {
                let which = Int(chosen[slot])
                multiplyRow(
                    down.matrix(which), first: first, count: count, floats: expertHidden + slot * width,
                    bytes: local.hiddenBytes + slot * byteStride, into: local.results)
                if let bias = operation.downBias {
                    kernels.pointee.add(bias + which * down.rows + first, local.results, count)
                }
                kernels.pointee.axpy(weightsInput ? 1 : weights[slot], local.results, target, count)
            }
        }
    }
}
