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
            continuation goes to standard output. With a system message, or any other option of a \
            conversation, the prompt is a message and what follows is the model's answer to it.

            Examples:
              swinfer run -p "Once upon a time"
              swinfer run model.gguf -p "The capital of France is" -n 32 --temp 0
              swinfer run model.gguf -p "A cat as JSON: " -n 64 -j '{"type":"object"}'
              cat notes.txt | swinfer run -m model.gguf -n 200
              swinfer run model.gguf -sys "Translate into French." -p "Good morning" --json
            """)

    @OptionGroup(title: "Model") var model: ModelArguments

    @Option(name: [.customShort("p"), .long], help: ArgumentHelp("Text to continue.", valueName: "text"))
    var prompt: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("File with the text to continue; -: standard input.", valueName: "file"),
        completion: .file())
    var file: String?

    @Flag(
        help: "One JSON object per line: each token or piece of an answer, and at the end what it took.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "With --json: before each token how likely it was, and the n most likely ones (0 to 20).",
            valueName: "n"))
    var logprobs: Int?

    @OptionGroup(title: "Conversation") var chat: ChatArguments
    @OptionGroup(title: "Generation") var sampling: SamplingArguments
    @OptionGroup(title: "Generation") var stop: StopArguments

    @OptionGroup(title: "Session") var sessionArguments: SessionArguments

    @OptionGroup(title: "Speculation") var speculation: SpeculationArguments

    @OptionGroup(title: "Constraints") var constraint: ConstraintArguments

    @Flag(name: .shortAndLong, help: "Tell about the model and the seed on standard error.")
    var verbose = false

    func validate() throws {
        if chat.isUsed, sessionArguments.isUsed {
            throw ValidationError("--session and --prompt-cache are for texts, not for conversations")
        }
        if let logprobs {
            if !(0...20 ~= logprobs) { throw ValidationError("--logprobs \(logprobs) is outside 0 to 20") }
            if !json || chat.isUsed {
                throw ValidationError("--logprobs goes with --json, and with texts only")
            }
        }
        if prompt != nil, file != nil { throw ValidationError("give the prompt once: with -p or with -f") }
        if prompt == nil, file == nil, Terminal.inputIsTerminal {
            throw ValidationError("no prompt: give one with -p TEXT, -f FILE or on standard input")
        }
    }

    func run() async throws {
        let text = try readPrompt()
        var options = sampling.options
        options.constraint = try constraint.read()
        options.logProbabilities = logprobs
        speculation.apply(to: &options)
        let model = try await model.load(draft: speculation.draft)
        // Some task may still hold the model when the process ends.
        defer { model.saveExpertCounts() }
        if verbose { describe(model) }
        options.stop = stop.stop
        let run = try await chat.isUsed ? answer(model, text, options) : continuation(model, text, options)
        let interrupted = Atomic<Bool>(false)
        let printing = Task { () -> GenerationStatistics? in
            let (reason, statistics) = try await run.print()
            if reason == .contextFull {
                Terminal.note(
                    "the context of \(model.information.contextLength) tokens is full; a larger one: -c")
            }
            return statistics
        }
        let statistics = await withInterrupt(printing, run.cancel, interrupted)
        report(model, statistics)
        if statistics != nil { try await run.save() }
        if interrupted.load(ordering: .relaxed) { throw ExitCode(130) }
        _ = try await printing.value
    }

    /// What is printed, and how it is stopped.
    private struct Output: Sendable {
        let print: @Sendable () async throws -> (FinishReason?, GenerationStatistics?)
        let cancel: @Sendable () -> Void
        /// Writes what the next run goes on with, where that was asked for.
        var save: @Sendable () async throws -> Void = {}
    }

    private func continuation(
        _ model: Model, _ text: String, _ options: GenerationOptions
    ) async throws -> Output {
        let (session, stream) = try await sessionArguments.start(model, text, options)
        let json = json
        return Output(
            print: {
                for try await event in stream {
                    if json { try Terminal.write(event.json + "\n") }
                    if case .token(_, let text) = event, !json, !text.isEmpty { try Terminal.write(text) }
                    if case .finished(let reason, let statistics) = event {
                        if !json { try Terminal.write("\n") }
                        return (reason, statistics)
                    }
                }
                return (nil, nil)
            }, cancel: { session.cancel() },
            save: { [sessionArguments] in try await sessionArguments.finish(session) })
    }

    /// One turn of a conversation.
    private func answer(_ model: Model, _ text: String, _ options: GenerationOptions) throws -> Output {
        let session = try chat.session(model)
        let stream = try session.respond(to: text, options: options)
        let json = json
        return Output(
            print: {
                var printer = AnswerPrinter()
                for try await event in stream {
                    if json { try Terminal.write(event.json + "\n") } else { try printer.print(event) }
                    if case .finished(let reason, let statistics) = event { return (reason, statistics) }
                }
                return (nil, nil)
            }, cancel: { session.cancel() })
    }

    /// Waits for the text's end; Ctrl-C cancels it.
    private func withInterrupt(
        _ printing: Task<GenerationStatistics?, any Error>, _ cancel: @escaping @Sendable () -> Void,
        _ interrupted: borrowing Atomic<Bool>
    ) async -> GenerationStatistics? {
        let flag = InterruptFlag()
        let interrupt = Interrupt {
            flag.set()
            cancel()
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
            if statistics.draftedTokens > 0 {
                parts.append(
                    "tried \(statistics.draftedTokens) tokens ahead, \(statistics.acceptedTokens) taken, speed x\(formatRate(statistics.speculationSpeedUp))\(statistics.speculationPauses > 0 ? ", set aside \(statistics.speculationPauses) times" : "")"
                )
            }
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
