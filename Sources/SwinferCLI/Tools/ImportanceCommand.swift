import ArgumentParser
import Foundation
import ModelTools
import Swinfer

struct ImportanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "imatrix",
        abstract: "Measures on a text which columns of each weight matter: an importance matrix.",
        discussion: """
            The file is llama.cpp's imatrix in GGUF; give it to 'quantize --imatrix'.

            Example:
              swinfer imatrix -m f16.gguf -f calibration.txt -o model.imatrix.gguf
            """)

    @OptionGroup(title: "Model") var model: ModelArguments

    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("Text file.", valueName: "file")) var file:
        String

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("File to write.", valueName: "file"))
    var output = "imatrix.gguf"

    @Option(help: ArgumentHelp("Windows to take (default: all).", valueName: "n")) var chunks: Int?

    @Flag(help: "Of the output matrix too.") var processOutput = false

    func validate() throws {
        if let chunks, chunks < 1 { throw ValidationError("--chunks \(chunks) must be at least 1") }
        if model.contextSize > 0, model.contextSize < 8 {
            throw ValidationError("--ctx-size \(model.contextSize): windows have at least 8 tokens")
        }
    }

    func run() async throws {
        let command = self
        try await interruptible { try await command.measure() }
    }

    private func measure() async throws {
        let length = model.contextSize > 0 ? model.contextSize : 512
        let loaded = try await model.load(contextLength: length)
        defer { loaded.saveExpertCounts() }
        let windows = try TextWindows(readText(file), model: loaded, length: length, limit: chunks)
        let line = MeasurementLine()
        defer { line.finish() }
        let sums = try await windows.importance(of: loaded, includesOutput: processOutput) { state in
            line.show(
                done: state.done, total: state.total, remaining: state.remainingSeconds, value: "importances")
        }
        line.finish()
        try ImportanceMatrix.write(
            sums, datasets: [file], chunkCount: windows.count, chunkLength: length, to: output)
        Terminal.note(
            "\(output): importances of \(sums.count) tensors, from \(windows.count) windows of \(length) tokens"
        )
        warn(StarvedExperts.find(in: sums, least: Self.least))
    }

    /// Inputs below which an expert's importances say little.
    private static let least = 128

    private func warn(_ starved: [StarvedExperts]) {
        guard let worst = starved.max(by: { $0.experts.count < $1.experts.count }) else { return }
        Terminal.note(
            "warning: in \(starved.count) tensors some experts saw fewer than \(Self.least) tokens; worst is \(worst.tensor): \(worst.experts.count) of \(worst.count) (\(Quantity.ranges(worst.experts))); give a longer or more varied text"
        )
    }
}
