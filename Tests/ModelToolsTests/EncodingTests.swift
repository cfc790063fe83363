import Compute
import GGUF
import Testing

@Suite struct EncodingTests {
    /// What llama.cpp loses of normal values, as a share of their square: without importances (nil: it
    /// takes none without), and with log-normal ones.
    static let losses: [(TensorType, plain: Double?, weighted: Double)] = [
        (.q8_0, 2.87e-5, 2.9e-5), (.q4_0, 7.45e-3, 6.0e-3), (.q4_1, 6.15e-3, 4.05e-3),
        (.q5_0, 1.82e-3, 1.47e-3), (.q5_1, 1.44e-3, 9.35e-4), (.q2_K, 8.67e-2, 5.5e-2),
        (.q3_K, 2.28e-2, 1.79e-2), (.q4_K, 5.09e-3, 4.11e-3), (.q5_K, 1.31e-3, 1.06e-3),
        (.q6_K, 3.14e-4, 2.58e-4), (.iq4_nl, 5.8e-3, 4.88e-3), (.iq4_xs, 5.88e-3, 4.99e-3),
        (.mxfp4, 1.28e-2, 1.27e-2), (.tq1_0, 6.54e-1, 6.5e-1), (.tq2_0, 6.54e-1, 6.5e-1),
        (.iq3_s, 2.75e-2, 1.43e-2), (.iq3_xxs, 4.5e-2, 2.31e-2), (.iq2_s, nil, 5.05e-2),
        (.iq2_xs, nil, 6.7e-2), (.iq2_xxs, nil, 8.67e-2), (.iq1_s, nil, 1.92e-1), (.iq1_m, nil, 1.5e-1),
    ]

    private let columns = 1024
    private let rows = 32

    private func loss(_ type: TensorType, importance: [Float]) throws -> Double {
        let values = gaussian(rows * columns, seed: 77)
        return try values.withUnsafeBytes { values in
            let (errors, total) = try WeightEncoding(threads: 2).errors(
                of: values, type: .f32, rows: Array(0..<rows), columns: columns, types: [type]
            ) { _ in importance[...] }
            return errors[0] / total
        }
    }

    @Test(arguments: losses.map(\.0)) func losesNoMoreThanLlamaDoes(_ type: TensorType) throws {
        let expected = try #require(Self.losses.first { $0.0 == type })
        // Another sample than the one measured there: allow for its chance.
        if let plain = expected.plain { #expect(try loss(type, importance: []) < plain * 1.04) }
        let importance = gaussian(columns, seed: 3, scale: 1).map { Float(exp(Double($0))) }
        #expect(try loss(type, importance: importance) < expected.weighted * 1.06)
    }

    @Test func importancesMoveTheLossToWhereItMattersLess() throws {
        let values = gaussian(rows * columns, seed: 9)
        var importance = [Float](repeating: 0.01, count: columns)
        for column in stride(from: 0, to: columns, by: 8) { importance[column] = 10 }
        func error(_ given: [Float]) throws -> Double {
            let made = try values.withUnsafeBytes {
                try WeightEncoding(threads: 1).convert($0, from: .f32, to: .q3_K, columns: columns) { _ in given[...] }
            }
            let back = try made.withUnsafeBytes {
                try WeightEncoding(threads: 1).convert($0, from: .q3_K, to: .f32, columns: columns)
            }
            return back.withUnsafeBytes { back in
                let back = back.bindMemory(to: Float.self)
                return values.indices.reduce(0) { sum, index in
                    let off = Double(values[index] - back[index])
                    return sum + off * off * Double(importance[index % columns])
                }
            }
        }
        #expect(try error(importance) < 0.8 * error([]))
    }

    @Test func threadsDoNotChangeTheBytes() throws {
        let values = gaussian(rows * columns, seed: 4)
        let made = try [1, 3].map { threads in
            try values.withUnsafeBytes {
                try WeightEncoding(threads: threads).convert($0, from: .f32, to: .q4_K, columns: columns)
            }
        }
        #expect(made[0] == made[1])
    }

    @Test(arguments: [Float.nan, .infinity]) func whatIsNoNumberIsFound(_ bad: Float) throws {
        var values = gaussian(rows * columns, seed: 5)
        values[3 * columns + 17] = bad
        let error = #expect(throws: WeightEncoding.BadValue.self) {
            try values.withUnsafeBytes {
                _ = try WeightEncoding(threads: 2).convert($0, from: .f32, to: .q8_0, columns: columns)
            }
        }
        #expect(error?.row == 3 && error?.column == 17)
    }

    @Test(arguments: losses.map(\.0)) func zerosAndTinyValuesStayFinite(_ type: TensorType) throws {
        for scale in [Float(0), 1e-30, 1e-8, 1000] {
            let values = gaussian(1024, seed: 6, scale: scale)
            let made = try values.withUnsafeBytes {
                try WeightEncoding(threads: 1).convert($0, from: .f32, to: type, columns: 1024)
            }
            // Reading back fails for what is not finite.
            let back = try made.withUnsafeBytes {
                try WeightEncoding(threads: 1).convert($0, from: type, to: .f32, columns: 1024)
            }
            if scale == 0 { #expect(back.allSatisfy { $0 & 0x7f == 0 }, "\(type)") }
        }
    }
}
