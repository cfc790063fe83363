import ArgumentParser
import Foundation
import ModelTools
import Swinfer

struct PerplexityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perplexity",
        abstract: "Measures how well a model predicts a text, and how far it is from another model.",
        discussion: """
            The text is cut into windows of -c tokens (default 512), of each of which the second \
            half is scored: llama.cpp's method, with the same values.

            With --kl-divergence-base FILE the log-probabilities are written to FILE; with \
            --kl-divergence too, they are read from it and the model is measured against them. The \
            file is the one that llama-perplexity writes and reads.

            Examples:
              swinfer perplexity -m model.gguf -f text.txt
              swinfer perplexity -m f16.gguf -f text.txt --kl-divergence-base f16.kld
              swinfer perplexity -m q4.gguf --kl-divergence-base f16.kld --kl-divergence
            """)

    @OptionGroup(title: "Model") var model: ModelArguments

    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("Text file.", valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("Windows to take (default: all).", valueName: "n")) var chunks: Int?

    @Option(
        name: [.customLong("kl-divergence-base"), .customLong("save-all-logits")],
        help: ArgumentHelp(
            "File of log-probabilities to write, or to read with --kl-divergence.", valueName: "file"))
    var logitsFile: String?

    @Flag(help: "Measure against the log-probabilities of --kl-divergence-base.") var klDivergence = false

    func validate() throws {
        if klDivergence, logitsFile == nil {
            throw ValidationError("--kl-divergence needs --kl-divergence-base FILE")
        }
        if !klDivergence, file == nil { throw ValidationError("give a text with -f") }
        if let chunks, chunks < 1 { throw ValidationError("--chunks \(chunks) must be at least 1") }
        if model.contextSize > 0, model.contextSize < 8 {
            throw ValidationError("--ctx-size \(model.contextSize): windows have at least 8 tokens")
        }
    }

    func run() async throws {
        let command = self
        try await interruptible {
            if command.klDivergence {
                try await command.measureDivergence()
            } else {
                try await command.measure()
            }
        }
    }

    private func measure() async throws {
        guard let file else { return }
        let length = model.contextSize > 0 ? model.contextSize : 512
        let loaded = try await model.load(contextLength: length)
        defer { loaded.saveExpertCounts() }
        let windows = try TextWindows(
            readText(file), model: loaded, length: length, limit: chunks)
        let line = MeasurementLine()
        defer { line.finish() }
        let result = try await windows.perplexity(of: loaded, logits: logitsFile) { state in
            line.show(
                done: state.done, total: state.total, remaining: state.remainingSeconds,
                value: String(format: "perplexity %.4f", state.perplexity.value))
        }
        line.finish()
        try Terminal.write(
            String(
                format: "perplexity %.4f +/- %.5f (%d windows of %d tokens)\n", result.value, result.error,
                windows.count, length))
    }

    private func measureDivergence() async throws {
        guard let logitsFile else { return }
        let length = try SavedLogits.windowLength(path: logitsFile)
        let loaded = try await model.load(contextLength: length)
        defer { loaded.saveExpertCounts() }
        let saved = try SavedLogits(path: logitsFile, for: loaded)
        let line = MeasurementLine()
        defer { line.finish() }
        let result = try await saved.divergence(of: loaded) { state in
            line.show(
                done: state.done, total: state.total, remaining: state.remainingSeconds,
                value: String(format: "KL divergence %.6f", state.divergence.mean.value))
        }
        line.finish()
        try Terminal.write(DivergenceReport(result).text)
    }
}

/// The text of a file, without the newline at its end.
func readText(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw CommandError("\(path): cannot be read; check the name and its permissions")
    }
    return String(decoding: data.last == UInt8(ascii: "\n") ? data.dropLast() : data, as: UTF8.self)
}
