import Foundation
import Kernels
import TestSupport
import Testing

/// One attention problem with its cache behind fences, and its solution in float64.
final class AttentionCase {
    let queries: Int, keys: Int, keyDim: Int, valueDim: Int
    let keyType: Int, valueType: Int
    let scale: Float, softcap: Float
    var first: [Int32], last: [Int32]
    var q: [Float]
    let k: FencedMemory, v: FencedMemory
    let keyStride: Int, valueStride: Int
    let keyRows: [Double], valueRows: [Double]

    static let types = [SW_F32, SW_F16, SW_Q8_0, SW_Q4_0].map { Int($0) }

    static func rowBytes(_ type: Int, _ n: Int) -> Int {
        switch type {
        case SW_F16: 2 * n
        case SW_Q8_0: n / 32 * 34
        case SW_Q4_0: n / 32 * 18
        default: 4 * n
        }
    }

    init(
        queries: Int, keys: Int, keyDim: Int, valueDim: Int, types: (Int, Int), softcap: Float = 0,
        gap: Int = 0, random: inout SplitMix
    ) {
        (self.queries, self.keys, self.keyDim, self.valueDim) = (queries, keys, keyDim, valueDim)
        (keyType, valueType, self.softcap) = (types.0, types.1, softcap)
        scale = 2 / Float(keyDim).squareRoot()
        q = random.floats(queries * keyDim)
        keyStride = Self.rowBytes(types.0, keyDim) + gap
        valueStride = Self.rowBytes(types.1, valueDim) + gap
        (k, keyRows) = Self.rows(types.0, keys, keyDim, keyStride, &random)
        (v, valueRows) = Self.rows(types.1, keys, valueDim, valueStride, &random)
        first = [Int32](repeating: 0, count: queries)
        last = [Int32](repeating: Int32(keys), count: queries)
    }

    /// Random rows of a type, the last of them flush with the fence, and their values.
    static func rows(_ type: Int, _ count: Int, _ dim: Int, _ stride: Int, _ random: inout SplitMix)
        -> (FencedMemory, [Double])
    {
        let size = (count - 1) * stride + rowBytes(type, dim)
        let memory = FencedMemory(bytes: size)
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: memory.last(bytes: size), count: size)
        var values: [Double] = []
        values.reserveCapacity(count * dim)
        for row in 0..<count {
            var at = row * stride
            switch type {
            case SW_F16:
                for _ in 0..<dim {
                    let x = Float16(Float.random(in: -1...1, using: &random))
                    unsafe bytes.storeBytes(of: x.bitPattern, toByteOffset: at, as: UInt16.self)
                    values.append(Double(x))
                    at += 2
                }
            case SW_Q8_0, SW_Q4_0:
                for _ in 0..<dim / 32 {
                    let eight = type == SW_Q8_0
                    let d = Float16(Float.random(in: 0.5...1, using: &random) / (eight ? 127 : 8))
                    unsafe bytes.storeBytes(of: d.bitPattern, toByteOffset: at, as: UInt16.self)
                    let quants = (0..<(eight ? 32 : 16)).map { _ in UInt8.random(in: 0...255, using: &random)
                    }
                    for (i, byte) in quants.enumerated() { unsafe bytes[at + 2 + i] = byte }
                    for i in 0..<32 {
                        let quant =
                            eight
                            ? Int(Int8(bitPattern: quants[i]))
                            : Int(quants[i % 16] >> (i < 16 ? 0 : 4) & 15) - 8
                        values.append(Double(d) * Double(quant))
                    }
                    at += eight ? 34 : 18
                }
            default:
                for _ in 0..<dim {
                    let x = Float.random(in: -1...1, using: &random)
                    unsafe bytes.storeBytes(of: x, toByteOffset: at, as: Float.self)
                    values.append(Double(x))
                    at += 4
                }
            }
        }
        return (memory, values)
    }

    /// Causal ranges of consecutive positions, cut by a sliding window; some queries see nothing.
    func setRanges(_ random: inout SplitMix) {
        let window = Bool.random(using: &random) ? Int.random(in: 1...keys, using: &random) : keys
        for i in 0..<queries {
            let end =
                Int.random(in: 0..<4, using: &random) == 0
                ? Int.random(in: 0...keys, using: &random) : keys - i / 2
            last[i] = Int32(max(0, end))
            first[i] = Int32(max(0, end - window))
        }
        if queries > 2 { (first[1], last[1]) = (5, 5) }
        if queries > 5 { (first[4], last[4]) = (0, -3) }
    }

    /// The output in float64, with optional sink logits.
    func solution(sinks: [Float]? = nil) -> [Double] {
        var out = [Double](repeating: 0, count: queries * valueDim)
        for i in 0..<queries where first[i] < last[i] {
            var scores: [Double] = []
            for key in Int(first[i])..<Int(last[i]) {
                var sum = 0.0
                for d in 0..<keyDim { sum += Double(q[i * keyDim + d]) * keyRows[key * keyDim + d] }
                sum *= Double(scale)
                if softcap != 0 { sum = Double(softcap) * tanh(sum / Double(softcap)) }
                scores.append(sum)
            }
            let top = max(scores.max()!, Double(sinks?[i] ?? -.infinity))
            let weights = scores.map { exp($0 - top) }
            let total = weights.reduce(0, +) + (sinks.map { exp(Double($0[i]) - top) } ?? 0)
            for (j, weight) in weights.enumerated() {
                let row = (Int(first[i]) + j) * valueDim
                for d in 0..<valueDim { out[i * valueDim + d] += weight / total * valueRows[row + d] }
            }
        }
        return out
    }
}

