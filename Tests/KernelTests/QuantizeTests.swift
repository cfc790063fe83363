import Foundation
import Kernels
import TestSupport
import Testing

/// Conversions between float32 and the weight types.
@Suite struct QuantizeTests {
    @Test func facts() {
        #expect(WeightType.all.count == 27)
        for type in WeightType.all {
            #expect(type.quantized == (type.block > 1), "\(type.name)")
            #expect(type.bytes * 8 <= type.block * 32, "\(type.name)")
        }
        for number in [-1, 4, 5, SW_Q8_1, SW_Q8_K, 24, 33, SW_TYPE_COUNT, 1 << 20] as [Int] {
            #expect(WeightType(number) == nil)
        }
    }

    @Test(arguments: WeightType.all) func dequantizesTheReferenceBlocks(type: WeightType) throws {
        guard let (blocks, values) = type.fixture() else {
            #expect(type.name == "Q1_0", "no reference blocks of \(type.name)")
            return
        }
        let source = FencedMemory(bytes: blocks.count)
        let bytes = unsafe source.last(bytes: blocks.count)
        unsafe bytes.copyMemory(from: blocks, byteCount: blocks.count)
        let memory = FencedMemory(bytes: values.count * 4)
        for level in vectorLevels {
            let got = unsafe memory.floats(values.count)
            unsafe vectorTable(level).dequantize(type.number, bytes, got, values.count)
            let different = values.indices.filter { i in
                let value = unsafe got[i]
                return value.bitPattern != values[i].bitPattern && value != values[i]
                    && !(value.isNaN && values[i].isNaN)
            }
            #expect(
                different.isEmpty,
                "\(type.name) \(level): \(different.count) differ, first \(different.first ?? -1)")
        }
    }

    @Test func dequantizesBits() {
        // d = 0.5, bits 0, 9 and 127.
        let block: [UInt8] = [0x00, 0x38, 0x01, 0x02] + [UInt8](repeating: 0, count: 13) + [0x80]
        for level in vectorLevels {
            var y = [Float](repeating: 0, count: 128)
            unsafe vectorTable(level).dequantize(Int32(SW_Q1_0), block, &y, 128)
            #expect(y == (0..<128).map { [0, 9, 127].contains($0) ? 0.5 : -0.5 })
        }
    }

    /// Ordinary values, zeros, and magnitudes whose scale is subnormal or overflows float16.
    static let magnitudes: [Float] = [1, 0, 1e-7, 1e-30, 0x1p-140, 1e4, 1e7, 1e30]

    @Test(arguments: magnitudes) func quantizesActivations(magnitude: Float) {
        var random = SplitMix(state: 5)
        for n in Array(stride(from: 32, through: 512, by: 32)) + [4096] {
            let x = FencedMemory(bytes: 4 * n)
            var values = random.floats(n).map { $0 * magnitude }
            values.replaceSubrange(0..<8, with: repeatElement(0, count: 8))
            let source = unsafe x.floats(n, values)
            let count = sw_q8_row_bytes(n)
            var rows: [[UInt8]] = []
            for level in vectorLevels {
                let memory = FencedMemory(bytes: count)
                let row = unsafe memory.last(bytes: count)
                unsafe memset(row, 0xff, count)
                unsafe vectorTable(level).quantize_row(source, row, n)
                unsafe rows.append([UInt8](UnsafeRawBufferPointer(start: row, count: count)))
                #expect(rows.last == rows[0], "\(level) n \(n)")
            }
            unsafe rows[0].withUnsafeBytes { bytes in
                let offsets = (n + 63) / 64 * 64
                let groups = (n / 32 * 4 + 63) / 64 * 64
                let multipliers = offsets + 2 * groups + (n / 16 * 4 + 63) / 64 * 64
                let sums = multipliers + (n / 32 * 2 + 63) / 64 * 64
                let units = sums + (n / 16 * 2 + 63) / 64 * 64
                func float(_ at: Int) -> Float {
                    unsafe bytes.loadUnaligned(fromByteOffset: at, as: Float.self)
                }
                func word(_ at: Int) -> Int {
                    unsafe Int(bytes.loadUnaligned(fromByteOffset: at, as: Int16.self))
                }
                for b in 0..<n / 32 {
                    let d = float(offsets + 4 * b)
                    let q = (0..<32).map { unsafe Int(Int8(bitPattern: bytes[32 * b + $0])) }
                    let error = (0..<32).map { abs(Double(values[32 * b + $0]) - Double(d) * Double(q[$0])) }
                        .max()!
                    #expect(error <= Double(d) * 0.5001 + 1e-36, "n \(n) group \(b)")
                    let halves = [q[..<16].reduce(0, +), q[16...].reduce(0, +)]
                    #expect(float(offsets + groups + 4 * b) == d * Float(halves[0] + halves[1]))
                    for h in 0..<2 {
                        #expect(float(offsets + 2 * groups + 8 * b + 4 * h) == d * Float(halves[h]))
                        #expect(word(sums + 4 * b + 2 * h) == halves[h])
                    }
                    let m = word(multipliers + 2 * b)
                    #expect((0...127).contains(m) && float(units + b / 8 * 4) * Float(m) == d)
                    // No coarser than it must be: a smaller multiple of the unit would not reach.
                    let largest = values[32 * b..<32 * b + 32].reduce(0) { max($0, abs($1)) }
                    #expect(
                        127 * Double(float(units + b / 8 * 4)) * Double(m - 1) <= Double(largest) * 1.000001)
                }
                // A row that ends within 256 goes on with zeros where kernels read on.
                let padded = (n + 255) / 256 * 256
                for b in n / 32..<padded / 32 {
                    #expect(float(offsets + 4 * b) == 0 && float(offsets + groups + 4 * b) == 0)
                }
                let turned = units + (padded / 256 * 4 + 63) / 64 * 64
                let expected = (0..<padded).map { place in
                    let element = place / 256 * 256 + place % 32 / 4 * 32 + place % 256 / 32 * 4 + place % 4
                    return unsafe element < n ? bytes[element] : 0
                }
                unsafe #expect([UInt8](bytes[turned..<turned + padded]) == expected, "n \(n)")
            }
        }
    }

    @Test(arguments: [SW_F32, SW_F16, SW_BF16, SW_Q8_0, SW_Q4_0].compactMap { WeightType($0) }, magnitudes)
    func quantizesCacheRows(type: WeightType, magnitude: Float) {
        var random = SplitMix(state: 6)
        for n in stride(from: type.block, through: 320, by: max(type.block, 7)) {
            let values = random.floats(n).map { $0 * magnitude }
            let x = FencedMemory(bytes: 4 * n)
            let source = unsafe x.floats(n, values)
            let count = type.rowBytes(n)
            var first: [UInt8] = []
            for level in vectorLevels {
                let memory = FencedMemory(bytes: count)
                let row = unsafe memory.last(bytes: count)
                unsafe vectorTable(level).quantize(type.number, source, row, n)
                let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: row, count: count))
                if first.isEmpty { first = bytes }
                #expect(bytes == first, "\(level) n \(n)")
            }
            var back = [Float](repeating: 0, count: n)
            unsafe vectorTable("scalar").dequantize(type.number, first, &back, n)
            let steps: Float =
                [SW_Q4_0: 0.13, SW_Q8_0: 0.006, SW_BF16: 0.004, SW_F16: 0.0005][Int(type.number)] ?? 0
            // Beyond float16's range, rows only have to stay finite.
            if magnitude < 1e6 && magnitude > 1e-6 {
                let error = zip(back, values).map { abs($0 - $1) }.max()!
                #expect(error <= steps * magnitude, "n \(n)")
            }
            let finite = back.allSatisfy { $0.isFinite }
            #expect(finite || type.block == 1)
        }
    }

    /// Every kind of float to 16 bits, as Swift converts them.
    @Test(arguments: vectorLevels) func sixteenBits(level: String) {
        var random = SplitMix(state: 8)
        var values = (0..<4096).map { _ in
            Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random))
        }
        values += (0..<4096).map { _ in
            Float(Float16(bitPattern: UInt16.random(in: 0...UInt16.max, using: &random)))
        }
        values += [
            0, -0.0, .infinity, -.infinity, .nan, 65504, 65519.99, 65520, 0x1p-24, 0x1p-25, 0x1.8p-24,
            0x1.000002p-25,
        ]
        var half = [UInt16](repeating: 0, count: values.count)
        var brain = half
        unsafe vectorTable(level).quantize(Int32(SW_F16), values, &half, values.count)
        unsafe vectorTable(level).quantize(Int32(SW_BF16), values, &brain, values.count)
        for (i, value) in values.enumerated() {
            let want = Float16(value)
            let got = Float16(bitPattern: half[i])
            guard want.isNaN ? got.isNaN : want.bitPattern == half[i] else {
                Issue.record("\(value) becomes \(got)")
                return
            }
            // A bfloat16 is nearest if its neighbour below or above is no nearer.
            let upper = Float(bitPattern: UInt32(brain[i]) << 16)
            let next = Float(bitPattern: UInt32(brain[i] ^ 1) << 16)
            let distance = abs(Double(upper) - Double(value))
            let other = abs(Double(next) - Double(value))
            let nearest = upper.isFinite ? distance <= other : abs(value) > 3.38e38
            guard value.isNaN ? upper.isNaN : nearest else {
                Issue.record("\(value) becomes \(upper)")
                return
            }
        }
    }
}
