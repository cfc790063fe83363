import ArgumentParser
import Experts
import Foundation
import Swinfer
import Synchronization

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Continues a text.",
        discussion: """
            The prompt comes from -p, from the file of -f, or from standard input. Only the \
            continuation goes to standard output.

            Examples:
              swinfer run -p "Once upon a time"
              swinfer run model.gguf -p "The capital of France is" -n 32 --temp 0
              swinfer run model.gguf -p "A cat as JSON: " -n 64 -j '{"type":"object"}'
              cat notes.txt | swinfer run -m model.gguf -n 200
            """)

    @OptionGroup(title: "Model") var model: ModelArguments

    @Option(name: [.customShort("p"), .long], help: ArgumentHelp("Text to continue.", valueName: "text"))
    var prompt: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("File with the text to continue; -: standard input.", valueName: "file"))
    var file: String?

    @OptionGroup(title: "Generation") var sampling: SamplingArguments

    @OptionGroup(title: "Session") var sessionArguments: SessionArguments

    @OptionGroup(title: "Constraints") var constraint: ConstraintArguments

    @Flag(name: .shortAndLong, help: "Tell about the model and the seed on standard error.")
    var verbose = false

    func validate() throws {
        if prompt != nil, file != nil { throw ValidationError("give the prompt once: with -p or with -f") }
        if prompt == nil, file == nil, Terminal.inputIsTerminal {
            throw ValidationError("no prompt: give one with -p TEXT, -f FILE or on standard input")
        }
    }

    func run() async throws {
        let text = try readPrompt()
        var options = sampling.options
        options.constraint = try constraint.read()
        let model = try await model.load()
        if verbose { describe(model) }
        let (session, stream) = try await sessionArguments.start(model, text, options)
        let interrupted = Atomic<Bool>(false)
        let printing = Task { () -> GenerationStatistics? in
            var last: GenerationStatistics?
            for try await event in stream {
                switch event {
                case .token(_, let text): if !text.isEmpty { try Terminal.write(text) }
                case .logProbabilities: break
                case .finished(let reason, let statistics):
                    last = statistics
                    try Terminal.write("\n")
                    if reason == .contextFull {
                        Terminal.note(
                            "the context of \(model.information.contextLength) tokens is full; a larger one: -c"
                        )
                    }
                }
            }
            return last
        }
        let statistics = await withInterrupt(printing, session, interrupted)
        report(model, statistics)
        if statistics != nil { try await sessionArguments.finish(session) }
        if interrupted.load(ordering: .relaxed) { throw ExitCode(130) }
        _ = try await printing.value
    }

    /// Waits for the text's end; Ctrl-C cancels it.
    private func withInterrupt(
        _ printing: Task<GenerationStatistics?, any Error>, _ session: Session,
        _ interrupted: borrowing Atomic<Bool>
    ) async -> GenerationStatistics? {
        let flag = InterruptFlag()
        let interrupt = Interrupt {
            flag.set()
            session.cancel()
        }
        let statistics = try? await printing.value
        withExtendedLifetime(interrupt) {}
        interrupted.store(flag.isSet, ordering: .relaxed)
        return statistics
    }

    private func readPrompt() throws -> String {
        if let prompt { return prompt }
        guard let file, file != "-" else {
            return String(decoding: try FileHandle.standardInput.readToEnd() ?? Data(), as: UTF8.self)
        }
        do {
            return String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
        } catch {
            throw CommandError("\(file): cannot read the prompt: \(error.localizedDescription)")
        }
    }

    private func describe(_ model: Model) {
        let information = model.information
        Terminal.note(
            "\(information.name ?? "model") (\(information.architecture)): \(information.layerCount) layers, \(formatBytes(information.fileBytes)), context \(information.contextLength), \(formatBytes(information.cacheBytesPerToken)) of cache per token, \(information.threads) threads"
        )
        for line in model.plan.lines { Terminal.note(line) }
        if information.windowBytesPerSession + information.stateBytesPerSession > 0 {
            Terminal.note(
                "each session: \(formatBytes(information.windowBytesPerSession)) of windows, \(formatBytes(information.stateBytesPerSession)) of recurrent state"
            )
        }
    }

    private func report(_ model: Model, _ statistics: GenerationStatistics?) {
        var parts: [String] = []
        if let statistics {
            parts.append(
                "prompt \(statistics.promptTokens) tokens, \(formatRate(statistics.promptTokensPerSecond)) tok/s"
            )
            parts.append(
                "generated \(statistics.generatedTokens) tokens, \(formatRate(statistics.generatedTokensPerSecond)) tok/s"
            )
            if let experts = statistics.experts {
                parts.append(
                    "experts \(Int((experts.hitRate * 100).rounded())) % hit, \(formatBytes(Int(statistics.bytesReadPerToken))) read per token, \(String(format: "%.2f", experts.stallSeconds)) s stalled"
                )
            }
            if statistics.reusedTokens > 0 { parts.append("reused \(statistics.reusedTokens) tokens") }
            if statistics.discardedTokens > 0 {
                parts.append("dropped \(statistics.discardedTokens) tokens from the full context")
            }
            if verbose { parts.append("seed \(statistics.seed)") }
        }
        parts.append(String(format: "load %.2f s", model.information.loadSeconds))
        parts.append("memory \(formatBytes(peakMemory()))")
        Terminal.note(parts.joined(separator: " | "))
    }
}

/// Set from the signal's thread.
final class InterruptFlag: Sendable {
    private let value = Atomic<Bool>(false)
    func set() { value.store(true, ordering: .relaxed) }
    var isSet: Bool { value.load(ordering: .relaxed) }
}

/// A failed run, told in one line.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// "7.6 MB", in powers of 1000 as disks and model pages count.
func formatBytes(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    return String(format: unit == 0 ? "%.0f %@" : "%.1f %@", value, units[unit])
}

func formatRate(_ rate: Double) -> String { String(format: rate < 100 ? "%.2f" : "%.1f", rate) }