/// What `attend` carries from block to block.
struct AttentionState: Equatable {
    var m: [Float], l: [Float], acc: [Float]

    init(queries: Int, valueDim: Int) {
        m = [Float](repeating: -.infinity, count: queries)
        l = [Float](repeating: 0, count: queries)
        acc = [Float](repeating: 0, count: queries * valueDim)
    }
}

extension AttentionCase {
    /// Runs the queries `chosen` over the keys `block`, onto `state` (of those queries).
    func run(
        _ level: String, _ state: inout AttentionState, queries chosen: [Int], block: Range<Int>,
        alias: Bool = false
    ) {
        let table = unsafe vectorTable(level)
        let kSize = (keys - 1) * keyStride + Self.rowBytes(keyType, keyDim)
        let vSize = (keys - 1) * valueStride + Self.rowBytes(valueType, valueDim)
        let size = block.count
        let from = chosen.map { first[$0] - Int32(block.lowerBound) }
        let to = chosen.map { min(last[$0] - Int32(block.lowerBound), Int32(size)) }
        let queryMemory = FencedMemory(bytes: chosen.count * keyDim * 4)
        let rows = chosen.flatMap { q[$0 * keyDim..<($0 + 1) * keyDim] }
        let queryRows = unsafe queryMemory.floats(rows.count, rows)
        let floats = sw_attention_scratch(chosen.count, size)
        let scratchMemory = FencedMemory(bytes: floats * 4)
        // Fresh scratch is zero; stale NaN must not matter either.
        let scratch = unsafe scratchMemory.floats(floats, [Float](repeating: .nan, count: min(floats, 20000)))
        let accMemory = FencedMemory(bytes: state.acc.count * 4)
        let acc = unsafe accMemory.floats(state.acc.count, state.acc)
        unsafe from.withUnsafeBufferPointer { from in
            unsafe to.withUnsafeBufferPointer { to in
                unsafe state.m.withUnsafeMutableBufferPointer { m in
                    unsafe state.l.withUnsafeMutableBufferPointer { l in
                        let kRows =
                            unsafe UnsafeRawPointer(k.last(bytes: kSize)) + block.lowerBound * keyStride
                        let vRows =
                            unsafe alias
                            ? kRows : UnsafeRawPointer(v.last(bytes: vSize)) + block.lowerBound * valueStride
                        var call = unsafe sw_attention(
                            queries: chosen.count, q: queryRows, q_stride: keyDim, first: from.baseAddress,
                            last: to.baseAddress, keys: size, k: kRows, k_stride: keyStride,
                            k_type: Int32(keyType),
                            v: vRows, v_stride: alias ? keyStride : valueStride,
                            v_type: Int32(alias ? keyType : valueType), key_dim: keyDim, value_dim: valueDim,
                            scale: scale, softcap: softcap, m: m.baseAddress, l: l.baseAddress, acc: acc,
                            acc_stride: valueDim, scratch: scratch)
                        unsafe table.attend(&call)
                    }
                }
            }
        }
        for i in state.acc.indices { state.acc[i] = unsafe acc[i] }
    }

    func run(_ level: String, blocks: [Int] = [], alias: Bool = false) -> AttentionState {
        var state = AttentionState(queries: queries, valueDim: valueDim)
        let cuts = [0] + blocks + [keys]
        for (from, to) in zip(cuts, cuts.dropFirst()) where from < to {
            run(level, &state, queries: Array(0..<queries), block: from..<to, alias: alias)
        }
        return state
    }

    func finish(_ level: String, _ state: AttentionState, sinks: [Float]? = nil) -> [Float] {
        var out = [Float](repeating: .nan, count: queries * valueDim)
        let table = unsafe vectorTable(level)
        unsafe table.attend_finish(
            queries, valueDim, state.m, state.l, sinks, state.acc, valueDim, &out, valueDim)
        return out
    }

