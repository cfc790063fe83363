import Kernels
import Testing

/// Matrix-vector products of every type at every level against their definition in float64.
@Suite struct MatvecTests {
    func check(_ problem: MatvecProblem, counts: some Sequence<Int>) {
        for level in vectorLevels {
            for count in counts {
                if let failure = problem.failure(level, count: count) {
                    Issue.record("\(problem.type.name) \(failure)")
                    return
                }
            }
        }
    }

    /// Every number of rows up to two groups of four and one, whose last ends at the fence.
    @Test(arguments: WeightType.all) func rowCounts(type: WeightType) {
        for (seed, gap) in [0, type.quantized ? 3 : 12].enumerated() {
            let n = type.quantized ? max(type.unit, 96) : 70
            check(
                MatvecProblem(type, n: n / type.unit * type.unit, rows: 9, gap: gap, seed: UInt64(seed)),
                counts: 1...9)
        }
    }

    /// Every length up to 1024, and some long ones.
    @Test(arguments: WeightType.quantized) func lengths(type: WeightType) {
        var lengths = Array(stride(from: type.unit, through: 1024, by: type.unit))
        lengths += [2816, 4096].map { $0 / type.unit * type.unit }
        for (seed, n) in lengths.enumerated() {
            let rows = n > 2048 ? 5 : 4 + seed % 4
            check(MatvecProblem(type, n: n, rows: rows, gap: seed % 3, seed: UInt64(seed)), counts: [rows])
        }
    }

    @Test(arguments: WeightType.float) func floatLengths(type: WeightType) {
        for n in Array(1...68) + [127, 128, 129, 511, 1000, 4096] {
            check(MatvecProblem(type, n: n, rows: 5, gap: n % 3 * 4, seed: UInt64(n)), counts: [5])
        }
    }

    /// The ends of the ranges of weights and activations, where integer sums would overflow.
    @Test(arguments: WeightType.quantized, WeightPattern.allCases)
    func extremes(type: WeightType, pattern: WeightPattern) {
        for values: [Float] in [[1], [-1], [1, -1], [-2, -2, 2, 2]] {
            let n = max(512, type.unit)
            check(MatvecProblem(type, n: n, rows: 4, pattern: pattern, values: values, seed: 3), counts: [4])
        }
    }

    /// Columns that share the unpacking get what they would get alone, bit for bit: any number of them,
    /// in any order, rows in fours and apart, rows that end within a step.
    @Test(arguments: WeightType.quantized) func fewColumns(type: WeightType) {
        for n in Set([type.unit, 2 * max(type.unit, 256) + type.unit]) {
            let problem = GemmProblem(type, n: n, rows: 7, columns: 9, seed: UInt64(n))
            for level in vectorLevels {
                for count in 1...9 {
                    let index = (0..<count).map { Int32(($0 * 5 + count) % 9) }
                    let alone = index.flatMap { problem.single(level, column: $0) }
                    #expect(
                        problem.few(level, index: index).map(\.bitPattern) == alone.map(\.bitPattern),
                        "\(type.name) \(level), n \(n), \(count) columns")
                }
            }
        }
    }

    /// Rows far apart in one mapping, and more of them than are fetched ahead.
    @Test(arguments: [SW_Q4_K, SW_Q8_0, SW_F16]) func manyRows(number: Int) {
        let type = WeightType(number)!
        check(MatvecProblem(type, n: 256, rows: 67, gap: 64, seed: 9), counts: [67, 66, 33])
    }

    @Test(arguments: vectorLevels) func unknownTypesDoNothing(level: String) {
        let k = unsafe vectorTable(level)
        var y: Float = 5
        var x = [Float](repeating: 1, count: 256)
        for type: Int32 in [-1, 4, 5, Int32(SW_Q8_1), Int32(SW_Q8_K), Int32(SW_TYPE_COUNT), 1000] {
            unsafe k.matvec(type, x, 4, 1, 32, x, &y)
            unsafe k.matvec_float(type, x, 4, 1, 32, x, &y)
            unsafe k.dequantize(type, x, &y, 1)
            unsafe k.quantize(type, x, &y, 1)
        }
        // And products of the other kind.
        unsafe k.matvec(Int32(SW_F32), x, 4, 1, 32, x, &y)
        unsafe k.matvec_float(Int32(SW_Q4_0), x, 4, 1, 32, &x, &y)
        #expect(y == 5)
    }
}
