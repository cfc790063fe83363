import Foundation
import Testing

@Suite struct EmbedTests {
    private let model = Command.model("qwen2")

    private func vectors(_ text: String) throws -> [[Float]] {
        try text.split(separator: "\n").map { try JSONDecoder().decode([Float].self, from: Data($0.utf8)) }
    }

    @Test func linesBecomeVectors() throws {
        let run = try Command(["embed", model, "-f", "-"], input: "hello\nworld peace\nhello\n")
        #expect(run.status == 0, "\(run.errors)")
        let vectors = try vectors(run.text)
        #expect(vectors.count == 3 && vectors.allSatisfy { $0.count == 64 })
        #expect(vectors[0] != vectors[1])
        for (a, b) in zip(vectors[0], vectors[2]) { #expect(abs(a - b) < 1e-5) }
        let alone = try self.vectors(try Command(["embed", "-m", model, "-p", "hello"]).text)
        for (a, b) in zip(vectors[0], alone[0]) { #expect(abs(a - b) < 1e-5) }
    }

    @Test func rawIsTheSameNumbers() throws {
        let arguments = ["embed", model, "-p", "some text", "--pooling", "last", "--no-normalize"]
        let vector = try vectors(try Command(arguments).text)[0]
        let raw = try Command(arguments + ["-o", "raw"]).output
        #expect(raw.count == 4 * vector.count)
        let numbers = raw.withUnsafeBytes { bytes in
            vector.indices.map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        #expect(numbers == vector)
        #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) > 1e-3)
    }

    @Test func badUseIsTold() throws {
        #expect(try Command(["embed", model, "-p", "a", "-f", "b"]).status == 64)
        #expect(try Command(["embed", model, "-p", "a", "--pooling", "max"]).status == 64)
        let long = try Command(["embed", model, "-c", "4", "-p", "a text that is too long for that"])
        #expect(long.status == 1 && long.errors.contains("context"))
    }
}
