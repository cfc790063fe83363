import ArgumentParser
import Foundation
import GGUF
import ModelTools
import Swinfer

/// What a fitted model must fit.
struct FitArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("Memory for the model, such as 12G; 'this': what is free here.", valueName: "size")
    )
    var fit: FitGoal?

    @Option(
        name: [.customShort("c"), .customLong("ctx-size")],
        help: ArgumentHelp(
            "Tokens of context that must fit too, with scratch memory (default: weights only).",
            valueName: "n"))
    var contextSize = 0

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("Text to measure sensitivities on.", valueName: "file"))
    var file: String?
}

/// A number of bytes, or this machine.
enum FitGoal: ExpressibleByArgument, Sendable {
    case bytes(Int)
    case thisMachine

    init?(argument: String) {
        if argument == "this" {
            self = .thisMachine
        } else if let size = ByteCount(argument: argument) {
            self = .bytes(size.bytes)
        } else {
            return nil
        }
    }
}

/// Chooses types under a budget and prints the table of choices.
struct SizeFitting {
    let arguments: FitArguments
    let input: String
    let options: QuantizeOptions
    let goal: FitGoal

    /// Tokens of a window when sensitivities are measured, and how many windows.
    private static let windowLength = 256
    private static let windowCount = 8

    func choose() async throws -> SizeFit {
        var modelOptions = ModelOptions()
        modelOptions.threads = options.threads
        modelOptions.contextLength = max(arguments.contextSize, arguments.file == nil ? 1 : Self.windowLength)
        modelOptions.prefault = false
        let model = try await Model.load(path: input, options: modelOptions)
        let need = try await MemoryNeed(model)
        let total = try size()
        let besides = arguments.contextSize > 0 ? need.byteCount : need.headerBytes
        let bar = ProgressBar("measuring losses")
        defer { bar.finish() }
        let table = try DamageTable(
            GGUFFile(path: input), importance: options.importance, threads: options.threads,
            allowRequantize: options.allowRequantize, isCancelled: { Task.isCancelled }
        ) { bar.update($0) }
        bar.finish()
        let probe = try await probe(table, model, modelOptions)
        let fit = try SizeFit(table, budget: total - besides) { probe?.sensitivity($0) ?? 1 }
        try print(fit, need, model, total: total)
        return fit
    }

    private func size() throws -> Int {
        if case .bytes(let bytes) = goal { return bytes }
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw CommandError("/proc/meminfo: tells no MemAvailable; give a size instead of 'this'") }
        return kilobytes * 1024
    }

    private func probe(_ table: DamageTable, _ model: Model, _ options: ModelOptions) async throws
        -> SensitivityProbe?
    {
        guard let file = arguments.file else { return nil }
        let windows = try TextWindows(
            readText(file), model: model, length: Self.windowLength, limit: Self.windowCount)
        let bar = ProgressBar("measuring sensitivities")
        defer { bar.finish() }
        return try await SensitivityProbe(
            table, base: model, windows: windows, importance: self.options.importance, modelOptions: options,
            folder: NSTemporaryDirectory()
        ) { bar.update($0) }
    }

    private func print(_ fit: SizeFit, _ need: MemoryNeed, _ model: Model, total: Int) throws {
        var rows = [["Tensor", "Type", "Bytes", "Loss", "Damage"]]
        for choice in fit.choices {
            rows.append([
                choice.tensor.name, choice.option.type.name, "\(choice.option.bytes)",
                String(format: "%.2e", choice.option.loss), String(format: "%.2e", choice.damage),
            ])
        }
        for line in Table(rows, rightAligned: [2, 3, 4]).lines { Terminal.note(line) }
        var sums = ["weights \(formatBytes(fit.byteCount + need.headerBytes))"]
        if arguments.contextSize > 0 {
            sums.append("KV cache of \(arguments.contextSize) tokens \(formatBytes(need.cacheBytes))")
            sums.append("scratch \(formatBytes(need.scratchBytes))")
        }
        Terminal.note("\(sums.joined(separator: " + ")) of \(formatBytes(total))")
        Terminal.note(String(format: "expected damage %.3e", fit.damage))
    }
}
