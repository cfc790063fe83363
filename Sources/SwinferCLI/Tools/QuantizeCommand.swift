import ArgumentParser
import Foundation
import GGUF
import ModelTools
import Swinfer
import Synchronization

struct QuantizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Makes a smaller file of a model.",
        discussion: """
            TYPE names llama.cpp's mixes, with the same types for the same tensors:
              \(schemeNames)

            With --fit SIZE no TYPE is given: every tensor gets the type with which all of them \
            together lose least, so that weights, and with -c the KV cache of that context and the \
            scratch memory, fit SIZE ("this": the memory that is free here; or a machine of \
            'swinfer fit --list-machines'). With a text (-f) it is measured how much the model feels \
            the loss of each kind of tensor.

            A run that was interrupted goes on where it was when it is given again.

            Examples:
              swinfer quantize f16.gguf q4.gguf Q4_K_M
              swinfer quantize --imatrix model.imatrix.gguf f16.gguf small.gguf IQ3_XXS
              swinfer quantize --tensor-type 'ffn_down=Q6_K' f16.gguf mixed.gguf Q4_K_S 8
              swinfer quantize --fit 12G -c 8192 --imatrix i.gguf -f text.txt f16.gguf fit.gguf
              swinfer quantize --fit framework-desktop -c 32768 -f text.txt f16.gguf fit.gguf
            """)

    @Argument(help: ArgumentHelp("GGUF file (any shard of a split one).", valueName: "in")) var input: String
    @Argument(help: ArgumentHelp("File to write.", valueName: "out")) var output: String
    @Argument(help: ArgumentHelp("Type or mix.", valueName: "type")) var scheme: QuantizationScheme?
    @Argument(help: ArgumentHelp("Threads (default: one per physical core).", valueName: "threads"))
    var threads: Int?

    @Option(
        name: [.customShort("t"), .customLong("threads")],
        help: ArgumentHelp("Threads, the same as the argument.", valueName: "n"))
    var threadsOption: Int?

    @OptionGroup(title: "Types") var types: QuantizeArguments
    @OptionGroup(title: "Fitting") var fitting: FitArguments

    func validate() throws {
        if (scheme == nil) == (fitting.fit == nil) { throw ValidationError("give a TYPE or --fit SIZE") }
        if threads != nil, threadsOption != nil {
            throw ValidationError("give the threads once: as argument or with -t")
        }
        if let count = threads ?? threadsOption, !(1...1024).contains(count) {
            throw ValidationError("threads \(count) is outside 1...1024")
        }
        if fitting.fit == nil,
            fitting.file != nil || fitting.contextSize > 0 || fitting.sensitivities != nil
        {
            throw ValidationError("-f, -c and --sensitivities belong to --fit")
        }
    }

    func run() async throws {
        let command = self
        try await interruptible { try await command.quantize() }
    }

    private func quantize() async throws {
        let file: GGUFFile
        do { file = try GGUFFile(path: input) } catch { throw CommandError(error.description) }
        var options = try types.options(
            scheme ?? QuantizationScheme.all[0], threads: threads ?? threadsOption)
        if let goal = fitting.fit {
            let fit = try await SizeFitting(arguments: fitting, input: input, options: options, goal: goal)
                .choose()
            options.scheme = fit.scheme
            options.types = fit.types
        }
        let quantizer = try Quantizer(file, options: options)
        report(quantizer)
        if types.dryRun { return }
        if let name = quantizer.needingImportance.first {
            Terminal.note(
                "warning: \(quantizer.needingImportance.count) tensors (first \(name)) get types that are poor without an importance matrix; make one with 'swinfer imatrix' and give it with --imatrix"
            )
        }
        let bar = ProgressBar("quantizing")
        defer { bar.finish() }
        let task = CancellationFlag()
        let start = ContinuousClock.now
        let paths = try await withTaskCancellationHandler {
            try quantizer.write(
                to: output, progress: { bar.update($0.fraction) }, isCancelled: { task.isSet })
        } onCancel: {
            task.set()
        }
        bar.finish()
        let seconds = start.duration(to: .now) / .seconds(1)
        Terminal.note("wrote \(paths.joined(separator: ", ")) in \(String(format: "%.1f", seconds)) s")
    }

    private func report(_ quantizer: Quantizer) {
        if types.dryRun || fitting.fit == nil {
            for choice in quantizer.choices where types.dryRun || choice.wanted != nil {
                var line = "\(choice.tensor.name)  \(choice.tensor.type) -> \(choice.type)"
                if let wanted = choice.wanted {
                    line += "  (rows of \(choice.tensor.rowElements) are no whole blocks of \(wanted))"
                }
                Terminal.note(line)
            }
        }
        let (before, after) = quantizer.byteCounts
        let elements = quantizer.file.tensors.reduce(0) { $0 + $1.elementCount }
        Terminal.note(
            String(
                format: "%@ -> %@, %.2f bits a weight", formatBytes(before), formatBytes(after),
                Double(after) * 8 / Double(max(1, elements))))
    }
}

/// Names of the mixes in lines.
private let schemeNames: String = QuantizationScheme.all.map(\.name).joined(separator: " ")

/// Set when the run is to end.
private final class CancellationFlag: Sendable {
    private let value = Atomic<Bool>(false)
    func set() { value.store(true, ordering: .relaxed) }
    var isSet: Bool { value.load(ordering: .relaxed) }
}
