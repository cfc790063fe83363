public import ArgumentParser
import Foundation
public import Swinfer

/// `swinfer embed`: texts as vectors.
struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Turns texts into vectors.",
        discussion: """
            The text comes from -p; or every line of the file of -f, or of standard input, is one. \
            The hidden states of a text's tokens are pooled into one vector, of length 1 unless \
            --no-normalize is given. There is a JSON array on a line for each text, or, with -o raw, \
            little-endian float32, [texts x elements].

            Examples:
              swinfer embed model.gguf -p "A cat sat on a mat"
              swinfer embed -m model.gguf -f lines.txt --pooling last -o raw > vectors.f32
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case json, raw }

    @OptionGroup(title: "Model") var model: ModelArguments

    @Option(name: [.customShort("p"), .long], help: ArgumentHelp("Text to embed.", valueName: "text"))
    var prompt: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("File with a text on every line; -: standard input.", valueName: "file"))
    var file: String?

    @Option(help: "How tokens become one vector (default: what the model's file says, or mean).")
    var pooling: Pooling?

    @Flag(inversion: .prefixedNo, help: "Scale vectors to length 1.")
    var normalize = true

    @Option(name: .shortAndLong, help: "What to print.")
    var output = Format.json

    func validate() throws {
        if prompt != nil, file != nil { throw ValidationError("give the text once: with -p or with -f") }
        if prompt == nil, file == nil, Terminal.inputIsTerminal {
            throw ValidationError("no text: give it with -p TEXT, -f FILE or on standard input")
        }
    }

    func run() async throws {
        let model = try await model.load()
        defer { model.saveExpertCounts() }
        if let prompt { return try await write([prompt], model) }
        // Enough lines at once to fill the model's batches.
        var reader = try LineReader(path: file)
        var lines: [String] = []
        var number = 0
        while let line = try reader.next() {
            number += 1
            guard let text = String(validating: line, as: UTF8.self) else {
                throw CommandError("line \(number) is not UTF-8")
            }
            lines.append(text)
            if lines.count == 256 {
                try await write(lines, model)
                lines = []
            }
        }
        try await write(lines, model)
    }

    private func write(_ texts: [String], _ model: Model) async throws {
        for vector in try await model.embed(texts, pooling: pooling, normalize: normalize) {
            switch output {
            case .json:
                try Terminal.write("[" + vector.map { "\($0)" }.joined(separator: ",") + "]\n")
            case .raw:
                var bytes: [UInt8] = []
                for value in vector {
                    let bits = value.bitPattern
                    for shift in stride(from: UInt32(0), to: 32, by: 8) {
                        bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
                    }
                }
                try Terminal.write(bytes: bytes)
            }
        }
    }
}

extension Pooling: ExpressibleByArgument {}
