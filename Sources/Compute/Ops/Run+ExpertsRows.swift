import Kernels

extension Run {
    /// Many tokens, grouped by expert first, so that experts see matrix products too.
    func expertsOfRows(
        _ operation: ExpertsOperation, _ input: Prepared, at index: Int, _ worker: inout Worker
    ) {
        let used = operation.used
        let slots = rows * used
        let local = locals[worker.thread]
        let scratch = expert
        let sharedDown = operation.shared?.down
        let sharedWidth = sharedDown?.columns ?? 0
        let sharedStride = sharedDown?.quantized ?? false ? sw_q8_row_bytes(sharedWidth) : 0
        worker.forEach(units: rows) { row in
            choose(
                operation, row: row, scratch.chosen + row * used, scratch.weights + row * used,
                scratch: local.results)
            if sharedStride > 0 {
                kernels.pointee.quantize_row(
                    hidden + row * sharedWidth, hiddenBytes + row * sharedStride, sharedWidth)
            }
        }
        worker.barrier()
        if worker.thread == 0 { groupByExpert(operation, slots) }
        worker.barrier()
        if collector != nil { collectInputs(operation, input, thread: worker.thread) }

        if let reference = store {
            streamedExpertsOfRows(operation, input, reference.store, at: index, &worker)
        } else {
            residentExpertsOfRows(operation, input, &worker)
        }
        if collector != nil { collectHidden(operation, thread: worker.thread) }

        let down = operation.down
        let weightsInput = operation.routing.weightsInput
        let output = buffer(operation.output)
        let fresh = !operation.accumulate && sharedDown == nil
        worker.forEach(units: rows) { row in
            let target = output + row * down.rows
            if fresh { target.update(repeating: 0, count: down.rows) }
            for choice in 0..<used {
                let slot = Int(scratch.slotOf[row * used + choice])
                let weight = weightsInput ? 1 : scratch.weights[row * used + choice]
                let result = scratch.outputs + slot * down.rows
                if let bias = operation.downBias {
                    let which = Int(scratch.chosen[row * used + choice])
                    kernels.pointee.add(bias + which * down.rows, result, down.rows)
                }
                kernels.pointee.axpy(weight, result, target, down.rows)
            }
        }
    }

    /// What each (row, choice) gives, into `expert.outputs`.
    private func residentExpertsOfRows(
        _ operation: ExpertsOperation, _ input: Prepared, _ worker: inout Worker
    ) {
        let slots = rows * operation.used
        let local = locals[worker.thread]
        let scratch = expert
        let sharedDown = operation.shared?.down
        let sharedWidth = sharedDown?.columns ?? 0
        let sharedStride = sharedDown?.quantized ?? false ? sw_q8_row_bytes(sharedWidth) : 0
        // Gate, up, activation: experts x row blocks, so that no thread idles.
        let pair = operation.pair
        let width = pair.up.rows
        let blocks = divideUp(width, Run.blockRows)
        let weightsInput = operation.routing.weightsInput
        worker.forEach(units: operation.count * blocks) { unit in
            let which = unit / blocks
            let start = Int(scratch.starts[which])
            let columns = Int(scratch.starts[which + 1]) - start
            if columns == 0 { return }
            let first = unit % blocks * Run.blockRows
            activate(
                pair.matrix(which), first: first, count: min(Run.blockRows, width - first), input,
                index: scratch.slotRows + start, columns: columns,
                scales: weightsInput ? UnsafePointer(scratch.slotWeights + start) : nil,
                into: scratch.hidden + start * width + first, stride: width, local)
        }
        worker.barrier()

        let down = operation.down
        let byteStride = down.quantized ? sw_q8_row_bytes(width) : 0
        if down.quantized {
            worker.forEach(units: slots) { slot in
                kernels.pointee.quantize_row(
                    scratch.hidden + slot * width, scratch.hiddenBytes + slot * byteStride, width)
            }
            worker.barrier()
        }
        let outputBlocks = divideUp(down.rows, Run.blockRows)
        let routedUnits = operation.count * outputBlocks
        worker.forEach(units: routedUnits + (sharedDown == nil ? 0 : outputBlocks)) { unit in
            let first = unit % outputBlocks * Run.blockRows
            let count = min(Run.blockRows, down.rows - first)
            if let shared = operation.shared, unit >= routedUnits {
                let middle = Prepared(
                    floats: hidden, stride: sharedWidth, bytes: hiddenBytes, byteStride: sharedStride)
                sharedDownBlock(operation, shared, middle, first: first, count: count, local)
                return
            }
            let which = unit / outputBlocks
            let start = Int(scratch.starts[which])
            let columns = Int(scratch.starts[which + 1]) - start
            if columns == 0 { return }
            let middle = Prepared(
                floats: scratch.hidden + start * width, stride: width,
                bytes: scratch.hiddenBytes + start * byteStride, byteStride: byteStride)
            multiplyBlock(
                down.matrix(which), first: first, count: count, middle, index: nil, columns: columns,
                into: scratch.outputs + start * down.rows + first, stride: down.rows, local)
        }
        worker.barrier()
    }

    /// The shared expert's down product goes straight to the output, which nobody else writes
    /// before the next barrier.
    func sharedDownBlock(
        _ operation: ExpertsOperation, _ shared: SharedExpertStep, _ middle: Prepared, first: Int,
        count: Int, _ local: LocalScratch
    ) {
        let down = shared.down
        multiplyBlock(
            down, first: first, count: count, middle, index: nil, columns: rows, into: local.results,
            stride: Run.blockRows, local)
        for row in 0..<rows {
            let target = buffer(operation.output) + row * down.rows + first
            if !operation.accumulate { target.update(repeating: 0, count: count) }
            kernels.pointee.axpy(
                sharedFactor(shared, row: row), local.results + row * Run.blockRows, target, count)
        }
    }

    /// Sorts the (row, choice) pairs by expert, rows ascending within an expert.
    private func groupByExpert(_ operation: ExpertsOperation, _ slots: Int) {
        let used = operation.used
        count(operation, expert.chosen, slots)
        let starts = expert.starts
        starts.update(repeating: 0, count: operation.count + 1)
        for slot in 0..<slots { starts[Int(expert.chosen[slot]) + 1] += 1 }
        for which in 0..<operation.count { starts[which + 1] += starts[which] }
        // Fill, moving each start to its end, and move them back.
        for slot in 0..<slots {
            let which = Int(expert.chosen[slot])
            let place = starts[which]
            starts[which] += 1
            expert.slotRows[Int(place)] = Int32(slot / used)
            expert.slotWeights[Int(place)] = expert.weights[slot]
            expert.slotOf[slot] = place
        }
        for which in stride(from: operation.count, to: 0, by: -1) { starts[which] = starts[which - 1] }
        starts[0] = 0
    }
}
