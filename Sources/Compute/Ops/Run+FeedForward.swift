import Kernels

extension Run {
    func feedForward(_ operation: FeedForwardOperation, _ worker: inout Worker) {
        let pair = operation.pair
        let down = operation.down
        let input = prepare(operation.source, quantized: pair.quantized, floats: pair.floats, &worker)
        let width = pair.up.rows
        let local = locals[worker.thread]
        let chunk = rows == 1 ? chunkRows(pair.gate) : Run.blockRows
        if collector != nil {
            collect(pair.gate, input.floats, stride: input.stride, count: rows, thread: worker.thread)
            collect(pair.up, input.floats, stride: input.stride, count: rows, thread: worker.thread)
        }
        worker.forEach(units: divideUp(width, chunk)) { unit in
            let first = unit * chunk
            let count = min(chunk, width - first)
            if let factors = operation.factors {
                activate(pair, first: first, count: count, input, factors, into: hidden + first, local)
                return
            }
            activate(
                pair, first: first, count: count, input, index: nil, columns: rows, into: hidden + first,
                stride: width, local)
        }
        worker.barrier()

        // The second product takes the hidden rows like any other source.
        let byteStride = down.quantized ? sw_q8_row_bytes(width) : 0
        var bytes = local.hiddenBytes
        if down.quantized {
            if rows == 1 {
                kernels.pointee.quantize_row(hidden, local.hiddenBytes, width)
            } else {
                bytes = hiddenBytes
                worker.forEach(units: rows) { row in
                    kernels.pointee.quantize_row(hidden + row * width, bytes + row * byteStride, width)
                }
                worker.barrier()
            }
        }
        if collector != nil { collect(down, hidden, stride: width, count: rows, thread: worker.thread) }
        let middle = Prepared(floats: hidden, stride: width, bytes: bytes, byteStride: byteStride)
        let output = buffer(operation.output)
        let outputChunk = rows == 1 ? chunkRows(down) : Run.blockRows
        worker.forEach(units: divideUp(down.rows, outputChunk)) { unit in
            let first = unit * outputChunk
            let count = min(outputChunk, down.rows - first)
            if rows == 1 {
                let target = operation.accumulate ? local.results : output + first
                multiplyRow(down, first: first, count: count, floats: hidden, bytes: bytes, into: target)
                if operation.accumulate { kernels.pointee.axpy(1, target, output + first, count) }
                return
            }
            let target = operation.accumulate ? local.results : output + first
            let stride = operation.accumulate ? Run.blockRows : down.rows
            multiplyBlock(
                down, first: first, count: count, middle, index: nil, columns: rows, into: target,
                stride: stride,
                local)
            if operation.accumulate {
                for row in 0..<rows {
                    kernels.pointee.axpy(1, target + row * stride, output + row * down.rows + first, count)
                }
            }
        }
    }

    /// result[c * stride + r] = activation(gate row x input c) * (up row x input c), for the
    /// rows first..<first + count; `result` points at row `first` of column 0.
    ///
    /// - Parameter scales: factors on the inputs' columns; nil: none.
    @inline(__always)
    func activate(
        _ pair: GatedPair, first: Int, count: Int, _ input: Prepared, index: UnsafePointer<Int32>?,
        columns: Int, scales: UnsafePointer<Float>? = nil, into result: UnsafeMutablePointer<Float>,
        stride: Int, _ local: LocalScratch
    ) {
        let gates = local.results
        if columns == 1 {
            let column = index.map { Int($0[0]) } ?? 0
            let floats = input.floats + column * input.stride
            let bytes = input.bytes + column * input.byteStride
            let ups = gates + count
            multiplyRow(pair.gate, first: first, count: count, floats: floats, bytes: bytes, into: gates)
            multiplyRow(pair.up, first: first, count: count, floats: floats, bytes: bytes, into: ups)
            adjust(gates, ups, pair, scale: scales?[0] ?? 1, first: first, count)
            apply(pair.activation, gates, ups, result, count)
            return
        }
        let ups = gates + columns * Run.blockRows
        multiplyBlock(
            pair.gate, first: first, count: count, input, index: index, columns: columns, into: gates,
            stride: Run.blockRows, local)
        multiplyBlock(
            pair.up, first: first, count: count, input, index: index, columns: columns, into: ups,
            stride: Run.blockRows, local)
        for column in 0..<columns {
            let gate = gates + column * Run.blockRows
            let up = ups + column * Run.blockRows
            adjust(gate, up, pair, scale: scales?[column] ?? 1, first: first, count)
            apply(pair.activation, gate, up, result + column * stride, count)
        }
    }

    /// The same with given factors in place of the product with `up`, for all rows.
    @inline(__always)
    private func activate(
        _ pair: GatedPair, first: Int, count: Int, _ input: Prepared, _ factors: Columns,
        into result: UnsafeMutablePointer<Float>, _ local: LocalScratch
    ) {
        let gates = local.results
        if rows == 1 {
            multiplyRow(
                pair.gate, first: first, count: count, floats: input.floats, bytes: input.bytes, into: gates)
        } else {
            multiplyBlock(
                pair.gate, first: first, count: count, input, index: nil, columns: rows, into: gates,
                stride: Run.blockRows, local)
        }
        let given = buffer(factors.buffer) + factors.first + first
        for row in 0..<rows {
            apply(
                pair.activation, gates + row * Run.blockRows, given + row * factors.stride,
                result + row * pair.gate.rows, count)
        }
    }

    /// The input's scale, which may as well multiply the product, and the biases.
    @inline(__always)
    private func adjust(
        _ gate: UnsafeMutablePointer<Float>, _ up: UnsafeMutablePointer<Float>, _ pair: GatedPair,
        scale: Float, first: Int, _ count: Int
    ) {
        if scale != 1 {
            kernels.pointee.scale(scale, gate, count)
            kernels.pointee.scale(scale, up, count)
        }
        if let bias = pair.gateBias { kernels.pointee.axpy(1, bias + first, gate, count) }
        if let bias = pair.upBias { kernels.pointee.axpy(1, bias + first, up, count) }
    }

    @inline(__always)
    private func apply(
        _ activation: Activation, _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>,
        _ result: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        switch activation {
        case .silu: kernels.pointee.silu_mul(gate, up, result, count)
        case .gelu: kernels.pointee.gelu_mul(gate, up, result, count)
        case .swiGLUClamped(let alpha, let limit):
            kernels.pointee.swiglu_clamped(gate, up, alpha, limit, result, count)
        }
    }
}
