import Glibc
import Kernels
import Synchronization

/// A store as threads reach it.
struct StoreReference: BitwiseCopyable {
    private let raw: UnsafeRawPointer

    init(_ store: ExpertStore) { raw = UnsafeRawPointer(Unmanaged.passUnretained(store).toOpaque()) }

    var store: ExpertStore { Unmanaged<ExpertStore>.fromOpaque(raw).takeUnretainedValue() }
}

// Routed experts that a store brings into memory. The sums are those of the resident forms, in
// the same order, so the results are the same bit for bit.

extension Run {
    /// One token. Experts in memory are computed while the others are read; their down products
    /// come last, summed in the order in which the router chose.
    func streamedExpertsOfRow(
        _ operation: ExpertsOperation, _ input: Prepared, _ store: ExpertStore, at index: Int,
        _ worker: inout Worker
    ) {
        let used = operation.used
        let pair = operation.pair
        let width = pair.up.rows
        let local = locals[worker.thread]
        let chosen = expert.chosen + worker.thread * used
        let weights = expert.weights + worker.thread * used
        choose(operation, row: 0, chosen, weights, scratch: local.results)
        if worker.thread == 0 {
            count(operation, chosen, used)
            for slot in 0..<used { expert.starts[slot] = 1 }
            store.begin(
                layer: operation.layer, experts: chosen, uses: expert.starts, count: used, keep: true)
        }
        worker.barrier()

        let weightsInput = operation.routing.weightsInput
        let chunk = min(width, chunkRows(used * width, bytes: pair.gate.rowBytes))
        let chunks = divideUp(width, chunk)
        let expertHidden = expert.hidden
        func activateChunk(_ entry: Int, _ unit: Int) {
            guard store.wait(entry, last: false, operation: index) else { return }
            let slot = Int(store.entries[entry].index)
            let first = unit * chunk
            activate(
                pair.matrix(Int(chosen[slot]), at: store.entries[entry].place), first: first,
                count: min(chunk, width - first), input, index: nil, columns: 1,
                scales: weightsInput ? UnsafePointer(weights + slot) : nil,
                into: expertHidden + slot * width + first, stride: width, local)
        }
        if let nodes = store.nodes {
            store.forEachUnit(nodes, units: chunks, thread: worker.thread, activateChunk)
        } else {
            worker.forEachInOrder(units: used * chunks) { activateChunk($0 / chunks, $0 % chunks) }
        }
        worker.barrier()

        quantizeHidden(operation, local)
        for entry in 0..<used {
            guard store.wait(entry, last: true, operation: index) else { break }
        }
        // They are summed as chosen, whatever the order in which they came.
        sumDown(operation, chosen, weights, local, &worker) { slot in
            store.failedOperation.load(ordering: .relaxed) != .max
                ? nil : operation.down.matrix(at: store.place(of: slot).down)
        }
    }

