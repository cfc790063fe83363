import Foundation
import Kernels
import TestSupport
import Testing

/// The mixers with a state of fixed size, at every level, against float64.
@Suite struct RecurrentTests {
    @Test(arguments: vectorLevels) func deltaRule(level: String) {
        let table = unsafe vectorTable(level)
        var random = SplitMix(state: 21)
        for (keyDim, valueDim, tokens) in [
            (16, 16, 5), (128, 128, 3), (64, 48, 4), (7, 37, 6), (8, 5, 1), (32, 100, 9),
        ] {
            var q = random.floats(tokens * keyDim)
            var k = random.floats(tokens * keyDim)
            for t in 0..<tokens {
                let row = t * keyDim..<(t + 1) * keyDim
                let length = k[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
                for i in row { (q[i], k[i]) = (q[i] / Float(keyDim).squareRoot(), k[i] / length) }
            }
            let v = random.floats(tokens * valueDim)
            let decay = random.floats(tokens, 0.5...1)
            let beta = random.floats(tokens, 0...1)
            let start = random.floats(keyDim * valueDim)

            var state = start.map { Double($0) }
            var want: [Double] = []
            for t in 0..<tokens {
                for j in 0..<valueDim {
                    var recalled = 0.0
                    var sum = 0.0
                    for i in 0..<keyDim {
                        state[j * keyDim + i] *= Double(decay[t])
                        recalled += Double(k[t * keyDim + i]) * state[j * keyDim + i]
                    }
                    let change = Double(beta[t]) * (Double(v[t * valueDim + j]) - recalled)
                    for i in 0..<keyDim {
                        state[j * keyDim + i] += Double(k[t * keyDim + i]) * change
                        sum += Double(q[t * keyDim + i]) * state[j * keyDim + i]
                    }
                    want.append(sum)
                }
            }

            func run(_ cuts: [Int]) -> ([Float], [Float]) {
                let memory = FencedMemory(bytes: keyDim * valueDim * 4)
                let results = FencedMemory(bytes: tokens * valueDim * 4)
                let s = unsafe memory.floats(keyDim * valueDim, start)
                let out = unsafe results.floats(tokens * valueDim)
                let (qs, ks, vs) = (q, k, v)
                unsafe qs.withUnsafeBufferPointer { qs in
                    unsafe ks.withUnsafeBufferPointer { ks in
                        unsafe vs.withUnsafeBufferPointer { vs in
                            unsafe decay.withUnsafeBufferPointer { decay in
                                unsafe beta.withUnsafeBufferPointer { beta in
                                    for (from, to) in zip(cuts, cuts.dropFirst()) {
                                        var call = unsafe sw_delta_rule(
                                            tokens: to - from, key_dim: keyDim, value_dim: valueDim,
                                            q: qs.baseAddress! + from * keyDim,
                                            k: ks.baseAddress! + from * keyDim,
                                            v: vs.baseAddress! + from * valueDim, q_stride: keyDim,
                                            k_stride: keyDim, v_stride: valueDim,
                                            decay: decay.baseAddress! + from, beta: beta.baseAddress! + from,
                                            gate_stride: 1, state: s, out: out + from * valueDim,
                                            out_stride: valueDim)
                                        unsafe table.delta_rule(&call)
                                    }
                                }
                            }
                        }
                    }
                }
                return (
                    (0..<tokens * valueDim).map { unsafe out[$0] },
                    (0..<keyDim * valueDim).map { unsafe s[$0] }
                )
            }
            let (out, after) = run([0, tokens])
            for (x, y) in zip(out, want) {
                #expect(abs(Double(x) - y) < 2e-6, "\(level) \(keyDim) x \(valueDim)")
            }
            for (x, y) in zip(after, state) { #expect(abs(Double(x) - y) < 2e-6) }
            let (pieces, end) = run([0, tokens / 2, tokens])
            #expect(pieces == out && end == after)
        }
    }

    @Test(arguments: vectorLevels) func convolution(level: String) {
        let table = unsafe vectorTable(level)
        var random = SplitMix(state: 22)
        for (channels, width, tokens) in [(1, 4, 1), (16, 4, 3), (37, 3, 5), (64, 4, 2), (130, 2, 1)] {
            let x = random.floats((tokens + width - 1) * channels, -2...2)
            let w = random.floats(width * channels)
            let (input, weights) = (FencedMemory(bytes: x.count * 4), FencedMemory(bytes: w.count * 4))
            let output = FencedMemory(bytes: tokens * channels * 4)
            let out = unsafe output.floats(tokens * channels)
            unsafe table.conv_silu(
                input.floats(x.count, x), channels, weights.floats(w.count, w), width, tokens, channels, out,
                channels)
            for t in 0..<tokens {
                for c in 0..<channels {
                    let sum = (0..<width).reduce(0.0) {
                        $0 + Double(w[$1 * channels + c]) * Double(x[(t + $1) * channels + c])
                    }
                    let got = unsafe Double(out[t * channels + c])
                    #expect(abs(got - sum / (1 + exp(-sum))) < 1e-6, "\(level) \(channels) at \(t), \(c)")
                }
            }
        }
    }
}
