import Foundation
import GGUF
import Swinfer
import Testing

/// Embeddings against the float32 references of the tiny models, which hold logits: the output matrix
/// times the last token's hidden state is that token's row of logits.
@Suite struct EmbeddingTests {
    private let resources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../ModelTests/Resources")

    private func model(_ path: String, batch: Int = 512) throws -> Model {
        var options = ModelOptions()
        options.contextLength = 64
        options.threads = 2
        options.batchLength = batch
        options.keyCacheType = .f32
        options.valueCacheType = .f32
        return try Model(path: path, options: options)
    }

    private func path(_ name: String) -> String { resources.appendingPathComponent("\(name).gguf").path }

    private func tokens(_ name: String) throws -> [Int32] {
        struct Facts: Decodable { let tokens: [Int32] }
        let data = try Data(contentsOf: resources.appendingPathComponent("\(name).json"))
        return try JSONDecoder().decode(Facts.self, from: data).tokens
    }

    @Test(arguments: ["llama", "qwen2", "qwen3moe", "phi3", "gpt-oss"])
    func theOutputMatrixMakesLogitsOfThem(name: String) async throws {
        let tokens = try tokens(name)
        let model = try model(path(name))
        let vocabulary = model.information.vocabularySize
        let npy = try Data(contentsOf: resources.appendingPathComponent("\(name).logits.npy"))
        let reference = npy.suffix(tokens.count * vocabulary * 4).withUnsafeBytes { raw in
            (0..<tokens.count * vocabulary).map {
                raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)
            }
        }
        let file = try GGUFFile(path: path(name))
        let tensor = try #require(
            file.tensor(named: "output.weight") ?? file.tensor(named: "token_embd.weight"))
        #expect(tensor.type == .f16 && tensor.rowElements == model.embeddingLength)
        let weights = file.bytes(of: tensor)
        for count in [1, 2, 17, tokens.count] {
            let hidden = try await model.embed(
                [Array(tokens[..<count])], pooling: .last, normalize: false)[0]
            var error = 0.0
            var power = 0.0
            for row in 0..<vocabulary {
                var logit = 0.0
                for column in hidden.indices {
                    let weight = weights.loadUnaligned(
                        fromByteOffset: (row * hidden.count + column) * 2, as: Float16.self)
                    logit += Double(weight) * Double(hidden[column])
                }
                let expected = Double(reference[(count - 1) * vocabulary + row])
                error += (logit - expected) * (logit - expected)
                power += expected * expected
            }
            #expect(error / power < 1e-5, "\(name), \(count) tokens: \(error / power)")
        }
    }

    private struct References: Decodable {
        struct Case: Decodable {
            let model: String
            let tokens: [Int32]
            let pooling: String
            let vector: [Float]
            let normalized: [Float]
        }
        let cases: [Case]
    }

    /// Resources/embeddings.json: transformers' hidden states of the same weights, pooled
    /// (scripts/make-embedding-references).
    @Test func agreeWithTransformers() async throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Resources/embeddings.json")
        let references = try JSONDecoder().decode(References.self, from: Data(contentsOf: file))
        #expect(references.cases.count == 27)
        var models: [String: Model] = [:]
        for expected in references.cases {
            let model = try models[expected.model] ?? model(path(expected.model), batch: 20)
            models[expected.model] = model
            let pooling = try #require(Pooling(rawValue: expected.pooling))
            for (wanted, normalize) in [(expected.vector, false), (expected.normalized, true)] {
                let found = try await model.embed(
                    [expected.tokens], pooling: pooling, normalize: normalize)[0]
                let error = zip(found, wanted).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
                let power = wanted.reduce(0.0) { $0 + Double($1) * Double($1) }
                #expect(
                    found.count == wanted.count && error <= 1e-5 * power,
                    "\(expected.model), \(expected.tokens.count) tokens, \(pooling): \(error / power)")
            }
        }
    }

    @Test(arguments: ["qwen2", "qwen3next", "gemma3"])
    func poolingIsOfTheTokensStates(name: String) async throws {
        let tokens = Array(try tokens(name)[..<13])
        let model = try model(path(name), batch: 5)
        var states: [[Float]] = []
        for count in 1...tokens.count {
            states += try await model.embed([Array(tokens[..<count])], pooling: .last, normalize: false)
        }
        let mean = states[0].indices.map { index in
            states.reduce(0) { $0 + $1[index] } / Float(tokens.count)
        }
        func near(_ found: [Float], _ expected: [Float]) -> Bool {
            found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }
        }
        #expect(near(try await model.embed([tokens], pooling: .mean, normalize: false)[0], mean))
        #expect(near(try await model.embed([tokens], pooling: .cls, normalize: false)[0], states[0]))
        let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(near(try await model.embed([tokens], pooling: .mean)[0], mean.map { $0 / length }))
    }

    /// Texts that share batches, and are cut by them, do not disturb each other.
    @Test func manyTextsAreEachAsAlone() async throws {
        let model = try model(path("qwen3moe"), batch: 8)
        let texts = ["a", "hello there", "x y z", "", "the moon is round", "b"].filter { !$0.isEmpty }
        let together = try await model.embed(texts)
        #expect(together.count == texts.count)
        for (text, vector) in zip(texts, together) {
            let alone = try await model.embed(text)
            #expect(alone.count == vector.count && zip(alone, vector).allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5, "\(text)")
        }
    }

    @Test func theFileNamesTheDefault() async throws {
        let original = try GGUFFile(path: path("qwen2"))
        for (number, pooling) in [(1, Pooling.mean), (2, .cls), (3, .last), (0, .mean)] {
            var metadata = original.metadata
            metadata["qwen2.pooling_type"] = .uint32(UInt32(number))
            var writer = GGUFWriter(metadata: metadata)
            for tensor in original.tensors { try writer.add(tensor, of: original) }
            let edited = FileManager.default.temporaryDirectory
                .appendingPathComponent("swinfer-\(UUID().uuidString).gguf").path
            defer { try? FileManager.default.removeItem(atPath: edited) }
            _ = try writer.write(to: edited)
            let model = try model(edited)
            let text = "some words here"
            let expected = try await model.embed(text, pooling: pooling)
            let found = try await model.embed(text)
            #expect(found == expected, "\(number)")
        }
    }

    @Test func whatDoesNotFitIsRefused() async throws {
        let model = try model(path("qwen2"))
        await #expect(throws: SwinferError.self) { try await model.embed([[]]) }
        await #expect(throws: SwinferError.self) {
            try await model.embed([[Int32]](repeating: [Int32](repeating: 1, count: 65), count: 1))
        }
        await #expect(throws: SwinferError.self) { try await model.embed([[1, 2, 1_000_000]]) }
        let none = try await model.embed([String]())
        #expect(none.isEmpty)
    }
}
