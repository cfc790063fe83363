import Foundation
import Kernels
import TestSupport
import Testing

/// Every operation on one row, at every level and length, against float64.
@Suite struct VectorTests {
    static let lengths = Array(0...130)
    let first = FencedMemory(bytes: 4096), second = FencedMemory(bytes: 4096)
    let third = FencedMemory(bytes: 4096)

    /// Whether `got` is within `relative` of `want`, or of `scale` where terms cancel.
    func close(_ got: Float, _ want: Double, _ relative: Double = 5e-7, scale: Double = 0) -> Bool {
        if want.isNaN { return got.isNaN }
        if want.isInfinite { return Double(got) == want }
        return abs(Double(got) - want) <= relative * max(abs(want), scale) + 3e-45
    }

    /// Runs `kernel` on rows of every length and compares each element of the last row with
    /// `reference` of the elements at its place.
    func check(
        _ name: String, _ level: String, in range: ClosedRange<Float> = -8...8, tolerance: Double = 1e-6,
        scale: Double = 1e-3,
        _ kernel: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int)
            -> Void,
        _ reference: (Double, Double, Double) -> Double
    ) {
        var random = SplitMix(state: 7)
        for n in Self.lengths {
            let x = random.floats(n, range)
            let y = random.floats(n, range)
            let z = random.floats(n, range)
            let (p, q, r) = unsafe (first.floats(n, x), second.floats(n, y), third.floats(n, z))
            unsafe kernel(p, q, r, n)
            for i in 0..<n {
                let want = reference(Double(x[i]), Double(y[i]), Double(z[i]))
                guard unsafe close(r[i], want, tolerance, scale: scale) else {
                    Issue.record(
                        "\(name) \(level) n \(n) at \(i): \(unsafe r[i]), not \(want), of \(x[i]) \(y[i])")
                    return
                }
            }
        }
    }

    @Test(arguments: vectorLevels) func elementwise(level: String) {
        let k = unsafe vectorTable(level)
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        unsafe check("add", level, { unsafe k.add($0, $2, $3) }, { x, _, z in x + z })
        unsafe check(
            "axpy", level, scale: 8, { unsafe k.axpy(0.75, $0, $2, $3) }, { x, _, z in 0.75 * x + z })
        unsafe check("scale", level, { unsafe k.scale(-1.5, $2, $3) }, { _, _, z in -1.5 * z })
        unsafe check(
            "silu_mul", level, { unsafe k.silu_mul($0, $1, $2, $3) }, { x, y, _ in x * sigmoid(x) * y })
        // The error of the exponent grows with it.
        unsafe check(
            "gelu_mul", level, tolerance: 2e-5, { unsafe k.gelu_mul($0, $1, $2, $3) },
            { x, y, _ in
                x * sigmoid(2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)) * y
            })
        unsafe check(
            "sigmoid_mul", level, { unsafe k.sigmoid_mul($0, $1, $2, $3) }, { x, y, _ in sigmoid(x) * y })
        unsafe check(
            "swiglu_clamped", level, tolerance: 3e-6, { unsafe k.swiglu_clamped($0, $1, 1.702, 7, $2, $3) },
            { x, y, _ in
                let g = min(x, 7)
                return g * sigmoid(Double(Float(1.702)) * g) * (max(-7, min(y, 7)) + 1)
            })
        unsafe check("sigmoid", level, { unsafe k.sigmoid($2, $3) }, { _, _, z in sigmoid(z) })
        unsafe check(
            "softcap", level, in: -300...300, { unsafe k.softcap(50, $2, $3) },
            { _, _, z in 50 * tanh(z / 50) })
        unsafe check(
            "softcap", level, in: -0.1...0.1, { unsafe k.softcap(30, $2, $3) },
            { _, _, z in 30 * tanh(z / 30) })
    }

    /// The output may be one of the inputs.
    @Test(arguments: vectorLevels) func inPlace(level: String) {
        let k = unsafe vectorTable(level)
        var random = SplitMix(state: 3)
        for n in [1, 15, 16, 33, 100] {
            let gate = random.floats(n, -6...6)
            let up = random.floats(n)
            let (p, q, out) = unsafe (first.floats(n, gate), second.floats(n, up), third.floats(n))
            unsafe k.silu_mul(p, q, out, n)
            unsafe k.silu_mul(p, q, p, n)
            for i in 0..<n { unsafe #expect(p[i] == out[i]) }
            unsafe k.gelu_mul(first.floats(n, gate), q, out, n)
            unsafe k.gelu_mul(p, q, q, n)
            for i in 0..<n { unsafe #expect(q[i] == out[i]) }
        }
    }

    @Test(arguments: vectorLevels) func sums(level: String) {
        let k = unsafe vectorTable(level)
        var random = SplitMix(state: 1)
        for n in Self.lengths {
            let x = random.floats(n)
            let y = random.floats(n)
            let (p, q) = unsafe (first.floats(n, x), second.floats(n, y))
            let want = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            let got = unsafe k.dot(p, q, n)
            #expect(close(got, want, 3e-7, scale: Double(n).squareRoot()), "dot \(n): \(got), not \(want)")

            let largest = unsafe k.max(p, n)
            #expect(largest == x.max() ?? -.infinity, "max \(n)")

            let sum = unsafe k.exp_sum(p, largest, n)
            let total = x.reduce(0.0) { $0 + exp(Double($1 - largest)) }
            #expect(close(sum, total), "exp_sum \(n): \(sum), not \(total)")
            for i in 0..<n { unsafe #expect(close(p[i], exp(Double(x[i] - largest)), 2e-7)) }
        }
    }

    @Test(arguments: vectorLevels) func norms(level: String) {
        let k = unsafe vectorTable(level)
        var random = SplitMix(state: 2)
        for n in Self.lengths.dropFirst() {
            let x = random.floats(n, -3...3)
            let w = random.floats(n)
            let y = random.floats(n)
            func want(_ x: [Float], _ w: [Float]?) -> [Double] {
                let mean = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(n)
                return (0..<n).map { Double(x[$0]) / (mean + 1e-5).squareRoot() * Double(w?[$0] ?? 1) }
            }
            func expect(_ got: UnsafeMutablePointer<Float>, _ want: [Double], _ what: String) {
                for i in 0..<n where unsafe !close(got[i], want[i], 6e-7) {
                    Issue.record("\(what) \(level) n \(n) at \(i): \(unsafe got[i]), not \(want[i])")
                }
            }
            let (p, q, r) = unsafe (first.floats(n, x), second.floats(n, w), third.floats(n))
            unsafe k.rms_norm(p, q, 1e-5, r, n)
            unsafe expect(r, want(x, w), "rms_norm")
            unsafe k.rms_norm(p, nil, 1e-5, r, n)
            unsafe expect(r, want(x, nil), "rms_norm without weights")
            let sums = zip(x, y).map { $0 + $1 }
            unsafe k.add_rms_norm(p, third.floats(n, y), q, 1e-5, r, n)
            unsafe expect(r, want(sums, w), "add_rms_norm")
            for i in 0..<n { unsafe #expect(p[i] == sums[i]) }
            unsafe k.rms_norm(p, q, 1e-5, p, n)
            unsafe expect(p, want(sums, w), "rms_norm in place")
        }
    }

    @Test(arguments: vectorLevels) func rotary(level: String) {
        let k = unsafe vectorTable(level)
        var random = SplitMix(state: 4)
        for n in Self.lengths where n % 2 == 0 {
            let x = random.floats(n)
            let angles = random.floats(n / 2, -4...4)
            let (c, s) = (angles.map { cos($0) }, angles.map { sin($0) })
            for interleaved in [false, true] {
                let p = unsafe first.floats(n, x)
                let (pc, ps) = unsafe (second.floats(n / 2, c), third.floats(n / 2, s))
                if interleaved {
                    unsafe k.rope_interleaved(p, pc, ps, n)
                } else {
                    unsafe k.rope_neox(p, pc, ps, n)
                }
                for i in 0..<n / 2 {
                    let (one, two) = interleaved ? (2 * i, 2 * i + 1) : (i, i + n / 2)
                    let (u, v) = (Double(x[one]), Double(x[two]))
                    let (cosine, sine) = (Double(c[i]), Double(s[i]))
                    let good =
                        unsafe close(p[one], u * cosine - v * sine, 2e-7, scale: 1)
                        && close(p[two], u * sine + v * cosine, 2e-7, scale: 1)
                    #expect(good, "rope \(level) interleaved \(interleaved) n \(n) pair \(i)")
                }
            }
        }
    }

    @Test(arguments: vectorLevels) func exponential(level: String) {
        let k = unsafe vectorTable(level)
        var worst = 0.0
        for block in 0..<180 {
            let x = (0..<64).map { Float(block) - 90 + Float($0) / 64 }
            let p = unsafe first.floats(64, x)
            _ = unsafe k.exp_sum(p, 0, 64)
            for i in 0..<64 where x[i] > -87 && x[i] < 88.7 {
                let want = exp(Double(x[i]))
                worst = unsafe max(worst, abs(Double(p[i]) - want) / want)
            }
        }
        #expect(worst < 1.2e-7)
        let special: [Float] = [-.infinity, -1e30, -200, -104, -100, -95, 0, -0.0, 88.8, .infinity, .nan, 1]
        let p = unsafe first.floats(special.count, special)
        _ = unsafe k.exp_sum(p, 0, special.count)
        for (i, x) in special.enumerated() {
            let want = Float(exp(Double(x)))
            let same = unsafe p[i] == want || abs(p[i] - want) <= max(want * 2e-7, 0x1p-149)
            unsafe #expect(same || (x.isNaN && p[i].isNaN), "exp \(x): \(unsafe p[i]), not \(want)")
        }
        unsafe #expect(p[0] == 0 && p[1] == 0 && p[2] == 0 && p[6] == 1 && p[7] == 1)
    }

    @Test(arguments: vectorLevels) func extremes(level: String) {
        let k = unsafe vectorTable(level)
        // Gates far out: no NaN from exp's overflow.
        for n in [1, 16, 17, 40] {
            let p = unsafe first.floats(n, [Float](repeating: -1000, count: n))
            let (q, r) = unsafe (second.floats(n, [Float](repeating: 1, count: n)), third.floats(n))
            unsafe k.silu_mul(p, q, r, n)
            for i in 0..<n { unsafe #expect(r[i] == 0) }
            unsafe k.gelu_mul(p, q, r, n)
            for i in 0..<n { unsafe #expect(r[i] == 0) }
            for i in 0..<n { unsafe p[i] = 1000 }
            unsafe k.silu_mul(p, q, r, n)
            for i in 0..<n { unsafe #expect(r[i] == 1000) }
            // A NaN is no largest element, and shows in sums.
            unsafe p[n / 2] = .nan
            unsafe #expect(k.max(p, n) == (n == 1 ? -.infinity : 1000))
            unsafe #expect(k.dot(p, q, n).isNaN)
        }
    }

    @Test(arguments: vectorLevels) func topK(level: String) {
        let k = unsafe vectorTable(level)
        let places = FencedMemory(bytes: 4096)
        var random = SplitMix(state: 5)
        for n in Array(1...70) + [128, 256, 1000] {
            // Few different values: ties must go to the lower place.
            let x = (0..<n).map { _ in Float(Int.random(in: 0..<(n > 40 ? 500 : 6), using: &random)) - 3 }
            let order = (0..<n).sorted { x[$0] > x[$1] || x[$0] == x[$1] && $0 < $1 }
            for count in [0, 1, 2, min(8, n), min(n, 33), min(n, 65), n] where count <= n {
                let index = unsafe places.last(bytes: count * 4).bindMemory(to: Int32.self, capacity: count)
                unsafe k.top_k(first.floats(n, x), n, count, index)
                let got = (0..<count).map { unsafe Int(index[$0]) }
                #expect(got == Array(order.prefix(count)), "top \(count) of \(n)")
            }
        }
        let p = unsafe first.floats(4, [.nan, 1, -.infinity, 2])
        let index = unsafe places.last(bytes: 16).bindMemory(to: Int32.self, capacity: 4)
        unsafe k.top_k(p, 4, 4, index)
        unsafe #expect((index[0], index[1], index[2], index[3]) == (3, 1, 0, 2))
    }
}