    /// The largest difference, as a share of the largest value.
    func error(_ got: [Float], _ want: [Double]) -> Double {
        var worst = 0.0
        for (x, y) in zip(got, want) {
            if x.isNaN { return .nan }
            worst = max(worst, abs(Double(x) - y))
        }
        return worst / (valueRows.lazy.map { abs($0) }.max() ?? 1)
    }
}

@Suite struct AttentionTests {
    static let dims = [
        (32, 32), (64, 64), (80, 80), (96, 96), (128, 128), (192, 128), (256, 256), (40, 24), (37, 19),
        (8, 8),
    ]

    /// Random shapes, types, ranges; one block, several, and every query by itself.
    @Test(arguments: 0..<20) func random(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        var (keyDim, valueDim) = Self.dims[seed % Self.dims.count]
        var types = (
            AttentionCase.types.randomElement(using: &random)!,
            AttentionCase.types.randomElement(using: &random)!
        )
        if keyDim % 32 != 0 {
            types = (seed % 4 < 2 ? Int(SW_F16) : Int(SW_F32), types.1 == SW_F32 ? Int(SW_F32) : Int(SW_F16))
        }
        if seed == 7 { (keyDim, valueDim, types) = (576, 512, (Int(SW_F16), Int(SW_F16))) }
        let problem = AttentionCase(
            queries: Int.random(in: 1...20, using: &random),
            keys: Int.random(in: 1...(seed % 5 == 0 ? 300 : 90), using: &random),
            keyDim: keyDim, valueDim: valueDim, types: types, softcap: seed % 4 == 3 ? 3 : 0,
            gap: seed % 2 == 0 ? 0 : 36, random: &random)
        if seed % 3 != 1 { problem.setRanges(&random) }
        let want = problem.solution()
        let cuts = (0..<3).map { _ in Int.random(in: 0...problem.keys, using: &random) }.sorted()
        let tiles = Array(stride(from: 64, to: problem.keys, by: 64))
        for level in vectorLevels {
            let whole = problem.run(level)
            let note: Comment =
                "\(level) \(problem.queries) x \(problem.keys), \(keyDim)/\(valueDim), types \(types)"
            let error = problem.error(problem.finish(level, whole), want)
            #expect(error < 2e-6, note)
            #expect(problem.error(problem.finish(level, problem.run(level, blocks: cuts)), want) < 2e-6, note)
            #expect(problem.run(level, blocks: tiles) == whole, note)
            for i in 0..<problem.queries where i % 3 == seed % 3 {
                var alone = AttentionState(queries: 1, valueDim: valueDim)
                problem.run(level, &alone, queries: [i], block: 0..<problem.keys)
                #expect(alone.m[0] == whole.m[i] && alone.l[0] == whole.l[i], note)
                #expect(alone.acc == Array(whole.acc[i * valueDim..<(i + 1) * valueDim]), note)
            }
        }
    }

    /// More queries than are handled together, and enough for converted tiles.
    @Test(arguments: vectorLevels) func manyQueries(level: String) {
        var random = SplitMix(state: 11)
        let problem = AttentionCase(
            queries: 150, keys: 70, keyDim: 32, valueDim: 32, types: (Int(SW_F16), Int(SW_F16)),
            random: &random)
        for i in 0..<150 { problem.last[i] = Int32(min(70, 1 + i / 2)) }
        let whole = problem.run(level)
        #expect(problem.error(problem.finish(level, whole), problem.solution()) < 2e-6)
        for i in [0, 1, 77, 127, 128, 149] {
            var alone = AttentionState(queries: 1, valueDim: 32)
            problem.run(level, &alone, queries: [i], block: 0..<70)
            #expect(alone.acc == Array(whole.acc[i * 32..<(i + 1) * 32]))
            #expect(alone.m[0] == whole.m[i] && alone.l[0] == whole.l[i])
        }
    }

    /// Latent attention: the values are the first elements of the keys.
    @Test(arguments: vectorLevels) func valuesInKeys(level: String) {
        for type in [SW_F16, SW_F32, SW_Q8_0].map({ Int($0) }) {
            for queries in [1, 5, 30] {
                var random = SplitMix(state: 12)
                let problem = AttentionCase(
                    queries: queries, keys: 67, keyDim: 96, valueDim: 64, types: (type, type), random: &random
                )
                var want = [Double](repeating: 0, count: queries * 64)
                for i in 0..<queries {
                    let weights = (0..<67).map { key in
                        exp(
                            Double(problem.scale)
                                * (0..<96).reduce(0.0) {
                                    $0 + Double(problem.q[i * 96 + $1]) * problem.keyRows[key * 96 + $1]
                                })
                    }
                    let total = weights.reduce(0, +)
                    for key in 0..<67 {
                        for d in 0..<64 {
                            want[i * 64 + d] += weights[key] / total * problem.keyRows[key * 96 + d]
                        }
                    }
                }
                let got = problem.finish(level, problem.run(level, alias: true))
                #expect(problem.error(got, want) < 2e-6, "\(level) type \(type) queries \(queries)")
            }
        }
    }

