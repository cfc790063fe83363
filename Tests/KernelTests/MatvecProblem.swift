import Foundation
import Kernels
import TestSupport

/// A matrix-vector product by its definition in float64, with every operand flush with a page that
/// cannot be touched.
@safe final class MatvecProblem {
    let type: WeightType
    let n: Int, rows: Int, stride: Int
    private let weights: FencedMemory, activations: FencedMemory, result: FencedMemory
    private var at: [UnsafeMutableRawPointer] = []
    private let x: UnsafeMutableRawPointer
    /// y, and the size of the terms that it adds up.
    private(set) var want: [Double] = [], size: [Double] = []

    /// Rows of `pattern`, `gap` bytes between them; activations are `values` repeated, or random.
    init(
        _ type: WeightType, n: Int, rows: Int, gap: Int = 0, pattern: WeightPattern = .random,
        values: [Float] = [], seed: UInt64
    ) {
        var random = SplitMix(state: seed)
        (self.type, self.n, self.rows) = (type, n, rows)
        let bytes = type.rowBytes(n)
        stride = bytes + gap
        let total = stride * (rows - 1) + bytes
        weights = FencedMemory(bytes: total)
        let start = unsafe weights.last(bytes: total)
        unsafe memset(start, 0xff, total)
        for row in 0..<rows {
            unsafe at.append(start + row * stride)
            unsafe pattern.fill(UnsafeMutableRawBufferPointer(start: at[row], count: bytes), type, &random)
        }

        let scalar = unsafe vectorTable("scalar")
        let floats =
            values.isEmpty ? random.floats(n) : (0..<n).map { values[$0 % values.count] }
        let xBytes = type.quantized ? sw_q8_row_bytes(n) : 4 * n
        activations = FencedMemory(bytes: xBytes)
        unsafe x = activations.last(bytes: xBytes)
        var exact = floats.map { Double($0) }
        if type.quantized {
            unsafe memset(x, 0xff, xBytes)
            unsafe scalar.quantize_row(floats, x, n)
            let d = unsafe UnsafeRawPointer(x + (n + 63) / 64 * 64).assumingMemoryBound(to: Float.self)
            let q = unsafe x.assumingMemoryBound(to: Int8.self)
            for i in 0..<n { unsafe exact[i] = Double(q[i]) * Double(d[i / 32]) }
        } else {
            unsafe x.copyMemory(from: floats, byteCount: 4 * n)
        }
        result = FencedMemory(bytes: 4 * (rows + 1))

        var w = [Float](repeating: 0, count: n)
        for row in 0..<rows {
            unsafe scalar.dequantize(type.number, at[row], &w, n)
            var (sum, size) = (0.0, 0.0)
            for block in Swift.stride(from: 0, to: n, by: 32) {
                // Scale and minimum of a block cancel: what rounds is as large as its largest weight.
                var (largest, magnitude) = (0.0, 0.0)
                for i in block..<min(block + 32, n) {
                    sum += Double(w[i]) * exact[i]
                    largest = max(largest, abs(Double(w[i])))
                    magnitude += abs(exact[i])
                }
                size += largest * magnitude
            }
            want.append(sum)
            self.size.append(size)
        }
    }

    /// The last `count` rows' results at a level. nil if anything else was written.
    func product(_ level: String, count: Int) -> [Float]? {
        let k = unsafe vectorTable(level)
        let y = unsafe result.last(bytes: 4 * (count + 1)).assumingMemoryBound(to: Float.self)
        for i in 0...count { unsafe y[i] = -77 }
        let w = unsafe at[rows - count]
        if type.quantized {
            unsafe k.matvec(type.number, w, stride, count, n, x, y + 1)
        } else {
            let floats = unsafe x.assumingMemoryBound(to: Float.self)
            unsafe k.matvec_float(type.number, w, stride, count, n, floats, y + 1)
        }
        guard unsafe y[0] == -77 else { return nil }
        return (0..<count).map { unsafe y[$0 + 1] }
    }

    /// What is wrong with a level's result, if anything: float32 rounding is allowed, no more.
    func failure(_ level: String, count: Int, tolerance: Double = 4e-7) -> String? {
        let what = "\(level) n \(n), \(count) rows, stride \(stride)"
        guard let got = product(level, count: count) else { return "\(what): wrote before y" }
        for (i, value) in got.enumerated() {
            let row = rows - count + i
            if !(abs(Double(value) - want[row]) <= tolerance * size[row]) {
                return "\(what): row \(i) is \(value), not \(want[row]) of size \(size[row])"
            }
        }
        return nil
    }
}
