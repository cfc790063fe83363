import Glibc
import Kernels

/// Shared memory of the expert op, for `rows` tokens with `used` experts each (slots).
struct ExpertScratch: BitwiseCopyable {
    /// [rows][experts]
    var logits: UnsafeMutablePointer<Float>
    /// [rows][used] chosen experts and their weights
    var chosen: UnsafeMutablePointer<Int32>
    var weights: UnsafeMutablePointer<Float>
    /// [experts + 1] first slot of each expert, slots sorted by expert
    var starts: UnsafeMutablePointer<Int32>
    /// [rows x used] row and weight of each slot, and the slot of each (row, choice)
    var slotRows: UnsafeMutablePointer<Int32>
    var slotWeights: UnsafeMutablePointer<Float>
    /// [rows] logits of the shared expert's own weight
    var sharedScales: UnsafeMutablePointer<Float>
    var slotOf: UnsafeMutablePointer<Int32>
    /// [experts] those that have tokens, and how many
    var wanted: UnsafeMutablePointer<Int32>
    var wantedUses: UnsafeMutablePointer<Int32>
    /// [slots][expert width], and quantized
    var hidden: UnsafeMutablePointer<Float>
    var hiddenBytes: UnsafeMutableRawPointer
    /// [slots][output width]
    var outputs: UnsafeMutablePointer<Float>
    /// [layers][experts] how often each was chosen
    var popularity: UnsafeMutablePointer<Int64>
    var popularityStride = 0
}

extension Run {
    /// Routed experts and the shared one. The shared expert's first half runs beside the router,
    /// which is too small to keep the threads busy, and its second half beside the routed
    /// experts' second half, so it costs no barrier.
    func experts(_ operation: ExpertsOperation, at index: Int, _ worker: inout Worker) {
        let router = operation.router
        if let source = operation.routerSource {
            let input = prepare(
                source, quantized: router.quantized, floats: !router.quantized, &worker)
            score(operation, input, &worker)
            worker.barrier()
        }
        var quantized = operation.pair.quantized || router.quantized
        var floats = operation.pair.floats || !router.quantized
        if let shared = operation.shared {
            quantized = quantized || shared.pair.quantized || shared.scale?.quantized ?? false
            floats = floats || shared.pair.floats || !(shared.scale?.quantized ?? true)
        }
        let input = prepare(operation.source, quantized: quantized, floats: floats, &worker)
        if operation.routerSource == nil {
            score(operation, input, &worker)
            worker.barrier()
        }
        if rows > 1 || collector != nil {
            expertsOfRows(operation, input, at: index, &worker)
        } else if let store {
            streamedExpertsOfRow(operation, input, store.store, at: index, &worker)
        } else {
            expertsOfRow(operation, input, &worker)
        }
    }

    /// Router rows that one unit of work multiplies.
    private static let routerRows = 16

    /// Router logits, and of the shared expert gate, up and the logit of its weight.
    private func score(_ operation: ExpertsOperation, _ input: Prepared, _ worker: inout Worker) {
        let router = operation.router
        let local = locals[worker.thread]
        let routerUnits = divideUp(router.rows, Run.routerRows)
        let scaleUnits = operation.shared?.scale == nil ? 0 : 1
        let width = operation.shared?.pair.up.rows ?? 0
        let chunk = operation.shared.map { rows == 1 ? chunkRows($0.pair.gate) : Run.blockRows } ?? 1
        worker.forEach(units: routerUnits + scaleUnits + divideUp(width, chunk)) { unit in
            if unit < routerUnits {
                let first = unit * Run.routerRows
                multiplyAll(
                    router, first: first, count: min(Run.routerRows, router.rows - first), input,
                    into: expert.logits + first, local)
                return
            }
            guard let shared = operation.shared else { return }
            if let scale = shared.scale, unit < routerUnits + scaleUnits {
                multiplyAll(scale, first: 0, count: 1, input, into: expert.sharedScales, local)
                return
            }
            let first = (unit - routerUnits - scaleUnits) * chunk
            activate(
                shared.pair, first: first, count: min(chunk, width - first), input, index: nil,
                columns: rows, into: hidden + first, stride: width, local)
        }
    }

    /// result[row * weight rows + r] for all rows of the batch.
    @inline(__always)
    private func multiplyAll(
        _ weight: Weight, first: Int, count: Int, _ input: Prepared,
        into result: UnsafeMutablePointer<Float>, _ local: LocalScratch
    ) {
        if rows == 1 {
            multiplyRow(
                weight, first: first, count: count, floats: input.floats, bytes: input.bytes, into: result)
        } else {
            multiplyBlock(
                weight, first: first, count: count, input, index: nil, columns: rows, into: result,
                stride: weight.rows, local)
        }
    }

    /// Chooses a row's experts.
    func choose(
        _ operation: ExpertsOperation, row: Int, _ chosen: UnsafeMutablePointer<Int32>,
        _ weights: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) {
        let count = operation.count
        var logits = UnsafePointer(expert.logits + row * count)
        if let bias = operation.routerBias {
            // Apart from the logits, which other threads may be reading.
            let biased = scratch + 3 * count
            biased.update(from: logits, count: count)
            kernels.pointee.add(bias, biased, count)
            logits = UnsafePointer(biased)
        }
        operation.routing.choose(
            logits, experts: count, used: operation.used, kernels, chosen: chosen, weights: weights,
            scratch: scratch)
        if let scale = operation.downScale {
            for index in 0..<operation.used { weights[index] *= scale[Int(chosen[index])] }
        }
    }

    /// What the shared expert's result of a row is multiplied with.
    @inline(__always)
    func sharedFactor(_ shared: SharedExpertStep, row: Int) -> Float {
        shared.scale == nil ? 1 : 1 / (1 + expf(-expert.sharedScales[row]))
    }

    func count(_ operation: ExpertsOperation, _ chosen: UnsafePointer<Int32>, _ slots: Int) {
        let counters = expert.popularity + operation.layer * expert.popularityStride
        for slot in 0..<slots { counters[Int(chosen[slot])] += 1 }
        observer?.routed(layer: operation.layer, tokens: rows, chosen: chosen, count: slots)
    }
}
