import Compute
import Foundation
import GGUF
import Models
import Testing

/// Prediction layers ("nextn") against logits that numpy computed in float64.
@Suite struct PredictionTests {
    private static let count = 12

    private func reference(_ name: String) throws -> [Float] {
        let data = try Data(
            contentsOf: Fixture.resources.appendingPathComponent("nextn/\(name).logits.f32"))
        return unsafe data.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 4).map {
                unsafe raw.loadUnaligned(fromByteOffset: $0, as: Float.self)
            }
        }
    }

    @Test(arguments: ["glm4moe", "deepseek2", "qwen35", "qwen3next", "glm-dsa", "glm-dsa-sparse"])
    func agreesWithTheReference(name: String) throws {
        let fixture = try Fixture(name)
        let file = try EditedModel(predicting: fixture.file).open()
        let program = try Registry.loadPrediction(file)
        let width = program.inputWidth
        let tokens = (0..<PredictionTests.count).map { Int32($0 * 37 % fixture.vocabulary) }
        let hidden = noise(tokens.count * width, seed: 5).map { Float($0 * 4) }
        for pieces in [[12], [1], [5, 1, 6]] {
            let executor = try Executor(
                program,
                options: ExecutorOptions(
                    threads: 2, contextLength: 64, batchLength: 64, keyType: .f32, valueType: .f32))
            let sequence = try executor.makeSequence()
            var result: [Float] = []
            var start = 0
            while start < tokens.count {
                let end = min(
                    tokens.count, start + pieces[min(pieces.count - 1, start == 0 ? 0 : start < 6 ? 1 : 2)])
                try executor.run(
                    Batch([
                        Batch.Piece(
                            sequence: sequence, position: start, tokens: tokens[start..<end], outputs: .all,
                            hidden: Array(hidden[start * width..<end * width]))
                    ]))
                for row in 0..<end - start { result += executor.logits(output: row) }
                start = end
            }
            let error = normalizedError(result, try reference(name))
            #expect(error <= 1e-10, "\(name) in pieces \(pieces): NMSE \(error)")
        }
        withExtendedLifetime(file) {}
    }

    @Test func theModelIsAsBefore() throws {
        let fixture = try Fixture("glm4moe")
        let edited = Fixture(fixture, file: try EditedModel(predicting: fixture.file).open())
        #expect(try edited.run(pieces: [64]) == fixture.run(pieces: [64]))
    }

    @Test func whatIsMissingIsSaid() throws {
        let fixture = try Fixture("glm4moe")
        func refusal(_ file: GGUFFile) -> String {
            do {
                _ = try Registry.loadPrediction(file)
                return ""
            } catch { return error.description }
        }
        #expect(refusal(fixture.file).contains("no prediction layer"))
        #expect(refusal(try Fixture("llama").file).contains("no prediction layer"))
        for name in ["nextn.eh_proj.weight", "nextn.hnorm.weight", "attn_q.weight"] {
            var model = try EditedModel(predicting: fixture.file)
            model.remove("blk.3.\(name)")
            let file = try model.open()
            #expect(refusal(file).contains("blk.3.\(name)"))
        }
    }

    @Test func hiddenStatesMustFit() throws {
        let fixture = try Fixture("glm4moe")
        let file = try EditedModel(predicting: fixture.file).open()
        let executor = try Executor(
            Registry.loadPrediction(file), options: ExecutorOptions(threads: 1, contextLength: 32))
        let sequence = try executor.makeSequence()
        for count in [0, 1, 63, 65] {
            #expect(throws: ComputeError.self) {
                try executor.run(
                    Batch([
                        Batch.Piece(
                            sequence: sequence, position: 0, tokens: [1], outputs: .last,
                            hidden: [Float](repeating: 0, count: count))
                    ]))
            }
        }
        withExtendedLifetime(file) {}
    }
}
