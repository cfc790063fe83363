import Compute
import GGUF
import Testing

/// What goes into weights is the same, wherever they lie.
@Suite struct CollectingTests {
    @Test(arguments: ["qwen3moe", "gpt-oss", "llama4", "qwen2moe", "deepseek2-lite", "gemma4"])
    func sumsAreThoseOfAResidentModel(name: String) throws {
        let file = try GGUFFile(path: StreamedModel.path(name))
        let plain = try StreamedModel.resident(file)
        let vocabulary = plain.program.vocabularySize
        func sums(_ executor: Executor) throws -> [InputCollector.Sums] {
            let collector = InputCollector(file)
            executor.inputCollector = collector
            defer { executor.inputCollector = nil }
            let logits = try StreamedModel.run(executor, vocabulary: vocabulary)
            #expect(logits.allSatisfy { $0.isFinite })
            return collector.sums
        }
        let expected = try sums(plain)
        let found = try sums(StreamedModel(file, pool: 0).executor)
        #expect(found.map(\.name) == expected.map(\.name))
        for (found, expected) in zip(found, expected) {
            #expect(found.squares == expected.squares, "\(name): \(expected.name)")
            #expect(found.counts == expected.counts, "\(name): \(expected.name)")
        }
        for part in ["gate", "up", "down"] where name != "gemma4" {
            #expect(expected.contains { $0.name.hasSuffix("ffn_\(part)_exps.weight") }, "\(name): \(part)")
        }
        #expect(expected.contains { $0.name.hasSuffix("attn_output.weight") })
    }
}
