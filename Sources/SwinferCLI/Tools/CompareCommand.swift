import ArgumentParser
import Foundation
import ModelTools
import Swinfer

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Two files of one model side by side: size, predictions on a text, speed.",
        discussion: """
            The first is the base: the second one's divergence is measured from it.

            Example:
              swinfer compare f16.gguf q4.gguf -f text.txt
            """)

    @Argument(help: ArgumentHelp("The base.", valueName: "a")) var first: String
    @Argument(help: ArgumentHelp("The other file.", valueName: "b")) var second: String
    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("Text file.", valueName: "file")) var file:
        String
    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("Compute threads.", valueName: "n"))
    var threads: Int?
    @Option(
        name: [.customShort("c"), .customLong("ctx-size")],
        help: ArgumentHelp("Tokens of a window.", valueName: "n"))
    var contextSize = 512
    @Option(help: ArgumentHelp("Windows to take (default: all).", valueName: "n")) var chunks: Int?

    func validate() throws {
        if contextSize < 8 {
            throw ValidationError("--ctx-size \(contextSize): windows have at least 8 tokens")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads) is outside 1...1024")
        }
        if let chunks, chunks < 1 { throw ValidationError("--chunks \(chunks) must be at least 1") }
    }

    func run() async throws {
        let command = self
        try await interruptible { try await command.compare() }
    }

    private func load(_ path: String) async throws -> Model {
        var options = ModelOptions()
        options.threads = threads
        options.contextLength = max(contextSize, 256)
        let bar = ProgressBar("loading")
        defer { bar.finish() }
        return try await Model.load(path: path, options: options) { bar.update($0) }
    }

    private func compare() async throws {
        let base = try await load(first)
        let other = try await load(second)
        let windows = try TextWindows(readText(file), model: base, length: contextSize, limit: chunks)
        let line = MeasurementLine()
        defer { line.finish() }
        let result = try await windows.divergence(of: other, from: base) { state in
            line.show(
                done: state.done, total: state.total, remaining: state.remainingSeconds,
                value: String(format: "KL divergence %.6f", state.divergence.mean.value))
        }
        line.finish()
        let speeds = try await [speed(base), speed(other)]
        func bits(_ model: Model) -> String {
            String(
                format: "%.2f",
                Double(model.information.fileBytes) * 8 / Double(model.information.parameterCount))
        }
        func perplexity(_ value: Perplexity) -> String {
            String(format: "%.4f ± %.4f", value.value, value.error)
        }
        let rows = [
            ["", "A", "B"],
            ["file", first, second],
            ["size", formatBytes(base.information.fileBytes), formatBytes(other.information.fileBytes)],
            ["bits a weight", bits(base), bits(other)],
            ["perplexity", perplexity(result.basePerplexity), perplexity(result.perplexity)],
            ["mean KL divergence", "-", String(format: "%.6f ± %.6f", result.mean.value, result.mean.error)],
            ["99 % KL divergence", "-", String(format: "%.6f", result.percentile(0.99))],
            ["same top token", "-", String(format: "%.2f %%", result.sameTopShare.value * 100)],
            ["prompt tok/s", formatRate(speeds[0].prompt), formatRate(speeds[1].prompt)],
            ["generation tok/s", formatRate(speeds[0].generation), formatRate(speeds[1].generation)],
        ]
        try Terminal.write(Table(rows).lines.joined(separator: "\n") + "\n")
    }

    private func speed(_ model: Model) async throws -> (prompt: Double, generation: Double) {
        let prompt = try await model.benchmark(
            BenchmarkTest(promptTokens: 256, generatedTokens: 0, depth: 0), repetitions: 3)
        let generation = try await model.benchmark(
            BenchmarkTest(promptTokens: 0, generatedTokens: 32, depth: 0), repetitions: 3)
        return (prompt.medianRate, generation.medianRate)
    }
}