    /// Many tokens, already grouped by expert: a pipeline over the experts in the store's order,
    /// each one's down products after the next one's gate and up, without a barrier between. An
    /// expert that only passes through makes room for another as soon as it is used.
    ///
    /// Leaves what each (row, choice) gives in `expert.outputs`.
    func streamedExpertsOfRows(
        _ operation: ExpertsOperation, _ input: Prepared, _ store: ExpertStore, at index: Int,
        _ worker: inout Worker
    ) {
        let scratch = expert
        let local = locals[worker.thread]
        if worker.thread == 0 { announce(operation, store) }
        worker.barrier()

        let pair = operation.pair
        let down = operation.down
        let width = pair.up.rows
        let firstBlocks = divideUp(width, Run.blockRows)
        let lastBlocks = divideUp(down.rows, Run.blockRows)
        let step = firstBlocks + lastBlocks
        let shared = operation.shared == nil ? 0 : lastBlocks
        let weightsInput = operation.routing.weightsInput
        let byteStride = down.quantized ? sw_q8_row_bytes(width) : 0
        worker.forEachInOrder(units: shared + (store.count + 1) * step) { unit in
            if unit < shared {
                sharedDown(operation, block: unit, local)
                return
            }
            let part = (unit - shared) % step
            let entry = (unit - shared) / step - (part < firstBlocks ? 0 : 1)
            if entry < 0 || entry >= store.count { return }
            let which = Int(store.entries[entry].expert)
            let start = Int(scratch.starts[which])
            let columns = Int(scratch.starts[which + 1]) - start
            if part < firstBlocks {
                let first = part * Run.blockRows
                if store.wait(entry, last: false, operation: index) {
                    activate(
                        pair.matrix(which, at: store.entries[entry].place), first: first,
                        count: min(Run.blockRows, width - first), input,
                        index: scratch.slotRows + start, columns: columns,
                        scales: weightsInput ? UnsafePointer(scratch.slotWeights + start) : nil,
                        into: scratch.hidden + start * width + first, stride: width, local)
                }
                finishMiddle(store, entry, firstBlocks, down: down, start..<start + columns)
                return
            }
            var spins = 0
            while store.middleDone[entry].value.load(ordering: .acquiring) == 0 {
                spins += 1
                if spins > 2048 { sw_yield() } else { sw_pause() }
            }
            let first = (part - firstBlocks) * Run.blockRows
            if store.wait(entry, last: true, operation: index) {
                let middle = Prepared(
                    floats: scratch.hidden + start * width, stride: width,
                    bytes: scratch.hiddenBytes + start * byteStride, byteStride: byteStride)
                multiplyBlock(
                    down.matrix(at: store.entries[entry].place.down), first: first,
                    count: min(Run.blockRows, down.rows - first), middle, index: nil, columns: columns,
                    into: scratch.outputs + start * down.rows + first, stride: down.rows, local)
            }
            let done = store.lastDone[entry].value.wrappingAdd(1, ordering: .acquiringAndReleasing)
            if done.newValue == lastBlocks { store.release(entry) }
        }
        worker.barrier()
    }

    /// Tells the store which experts have tokens.
    private func announce(_ operation: ExpertsOperation, _ store: ExpertStore) {
        let scratch = expert
        var wanted = 0
        for which in 0..<operation.count {
            let uses = scratch.starts[which + 1] - scratch.starts[which]
            if uses == 0 { continue }
            scratch.wanted[wanted] = Int32(which)
            scratch.wantedUses[wanted] = uses
            wanted += 1
        }
        store.begin(
            layer: operation.layer, experts: scratch.wanted, uses: scratch.wantedUses, count: wanted,
            keep: generating)
    }

    /// The last unit of an expert's gate and up quantizes its rows.
    @inline(__always)
    private func finishMiddle(
        _ store: ExpertStore, _ entry: Int, _ units: Int, down: Weight, _ slots: Range<Int>
    ) {
        let done = store.firstDone[entry].value.wrappingAdd(1, ordering: .acquiringAndReleasing)
        guard done.newValue == units else { return }
        if down.quantized {
            let width = down.columns
            let stride = sw_q8_row_bytes(width)
            for slot in slots {
                kernels.pointee.quantize_row(
                    expert.hidden + slot * width, expert.hiddenBytes + slot * stride, width)
            }
        }
        store.middleDone[entry].value.store(1, ordering: .releasing)
    }

    /// A block of the shared expert's down product.
    private func sharedDown(_ operation: ExpertsOperation, block: Int, _ local: LocalScratch) {
        guard let shared = operation.shared else { return }
        let first = block * Run.blockRows
        let width = shared.down.columns
        let middle = Prepared(
            floats: hidden, stride: width, bytes: hiddenBytes,
            byteStride: shared.down.quantized ? sw_q8_row_bytes(width) : 0)
        sharedDownBlock(
            operation, shared, middle, first: first, count: min(Run.blockRows, shared.down.rows - first),
            local)
    }
}
