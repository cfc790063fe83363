import Glibc
import Kernels

// Matrix products. One row (decode) takes the matrix-vector kernels straight off the mapped
// bytes, every thread preparing the row for itself, which is cheaper than a barrier. More
// rows are prepared once, shared out, and go through the panel product.

/// A source's rows as products take them: float32 and int8.
struct Prepared: BitwiseCopyable {
    var floats: UnsafePointer<Float>
    var stride: Int
    var bytes: UnsafeRawPointer
    var byteStride: Int
}

extension Run {
    /// Normalizes and quantizes a source. With more than one row this contains a barrier.
    func prepare(_ source: Source, quantized: Bool, floats: Bool, _ worker: inout Worker) -> Prepared {
        let width = source.width
        let input = buffer(source.buffer)
        let byteStride = quantized ? sw_q8_row_bytes(width) : 0
        if rows == 1 {
            let local = locals[worker.thread]
            let row = prepareRow(source, input, into: local.floats)
            if quantized { kernels.pointee.quantize_row(row, local.bytes, width) }
            return Prepared(floats: row, stride: width, bytes: local.bytes, byteStride: byteStride)
        }
        let shared = preparedFloats
        let bytes = preparedBytes
        let local = locals[worker.thread].floats
        worker.forEach(units: rows) { row in
            // Rows that only the int8 products read need not leave this core's cache.
            let target = floats || dump != nil || collector != nil ? shared + row * width : local
            let values = prepareRow(source, input + row * width, into: target)
            if quantized { kernels.pointee.quantize_row(values, bytes + row * byteStride, width) }
        }
        worker.barrier()
        let values = source.norm == nil ? input : shared
        return Prepared(floats: values, stride: width, bytes: bytes, byteStride: byteStride)
    }

    @inline(__always)
    private func prepareRow(
        _ source: Source, _ input: UnsafeMutablePointer<Float>, into target: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        guard let norm = source.norm else { return UnsafePointer(input) }
        for first in stride(from: 0, to: source.width, by: source.segment) {
            kernels.pointee.rms_norm(input + first, norm, source.epsilon, target + first, source.segment)
        }
        return UnsafePointer(target)
    }

    /// Weight rows that one unit of decode work covers.
    @inline(__always)
    func chunkRows(_ weight: Weight) -> Int { chunkRows(weight.rows, bytes: weight.rowBytes) }

    /// Eight units for every thread, so that none idles for long, but none so small that the
    /// kernels' prefetching never gets going (nor so large that its results leave the cache).
    @inline(__always)
    func chunkRows(_ rows: Int, bytes: Int) -> Int {
        let fair = divideUp(rows, 8 * threads)
        let least = Run.chunkBytes.lowerBound / bytes
        let most = Run.chunkBytes.upperBound / bytes
        return max(4, (min(most, max(least, fair)) + 3) & ~3)
    }

    /// result[r] = weight row (first + r) x the prepared row, for `count` rows.
    @inline(__always)
    func multiplyRow(
        _ weight: Weight, first: Int, count: Int, floats: UnsafePointer<Float>, bytes: UnsafeRawPointer,
        into result: UnsafeMutablePointer<Float>
    ) {
        if weight.quantized {
            kernels.pointee.matvec(
                weight.type, weight.row(first), weight.rowBytes, count, weight.columns, bytes, result)
        } else {
            kernels.pointee.matvec_float(
                weight.type, weight.row(first), weight.rowBytes, count, weight.columns, floats, result)
        }
    }

