import Compute
import GGUF
import Models
import Testing

/// A sequence gets the same logits among eight as alone, bit for bit: up to eight columns of a
/// product take the kernels that one takes.
@Suite struct CompanyTests {
    @Test(arguments: [
        "llama", "qwen3moe", "gemma3", "gemma4", "deepseek2", "gpt-oss", "qwen3next", "glm-dsa-sparse",
        "llama4",
        "glm4moe",
    ])
    func eightAreAsOne(name: String) throws {
        let fixture = try Fixture(name)
        let executor = try Executor(
            Registry.load(fixture.file).program,
            options: ExecutorOptions(threads: 2, contextLength: 128, batchLength: 64))
        func step(_ pieces: [(SequenceCache, Int32)]) throws -> [[Float]] {
            try executor.run(
                Batch(
                    pieces.map {
                        Batch.Piece(sequence: $0.0, position: $0.0.position, tokens: [$0.1], outputs: .last)
                    }))
            return pieces.indices.map { Array(executor.logits(output: $0)) }
        }
        let together = try (0..<8).map { _ in try executor.makeSequence() }
        let alone = try (0..<8).map { _ in try executor.makeSequence() }
        for index in 0..<12 {
            let tokens = (0..<8).map { fixture.tokens[(index * 5 + $0 * 3) % fixture.tokens.count] }
            let shared = try step(Array(zip(together, tokens)))
            for number in 0..<8 {
                let own = try step([(alone[number], tokens[number])])[0]
                #expect(own == shared[number], "\(name): sequence \(number), token \(index)")
            }
        }
        withExtendedLifetime(fixture) {}
    }
}
