import Compute
import Foundation
import GGUF
import TestSupport
import Testing

/// One attention layer between an embedding and an output matrix, against the same in plain
/// double precision, for every kind of key range and over rings that wrap.
@Suite(.serialized) struct AttentionRangeTests {
    static let heads = 4
    static let kvHeads = 2
    static let size = 16
    static let width = 32
    static let vocabulary = 40
    static let length = 150

    struct Case: CustomTestStringConvertible, Sendable {
        var range: KeyRange
        var softcap: Float = 0
        var temperature: QueryTemperature?
        var sinks = false
        var shared = false
        var testDescription: String {
            "\(range) \(softcap) \(String(describing: temperature)) \(sinks) \(shared)"
        }
    }
    static let cases: [Case] = [
        Case(range: .all), Case(range: .window(1)), Case(range: .window(5)), Case(range: .window(70)),
        Case(range: .chunk(1)), Case(range: .chunk(7)), Case(range: .chunk(64)), Case(range: .chunk(100)),
        Case(range: .all, temperature: QueryTemperature(scale: 0.1, interval: 10)),
        Case(range: .window(9), softcap: 3, sinks: true), Case(range: .chunk(33), sinks: true),
        Case(range: .all, shared: true), Case(range: .window(12), shared: true),
        Case(range: .chunk(20), shared: true),
    ]

    /// Matrices by name, [rows][columns].
    let matrices: [String: (rows: Int, columns: Int, values: [Float])]
    let sinks: [Float] = [0.5, -1, 2, 0]
    let tokens: [Int32]
    let source: WeightSource