    /// result[c * stride + r] = weight row (first + r) x prepared row (index[c] or c).
    @inline(__always)
    func multiplyBlock(
        _ weight: Weight, first: Int, count: Int, _ input: Prepared, index: UnsafePointer<Int32>?,
        columns: Int,
        into result: UnsafeMutablePointer<Float>, stride: Int, _ local: LocalScratch
    ) {
        if columns <= Run.fewColumns {
            if weight.quantized {
                kernels.pointee.matvec_few(
                    weight.type, weight.row(first), weight.rowBytes, count, weight.columns, input.bytes,
                    input.byteStride, index, columns, result, stride)
                return
            }
            // The block of weights stays in the core's cache from one column to the next.
            for column in 0..<columns {
                let place = index.map { Int($0[column]) } ?? column
                kernels.pointee.matvec_float(
                    weight.type, weight.row(first), weight.rowBytes, count, weight.columns,
                    input.floats + place * input.stride, result + column * stride)
            }
            return
        }
        if let blas, !weight.quantized, index == nil, count <= Run.blockRows, let panel = local.panel {
            for row in 0..<count {
                kernels.pointee.dequantize(
                    weight.type, weight.row(first + row), panel + row * weight.columns, weight.columns)
            }
            blas.multiply(
                w: panel, rows: count, length: weight.columns, x: input.floats, xStride: input.stride,
                columns: columns, y: result, stride: stride)
        } else if weight.quantized {
            kernels.pointee.gemm(
                weight.type, weight.row(first), weight.rowBytes, count, weight.columns, input.bytes,
                input.byteStride,
                index, columns, result, stride, local.gemm)
        } else {
            kernels.pointee.gemm_float(
                weight.type, weight.row(first), weight.rowBytes, count, weight.columns, input.floats,
                input.stride,
                index, columns, result, stride, local.gemm)
        }
    }

    func embed(_ operation: EmbedOperation, _ worker: inout Worker) {
        let table = operation.table
        let output = buffer(operation.output)
        worker.forEach(units: rows) { row in
            let target = output + row * table.columns
            var source = table.row(Int(tokens[row]))
            for index in 0..<rowTableCount {
                if let read = rowTables?[index], read.table == table.base { source = read.rows[row] }
            }
            kernels.pointee.dequantize(table.type, source, target, table.columns)
            if operation.scale != 1 { kernels.pointee.scale(operation.scale, target, table.columns) }
        }
    }

    func project(_ operation: ProjectOperation, _ worker: inout Worker) {
        let products = UnsafeBufferPointer(start: operation.products, count: operation.count)
        var anyFloat = false
        for product in products where !product.weight.quantized { anyFloat = true }
        let input = prepare(operation.source, quantized: operation.anyQuantized, floats: anyFloat, &worker)
        if collector != nil {
            for product in products {
                collect(
                    product.weight, input.floats, stride: input.stride, count: rows, thread: worker.thread)
            }
        }
        if rows == 1 {
            projectRow(products, input, &worker)
        } else {
            projectRows(products, input, &worker)
        }
    }

    private func projectRow(
        _ products: UnsafeBufferPointer<Product>, _ input: Prepared, _ worker: inout Worker
    ) {
        var units = 0
        for product in products { units += divideUp(product.weight.rows, chunkRows(product.weight)) }
        let results = locals[worker.thread].results
        worker.forEach(units: units) { unit in
            var unit = unit
            for product in products {
                let weight = product.weight
                let chunk = chunkRows(weight)
                let chunks = divideUp(weight.rows, chunk)
                if unit >= chunks {
                    unit -= chunks
                    continue
                }
                let first = unit * chunk
                let count = min(chunk, weight.rows - first)
                let output = buffer(product.output) + first
                let target = product.accumulate ? results : output
                multiplyRow(
                    weight, first: first, count: count, floats: input.floats, bytes: input.bytes, into: target
                )
                finish(product, target, first: first, count: count, into: output)
                break
            }
        }
    }

    private func projectRows(
        _ products: UnsafeBufferPointer<Product>, _ input: Prepared, _ worker: inout Worker
    ) {
        var units = 0
        for product in products { units += divideUp(product.weight.rows, Run.blockRows) }
        let local = locals[worker.thread]
        worker.forEach(units: units) { unit in
            var unit = unit
            for product in products {
                let weight = product.weight
                let blocks = divideUp(weight.rows, Run.blockRows)
                if unit >= blocks {
                    unit -= blocks
                    continue
                }
                let first = unit * Run.blockRows
                let count = min(Run.blockRows, weight.rows - first)
                let output = buffer(product.output) + first
                let direct = !product.accumulate
                let target = direct ? output : local.results
                let stride = direct ? weight.rows : Run.blockRows
                multiplyBlock(
                    weight, first: first, count: count, input, index: nil, columns: rows, into: target,
                    stride: stride, local)
                if product.accumulate || product.bias != nil {
                    for row in 0..<rows {
                        finish(
                            product, target + row * stride, first: first, count: count,
                            into: output + row * weight.rows)
                    }
                }
                break
            }
        }
    }

