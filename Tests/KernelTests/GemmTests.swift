import Foundation
import Kernels
import TestSupport
import Testing

/// Matrix products of every type at every level, against the scalar level, and that against the
/// definition in float64.
@Suite struct GemmTests {
    static let fast = vectorLevels.filter { $0 != "scalar" }
    /// One type for each form of the panel at each level, more where AVX2 has several ways, and the float types.
    static let forms =
        [SW_Q4_0, SW_Q8_0, SW_IQ3_XXS, SW_Q4_K, SW_Q5_K, SW_IQ2_S, SW_Q6_K, SW_Q3_K, SW_Q2_K].compactMap {
            WeightType(Int($0))
        } + WeightType.float

    /// Fails where a result is farther from `want` than rounding explains.
    func compare(_ got: [Float], _ want: [Float], _ problem: GemmProblem, _ what: String) {
        let (rows, columns) = problem.norms()
        for (i, (g, w)) in zip(got, want).enumerated() {
            let row = i % problem.rows
            let column = i / problem.rows
            let error = abs(Double(g) - Double(w))
            guard error <= 1e-6 * rows[row] * columns[column] else {
                Issue.record(
                    "\(what), n \(problem.n), \(problem.rows) x \(problem.columns): [\(row), \(column)] is \(g), not \(w)"
                )
                return
            }
        }
    }

