import Foundation
import Kernels
import TestSupport

/// A matrix product whose every operand ends at a page that cannot be touched, so that a kernel
/// which reads or writes past what it was given faults.
@safe final class GemmProblem {
    let type: WeightType
    let n: Int, rows: Int, columns: Int
    private let columnBytes: Int
    private let weights: FencedMemory, activations: FencedMemory, scratch: FencedMemory

    private var w: UnsafeMutableRawPointer { weights.last(bytes: rows * type.rowBytes(n)) }
    private var x: UnsafeMutableRawPointer { activations.last(bytes: columns * columnBytes) }

    /// Activations are random with a mean of their own per column, or `values` repeated; column 1
    /// begins with zeros.
    init(
        _ type: WeightType, n: Int, rows: Int, columns: Int, pattern: WeightPattern = .random,
        values: [Float] = [], seed: UInt64
    ) {
        var random = SplitMix(state: seed)
        (self.type, self.n, self.rows, self.columns) = (type, n, rows, columns)
        columnBytes = type.quantized ? sw_q8_row_bytes(n) : n * 4
        weights = FencedMemory(bytes: rows * type.rowBytes(n))
        activations = FencedMemory(bytes: columns * columnBytes)
        scratch = FencedMemory(bytes: sw_gemm_scratch(n))
        for row in 0..<rows {
            let start = unsafe w + row * type.rowBytes(n)
            unsafe pattern.fill(
                UnsafeMutableRawBufferPointer(start: start, count: type.rowBytes(n)), type, &random)
        }
        let scalar = unsafe vectorTable("scalar")
        for column in 0..<columns {
            let mean = Float(Int.random(in: -1...1, using: &random))
            var floats = (0..<n).map {
                values.isEmpty ? mean + .random(in: -1...1, using: &random) : values[$0 % values.count]
            }
            if column == 1 {
                floats.replaceSubrange(0..<min(n, 32), with: repeatElement(0, count: min(n, 32)))
            }
            let to = unsafe x + column * columnBytes
            if type.quantized {
                unsafe scalar.quantize_row(floats, to, n)
            } else {
                unsafe floats.withUnsafeBytes {
                    unsafe to.copyMemory(from: $0.baseAddress!, byteCount: n * 4)
                }
            }
        }
    }

    /// y[c * rows + r] of rows `row ..< row + rows` and of `index`'s columns, or the first
    /// `columns`.
    func product(_ level: String, row: Int = 0, rows: Int? = nil, index: [Int32] = [], columns: Int? = nil)
        -> [Float]
    {
        let k = unsafe vectorTable(level)
        let height = rows ?? self.rows - row
        let width = index.isEmpty ? columns ?? self.columns : index.count
        let ldy = height + 1
        let count = (width - 1) * ldy + height
        let result = FencedMemory(bytes: count * 4)
        let y = unsafe result.floats(count)
        unsafe memset(y, 0xff, count * 4)
        let first = unsafe w + row * type.rowBytes(n)
        let room = unsafe scratch.last(bytes: sw_gemm_scratch(n))
        unsafe index.withUnsafeBufferPointer { list in
            let list = list.isEmpty ? nil : list.baseAddress
            if type.quantized {
                unsafe k.gemm(
                    type.number, first, type.rowBytes(n), height, n, x, columnBytes, list, width, y, ldy, room
                )
            } else {
                let floats = unsafe x.assumingMemoryBound(to: Float.self)
                unsafe k.gemm_float(
                    type.number, first, type.rowBytes(n), height, n, floats, n, list, width, y, ldy, room)
            }
        }
        return (0..<width * height).map { unsafe y[$0 / height * ldy + $0 % height] }
    }

    /// The same by `matvec_few`, with one row more than fits between two columns' results untouched.
    func few(_ level: String, index: [Int32]) -> [Float] {
        let k = unsafe vectorTable(level)
        let ldy = rows + 1
        let count = (index.count - 1) * ldy + rows
        let result = FencedMemory(bytes: count * 4)
        let y = unsafe result.floats(count)
        unsafe memset(y, 0xff, count * 4)
        unsafe k.matvec_few(
            type.number, w, type.rowBytes(n), rows, n, x, columnBytes, index, index.count, y, ldy)
        for column in 1..<max(1, index.count) where unsafe !y[column * ldy - 1].isNaN { return [] }
        return (0..<index.count * rows).map { unsafe y[$0 / rows * ldy + $0 % rows] }
    }

    /// One column by `matvec`.
    func single(_ level: String, column: Int32) -> [Float] {
        var y = [Float](repeating: 0, count: rows)
        unsafe vectorTable(level).matvec(
            type.number, w, type.rowBytes(n), rows, n, x + Int(column) * columnBytes, &y)
        return y
    }

    /// One result in float64, and the sum of its terms' magnitudes.
    func definition(row: Int, column: Int) -> (value: Double, size: Double) {
        let terms = zip(weightRow(row), activationColumn(column)).map { Double($0) * $1 }
        return (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
    }

    /// The lengths of the rows of weights and of the columns of activations: their products
    /// bound what a sum can lose by rounding.
    func norms() -> (rows: [Double], columns: [Double]) {
        func norm(_ values: some Sequence<Double>) -> Double {
            values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        return (
            (0..<rows).map { norm(weightRow($0).lazy.map(Double.init)) },
            (0..<columns).map { norm(activationColumn($0)) }
        )
    }

    private func weightRow(_ row: Int) -> [Float] {
        var values = [Float](repeating: 0, count: n)
        unsafe vectorTable("scalar").dequantize(type.number, w + row * type.rowBytes(n), &values, n)
        return values
    }

    /// In float64, for the product of a code and its scale is exact there.
    private func activationColumn(_ column: Int) -> [Double] {
        let at = unsafe x + column * columnBytes
        let scales = (n + 63) / 64 * 64
        return (0..<n).map { i in
            guard type.quantized else { return Double(unsafe at.load(fromByteOffset: i * 4, as: Float.self)) }
            return unsafe Double(at.load(fromByteOffset: i, as: Int8.self))
                * Double(at.load(fromByteOffset: scales + i / 32 * 4, as: Float.self))
        }
    }
}