    /// Adds the bias, and the result to what the output holds where the product accumulates.
    @inline(__always)
    private func finish(
        _ product: Product, _ result: UnsafeMutablePointer<Float>, first: Int, count: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        if product.accumulate { kernels.pointee.axpy(1, result, output, count) }
        if let bias = product.bias { kernels.pointee.axpy(1, bias + first, output, count) }
    }

    /// target = scale x (target + norm(sum of sources)), rows shared out.
    func add(_ operation: AddOperation, _ worker: inout Worker) {
        let width = operation.source.width
        let first = buffer(operation.source.buffer)
        let local = locals[worker.thread]
        worker.forEach(units: rows) { row in
            let target = buffer(operation.target) + row * width
            var sum = prepareRow(operation.source, first + row * width, into: local.floats)
            if operation.second != nil || operation.norm != nil {
                let total = local.results
                total.update(from: sum, count: width)
                if let second = operation.second {
                    let values = prepareRow(second, buffer(second.buffer) + row * width, into: local.floats)
                    kernels.pointee.add(values, total, width)
                }
                if let norm = operation.norm {
                    kernels.pointee.rms_norm(total, norm, operation.epsilon, total, width)
                }
                sum = UnsafePointer(total)
            }
            kernels.pointee.add(sum, target, width)
            if operation.scale != 1 { kernels.pointee.scale(operation.scale, target, width) }
        }
    }

    /// Logits of the wanted rows: few rows, so each is a matrix-vector product of its own
    /// unless there are enough for panels.
    func head(_ operation: HeadOperation, _ worker: inout Worker) {
        if outputCount == 0 { return }
        let source = operation.source
        let weight = operation.weight
        let input = buffer(source.buffer)
        let byteStride = weight.quantized ? sw_q8_row_bytes(source.width) : 0
        let width = source.width
        if outputCount == 1 {
            let local = locals[worker.thread]
            let values = prepareRow(source, input + Int(outputRows[0]) * width, into: local.floats)
            if weight.quantized { kernels.pointee.quantize_row(values, local.bytes, width) }
            let chunk = chunkRows(weight)
            worker.forEach(units: divideUp(weight.rows, chunk)) { unit in
                let first = unit * chunk
                let count = min(chunk, weight.rows - first)
                multiplyRow(
                    weight, first: first, count: count, floats: values, bytes: local.bytes,
                    into: logits + first)
                finishLogits(operation, logits + first, count)
            }
            return
        }
        let shared = preparedFloats
        let bytes = preparedBytes
        worker.forEach(units: outputCount) { output in
            let row = Int(outputRows[output])
            var values = prepareRow(source, input + row * width, into: shared + output * width)
            if source.norm == nil {
                (shared + output * width).update(from: values, count: width)
                values = UnsafePointer(shared + output * width)
            }
            if weight.quantized { kernels.pointee.quantize_row(values, bytes + output * byteStride, width) }
        }
        worker.barrier()
        let prepared = Prepared(floats: shared, stride: width, bytes: bytes, byteStride: byteStride)
        if collector != nil {
            collect(weight, shared, stride: width, count: outputCount, thread: worker.thread)
        }
        let local = locals[worker.thread]
        worker.forEach(units: divideUp(weight.rows, Run.blockRows)) { unit in
            let first = unit * Run.blockRows
            let count = min(Run.blockRows, weight.rows - first)
            multiplyBlock(
                weight, first: first, count: count, prepared, index: nil, columns: outputCount,
                into: logits + first,
                stride: weight.rows, local)
            for output in 0..<outputCount {
                finishLogits(operation, logits + output * weight.rows + first, count)
            }
        }
    }

    @inline(__always)
    private func finishLogits(_ operation: HeadOperation, _ values: UnsafeMutablePointer<Float>, _ count: Int)
    {
        if operation.scale != 1 { kernels.pointee.scale(operation.scale, values, count) }
        if operation.softcap != 0 {
            for index in 0..<count {
                values[index] = operation.softcap * tanhf(values[index] / operation.softcap)
            }
        }
    }
}

@inline(__always)
func divideUp(_ value: Int, _ by: Int) -> Int { (value + by - 1) / by }