    @Test(arguments: WeightType.all) func scalarIsTheDefinition(type: WeightType) {
        let n = max(64, type.block)
        let problem = GemmProblem(type, n: n, rows: 3, columns: 2, seed: 1)
        let got = problem.product("scalar")
        for row in 0..<3 {
            for column in 0..<2 {
                let (want, size) = problem.definition(row: row, column: column)
                let value = got[column * 3 + row]
                #expect(
                    abs(Double(value) - want) <= 1e-7 * size + 1e-30,
                    "\(type.name) [\(row), \(column)] is \(value), not \(want)")
            }
        }
    }

    @Test(arguments: fast, WeightType.all) func agreesWithScalar(level: String, type: WeightType) {
        var random = SplitMix(state: UInt64(type.number))
        for trial in 0..<5 {
            let n =
                type.unit
                * Int.random(in: 1...(trial == 0 ? 1300 : 520) / min(type.unit, 260), using: &random)
            let problem = GemmProblem(
                type, n: n, rows: .random(in: 1...70, using: &random),
                columns: .random(in: trial % 2 == 0 ? 1...20 : 33...80, using: &random), seed: UInt64(trial))
            compare(
                problem.product(level), problem.product("scalar"), problem,
                "\(type.name) \(level)")
        }
    }

    /// Codes, scales and activations at the ends of their ranges, where 16 bits might overflow.
    @Test(arguments: fast, WeightType.quantized) func extremes(level: String, type: WeightType) {
        for pattern in WeightPattern.allCases {
            for values in [[1], [-1], [1, -1], [1, 1, -1, -1]] as [[Float]] {
                for columns in [2, 66] {
                    let problem = GemmProblem(
                        type, n: 256, rows: 5, columns: columns, pattern: pattern, values: values, seed: 7)
                    compare(
                        problem.product(level), problem.product("scalar"), problem,
                        "\(type.name) \(level) \(pattern) \(values)")
                }
            }
        }
    }

    /// No result depends on what else a call computes: every height and width, and row blocks
    /// and index lists, bit for bit. (Up to 32, 64 and more columns may take different ways.)
    @Test(arguments: fast, forms) func eachResultStandsAlone(level: String, type: WeightType) {
        let n = 256
        let height = 70
        let width = 20
        for more in [0, 64] {
            let problem = GemmProblem(type, n: n, rows: height, columns: more + width, seed: 2)
            let whole = problem.product(level).map(\.bitPattern)
            compare(problem.product(level), problem.product("scalar"), problem, "\(type.name) \(level)")
            for rows in 1...height {
                let columns = more + 2 + rows % (width - 1)
                let row = (rows * 7) % (height - rows + 1)
                let part = problem.product(level, row: row, rows: rows, columns: columns).map(\.bitPattern)
                let same = (0..<columns).allSatisfy {
                    part[($0 * rows)..<(($0 + 1) * rows)]
                        == whole[($0 * height + row)..<($0 * height + row + rows)]
                }
                #expect(same, "\(type.name) \(level): rows \(row) + \(rows), \(columns) columns")
            }
            for columns in (more + 2)...(more + width) {
                let index = (0..<columns).map { Int32(($0 * 13 + columns) % (more + width)) }
                let part = problem.product(level, rows: 20, index: index).map(\.bitPattern)
                let same = index.enumerated().allSatisfy { at, from in
                    part[(at * 20)..<((at + 1) * 20)]
                        == whole[(Int(from) * height)..<(Int(from) * height + 20)]
                }
                #expect(same, "\(type.name) \(level): columns \(index)")
            }
        }
    }

    /// Up to how many columns a level multiplies as it does one.
    static func turnedColumns(_ level: String, _ type: WeightType) -> Int {
        switch (level, Int(type.number)) {
        case ("avx2", SW_Q2_K), ("avx2", SW_Q3_K): 32
        case ("avx512", SW_IQ1_S), ("avx512", SW_IQ1_M): 64
        case ("avx512", SW_IQ2_XXS), ("avx512", SW_IQ2_XS), ("avx512", SW_IQ2_S), ("avx512", SW_IQ3_XXS),
            ("avx512", SW_IQ3_S):
            32
        case ("avx512", _): 0
        default: 64
        }
    }

    /// The same bits as alone, also in rows too long to be unpacked together.
    @Test(
        arguments: ["avx2", "avx512"].filter(fast.contains),
        [
            SW_Q4_0, SW_Q4_1, SW_Q5_0, SW_Q5_1, SW_Q2_K, SW_Q3_K, SW_Q4_K, SW_Q5_K, SW_Q6_K, SW_MXFP4,
            SW_NVFP4,
            SW_IQ2_XXS, SW_IQ2_XS, SW_IQ2_S, SW_IQ3_XXS, SW_IQ3_S, SW_IQ1_S, SW_IQ1_M,
        ].compactMap { WeightType(Int($0)) })
    func sameAsOneColumn(level: String, type: WeightType) {
        let most = Self.turnedColumns(level, type)
        guard most > 0 else { return }
        for (n, rows, columns) in [(256, 70, most), (1280 - type.unit % 256, 35, 17), (33 * 256, 13, 18)] {
            let problem = GemmProblem(type, n: n, rows: rows, columns: columns, seed: 8)
            let whole = problem.product(level).map(\.bitPattern)
            for column in 0..<columns {
                let alone = problem.product(level, index: [Int32(column)]).map(\.bitPattern)
                guard alone[...] == whole[(column * rows)..<((column + 1) * rows)] else {
                    Issue.record("\(type.name) \(level), n \(n): column \(column) of \(columns)")
                    return
                }
            }
        }
    }

    /// A column alone is the matrix-vector product's.
    @Test(arguments: fast, WeightType.all) func oneColumn(level: String, type: WeightType) {
        let problem = GemmProblem(type, n: 512, rows: 19, columns: 2, seed: 6)
        let want = Array(problem.product("scalar")[19...])
        let got = problem.product(level, index: [1])
        let (rows, columns) = problem.norms()
        let far = (0..<19).first { abs(Double(got[$0]) - Double(want[$0])) > 1e-6 * rows[$0] * columns[1] }
        #expect(far == nil, "\(type.name) \(level): row \(far ?? 0)")
    }

    /// Rows that do not fit the scratch in one piece.
    @Test(arguments: fast, forms) func longRows(level: String, type: WeightType) {
        for columns in [3, 67] {
            let problem = GemmProblem(type, n: 4096 * 2 + 256, rows: 18, columns: columns, seed: 3)
            let whole = problem.product(level)
            compare(whole, problem.product("scalar"), problem, "\(type.name) \(level)")
            let index = (1..<columns).map { Int32($0) }
            #expect(Array(whole[18...]) == problem.product(level, index: index))
        }
    }

    /// Enough rows and columns for several panels of several stripes in one call.
    @Test(arguments: fast, [SW_Q4_K, SW_F16].compactMap { WeightType(Int($0)) })
    func severalPanels(level: String, type: WeightType) {
        let problem = GemmProblem(type, n: 4096, rows: 200, columns: 80, seed: 4)
        let whole = problem.product(level)
        #expect(Array(whole[(14 * 200)...]) == problem.product(level, index: (14..<80).map { Int32($0) }))
        #expect(Array(whole[0..<(70 * 200)]) == problem.product(level, columns: 70))
        let few = problem.product(level, columns: 44)
        #expect(Array(few[(42 * 200)...]) == problem.product(level, index: [42, 43]))
        #expect(Array(few[0..<400]) == problem.product(level, columns: 2))
    }

    @Test(arguments: fast) func nothingToDo(level: String) {
        let type = Self.forms[0]
        let problem = GemmProblem(
            type, n: 32, rows: 1, columns: 1, seed: 5)
        let k = unsafe sw_kernels_named(level)!.pointee
        unsafe k.gemm(type.number, nil, 18, 0, 32, nil, 64, nil, 1, nil, 1, nil)
        unsafe k.gemm(type.number, nil, 18, 1, 32, nil, 64, nil, 0, nil, 1, nil)
        #expect(problem.product(level).count == 1)
    }
}
