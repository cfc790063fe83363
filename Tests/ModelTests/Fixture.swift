import Compute
import Foundation
import GGUF
import Models

/// Reference logits of the tiny models, made by transformers in float32.
struct Fixture {
    let name: String
    let file: GGUFFile
    let tokens: [Int32]
    let vocabulary: Int
    /// [tokens][vocabulary]
    let logits: [Float]

    static let resources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Resources")

    /// The same tokens through another file.
    init(_ other: Fixture, file: GGUFFile) {
        name = other.name
        self.file = file
        tokens = other.tokens
        vocabulary = other.vocabulary
        logits = other.logits
    }

    /// - Parameter other: whose logits are expected; nil: the fixture's own.
    init(_ name: String, in folder: URL = Fixture.resources, logits other: String? = nil) throws {
        self.name = name
        file = try GGUFFile(path: folder.appendingPathComponent("\(name).gguf").path)
        struct Facts: Decodable {
            let tokens: [Int32]
            let n_vocab: Int
        }
        let facts = try JSONDecoder().decode(
            Facts.self, from: Data(contentsOf: folder.appendingPathComponent("\(name).json")))
        tokens = facts.tokens
        vocabulary = facts.n_vocab
        let count = tokens.count * vocabulary
        let bytes = try Data(contentsOf: folder.appendingPathComponent("\(other ?? name).logits.npy")).suffix(
            count * 4)
        logits = unsafe bytes.withUnsafeBytes { raw in
            (0..<count).map { unsafe raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
    }

    /// Logits of all tokens, run in pieces of the given sizes (the last repeats).
    ///
    /// - Parameters:
    ///   - tokens: how many of them; nil: all
    ///   - repeats: how often they stand one after the other
    ///   - routings: hears of every choice of experts
    func run(
        pieces: [Int], tokens limit: Int? = nil, batch: Int = 64, threads: Int = 1, keyType: CacheType = .f32,
        context: Int = 128,
        repeats: Int = 1, latentForm: LatentForm = .automatic, routings: Routings? = nil
    ) throws -> [Float] {
        let tokens = Array(repeatElement(self.tokens.prefix(limit ?? .max), count: repeats).joined())
        let model = try Registry.load(file)
        var options = ExecutorOptions(
            threads: threads, contextLength: context, batchLength: batch, keyType: keyType,
            valueType: keyType)
        options.latentForm = latentForm
        let executor = try Executor(model.program, options: options)
        executor.observeRouting(routings)
        let sequence = try executor.makeSequence()
        var result: [Float] = []
        var position = 0
        var turn = 0
        while position < tokens.count {
            let size = min(pieces[min(turn, pieces.count - 1)], tokens.count - position)
            try unsafe executor.run(
                Batch([
                    Batch.Piece(
                        sequence: sequence, position: position, tokens: tokens[position..<position + size],
                        outputs: .all)
                ]))
            for row in 0..<size { unsafe result += executor.logits(output: row) }
            position += size
            turn += 1
        }
        return result
    }
}

/// Which experts each position chose, layer by layer.
final class Routings: RoutingObserver {
    private(set) var layers: [Int: [Set<Int32>]] = [:]

    func routed(layer: Int, tokens: Int, chosen: Span<Int32>) {
        let used = chosen.count / tokens
        for token in 0..<tokens {
            layers[layer, default: []].append(Set((0..<used).map { chosen[token * used + $0] }))
        }
    }

    /// Positions at which any layer chose otherwise.
    func differences(from other: Routings) -> Set<Int> {
        Set(
            layers.flatMap { layer, choices in
                zip(choices, other.layers[layer] ?? []).enumerated().filter { $1.0 != $1.1 }.map(\.offset)
            })
    }
}

/// Sum of squared differences over the sum of squares of the reference.
func normalizedError(_ values: [Float], _ reference: [Float]) -> Double {
    var difference = 0.0
    var square = 0.0
    for (a, b) in zip(values, reference) {
        difference += Double(a - b) * Double(a - b)
        square += Double(b) * Double(b)
    }
    return values.count == reference.count ? difference / square : .infinity
}