    /// Queries that see no key of a block keep their state, whatever it is.
    @Test(arguments: vectorLevels) func unseen(level: String) {
        var random = SplitMix(state: 13)
        for queries in [1, 3, 9, 40] {
            let problem = AttentionCase(
                queries: queries, keys: 100, keyDim: 32, valueDim: 40, types: (Int(SW_F16), Int(SW_F16)),
                random: &random)
            for i in 0..<queries where i % 2 == 0 { problem.last[i] = Int32(i % 3) - 1 }
            for i in 0..<queries where i % 4 == 2 {
                problem.first[i] = 90
                problem.last[i] = 20
            }
            var state = AttentionState(queries: queries, valueDim: 40)
            state.acc = random.floats(queries * 40)
            state.l = random.floats(queries, 1...2)
            state.m = random.floats(queries).enumerated().map { $0.offset % 3 == 0 ? -.infinity : $0.element }
            let before = state
            problem.run(level, &state, queries: Array(0..<queries), block: 0..<100)
            for i in 0..<queries where problem.first[i] >= problem.last[i] {
                #expect(state.m[i] == before.m[i] && state.l[i] == before.l[i])
                #expect(state.acc[i * 40..<(i + 1) * 40] == before.acc[i * 40..<(i + 1) * 40])
            }
        }
    }

    /// Keys whose score is -infinity weigh nothing, even when no other has been seen.
    @Test(arguments: vectorLevels) func infiniteScores(level: String) {
        var random = SplitMix(state: 14)
        let problem = AttentionCase(
            queries: 3, keys: 80, keyDim: 32, valueDim: 32, types: (Int(SW_F32), Int(SW_F32)), random: &random
        )
        let size = 80 * 128
        let k = unsafe problem.k.last(bytes: size).bindMemory(to: Float.self, capacity: 80 * 32)
        for key in 0..<80 {
            for d in 0..<32 { unsafe k[key * 32 + d] = d == 0 && key < 70 ? -.infinity : 1 }
        }
        for i in 0..<3 { problem.q[i * 32] = 0.5 }
        var state = AttentionState(queries: 3, valueDim: 32)
        problem.run(level, &state, queries: [0, 1, 2], block: 0..<64)
        #expect(state.m.allSatisfy { $0 == -.infinity } && state.l.allSatisfy { $0 == 0 })
        #expect(state.acc.allSatisfy { $0 == 0 })
        problem.run(level, &state, queries: [0, 1, 2], block: 64..<80)
        #expect(state.l.allSatisfy { abs($0 - 10) < 1e-5 })
        #expect(state.acc.allSatisfy { $0.isFinite })
    }

    @Test(arguments: vectorLevels) func sinksAndParts(level: String) {
        var random = SplitMix(state: 15)
        let table = unsafe vectorTable(level)
        for valueDim in [8, 19, 64] {
            let problem = AttentionCase(
                queries: 7, keys: 200, keyDim: 32, valueDim: valueDim, types: (Int(SW_F16), Int(SW_F16)),
                random: &random)
            problem.setRanges(&random)
            let whole = problem.run(level)
            let sinks: [Float] = [-.infinity, 0, 3, 60, -60, 200, 1]
            let error = problem.error(
                problem.finish(level, whole, sinks: sinks), problem.solution(sinks: sinks))
            #expect(error < 2e-6, "\(level) sinks")

            // Three parts of the keys, joined.
            var parts = AttentionState(queries: 3 * 7, valueDim: valueDim)
            for (part, block) in [0..<64, 64..<150, 150..<200].enumerated() {
                var state = AttentionState(queries: 7, valueDim: valueDim)
                problem.run(level, &state, queries: Array(0..<7), block: block)
                for i in 0..<7 { (parts.m[part * 7 + i], parts.l[part * 7 + i]) = (state.m[i], state.l[i]) }
                for i in state.acc.indices { parts.acc[part * 7 * valueDim + i] = state.acc[i] }
            }
            unsafe table.attend_merge(
                3, 7, valueDim, &parts.m, &parts.l, 7, &parts.acc, valueDim, 7 * valueDim)
            var joined = AttentionState(queries: 7, valueDim: valueDim)
            joined.m = Array(parts.m.prefix(7))
            joined.l = Array(parts.l.prefix(7))
            joined.acc = Array(parts.acc.prefix(7 * valueDim))
            #expect(problem.error(problem.finish(level, joined), problem.solution()) < 2e-6, "\(level) parts")
        }
    }
}