    init() throws {
        let (width, size) = (AttentionRangeTests.width, AttentionRangeTests.size)
        let shapes = [
            ("embed", AttentionRangeTests.vocabulary, width), ("q", AttentionRangeTests.heads * size, width),
            ("k", AttentionRangeTests.kvHeads * size, width),
            ("v", AttentionRangeTests.kvHeads * size, width),
            ("out", AttentionRangeTests.vocabulary, AttentionRangeTests.heads * size),
        ]
        var matrices: [String: (rows: Int, columns: Int, values: [Float])] = [:]
        var writer = GGUFWriter()
        func bytes(_ values: [Float]) -> [UInt8] {
            values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
            }
        }
        var random = SplitMix(state: 1)
        for (name, rows, columns) in shapes {
            let values = (0..<rows * columns).map { _ in Float.random(in: -0.5...0.5, using: &random) }
            matrices[name] = (rows, columns, values)
            try writer.add("\(name)", .f32, dimensions: [columns, rows], bytes: bytes(values))
        }
        try writer.add("sinks", .f32, dimensions: [sinks.count], bytes: bytes(sinks))
        self.matrices = matrices
        tokens = (0..<AttentionRangeTests.length).map { _ in
            Int32.random(in: 0..<Int32(AttentionRangeTests.vocabulary), using: &random)
        }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swinfer-\(UUID().uuidString).gguf"
        ).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try writer.write(to: path)
        source = WeightSource(try GGUFFile(path: path))
    }

    private func weight(_ name: String) throws -> Weight {
        let matrix = try #require(matrices[name])
        return try source.matrix(name, rows: matrix.rows, columns: matrix.columns)
    }

    private func program(_ c: Case) throws -> Program {
        let r = Recorder()
        r.layer = 0
        let x = try r.embed(weight("embed"))
        let projected = try r.project(
            r.plain(x),
            [
                Recorder.Projection(weight("q"), name: "q"), Recorder.Projection(weight("k"), name: "k"),
                Recorder.Projection(weight("v"), name: "v"),
            ])
        let attention = Recorder.Attention(
            heads: AttentionRangeTests.heads, kvHeads: AttentionRangeTests.kvHeads,
            keyDimensions: AttentionRangeTests.size, valueDimensions: AttentionRangeTests.size, rope: nil,
            scale: 1, softcap: c.softcap, range: c.range,
            sinks: c.sinks ? try source.vector("sinks", count: sinks.count) : nil,
            temperature: c.temperature)
        var attended = try r.attention(
            query: projected[0], key: projected[1], value: projected[2], attention)
        if c.shared {
            r.layer = 1
            let query = try r.project(r.plain(x), [Recorder.Projection(weight("q"), name: "q")])[0]
            attended = try r.attention(query: query, keysOfLayer: 0, attention)
        }
        try r.head(r.plain(attended), weight("out"))
        return Program(r, source: source)
    }

    private func product(_ name: String, _ x: [Double]) -> [Double] {
        guard let matrix = matrices[name] else { return [] }
        return (0..<matrix.rows).map { row in
            (0..<matrix.columns).reduce(0) { $0 + Double(matrix.values[row * matrix.columns + $1]) * x[$1] }
        }
    }

    private func expected(_ c: Case) -> [Double] {
        let (size, width) = (AttentionRangeTests.size, AttentionRangeTests.width)
        let group = AttentionRangeTests.heads / AttentionRangeTests.kvHeads
        let rows = tokens.map { token in
            (0..<width).map { Double(matrices["embed"]?.values[Int(token) * width + $0] ?? 0) }
        }
        let (queries, keys, values) = (
            rows.map { product("q", $0) }, rows.map { product("k", $0) }, rows.map { product("v", $0) }
        )
        return tokens.indices.flatMap { position -> [Double] in
            let first =
                switch c.range {
                case .all: 0
                case .window(let n): max(0, position - n + 1)
                case .chunk(let n): position / n * n
                }
            let factor =
                c.temperature.map {
                    1 + Double($0.scale)
                        * log((Double(position + 1) / Double($0.interval)).rounded(.down) + 1)
                } ?? 1
            var output: [Double] = []
            for head in 0..<AttentionRangeTests.heads {
                let kv = head / group
                let scores = (first...position).map { key -> Double in
                    let score = (0..<size).reduce(0.0) {
                        $0 + factor * queries[position][head * size + $1] * keys[key][kv * size + $1]
                    }
                    let cap = Double(c.softcap)
                    return cap == 0 ? score : cap * tanh(score / cap)
                }
                let powers = scores.map { exp($0) }
                let sum = powers.reduce(0, +) + (c.sinks ? exp(Double(sinks[head])) : 0)
                for element in 0..<size {
                    output.append(
                        zip(first...position, powers).reduce(0) {
                            $0 + $1.1 / sum * values[$1.0][kv * size + element]
                        })
                }
            }
            return product("out", output)
        }
    }

    @Test(arguments: cases) func agreesWithPlainAttention(c: Case) throws {
        let program = try program(c)
        let expected = expected(c)
        for (batch, pieces) in [(150, [150]), (16, [16]), (16, [1]), (40, [13, 1, 40, 7, 2])] {
            let executor = try Executor(
                program,
                options: ExecutorOptions(
                    threads: 1, contextLength: 256, batchLength: batch, keyType: .f32, valueType: .f32))
            let sequence = try executor.makeSequence()
            var position = 0
            var turn = 0
            var difference = 0.0
            while position < tokens.count {
                let size = min(pieces[min(turn, pieces.count - 1)], tokens.count - position)
                try unsafe executor.run(
                    Batch([
                        Batch.Piece(
                            sequence: sequence, position: position,
                            tokens: tokens[position..<position + size], outputs: .all)
                    ]))
                for row in 0..<size {
                    let logits = unsafe Array(executor.logits(output: row))
                    for (index, value) in logits.enumerated() {
                        let other = expected[(position + row) * AttentionRangeTests.vocabulary + index]
                        difference = max(difference, abs(Double(value) - other))
                    }
                }
                position += size
                turn += 1
            }
            #expect(difference < 1e-4, "pieces \(pieces)")
        }
    }
}
