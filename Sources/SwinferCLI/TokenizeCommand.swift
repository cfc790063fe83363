import ArgumentParser
import Foundation
import GGUF
import Tokenizer

/// `swinfer tokenize`: the tokens of a text.
struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize", abstract: "Turn text into token ids.",
        discussion: """
            The text comes from -p, from the file of -f, or from standard input. Its ids are printed on one \
            line. With --jsonl each line of the input is a JSON string and answered by a JSON array.

            Examples:
              swinfer tokenize -m model.gguf -p "Hello, world!"
              swinfer tokenize -m model.gguf --jsonl < strings.jsonl
            """)

    @OptionGroup var model: VocabularyArguments

    @Option(name: [.customShort("p"), .long], help: ArgumentHelp("Text to tokenize.", valueName: "text"))
    var prompt: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("File with the text; -: standard input.", valueName: "file"))
    var file: String?

    @Flag(name: .long, help: "Add no BOS and EOS, and take the names of special tokens as text.")
    var plain = false

    @Flag(name: .long, help: "One JSON string per line in, one JSON array per line out.")
    var jsonl = false

    @Argument(help: ArgumentHelp("GGUF file, when it is not given with -m.", valueName: "model"))
    var modelPath: String?

    func validate() throws {
        try model.check(modelPath)
        if prompt != nil, file != nil { throw ValidationError("give the text once: with -p or with -f") }
        if prompt == nil, file == nil, Terminal.inputIsTerminal {
            throw ValidationError("no text: give it with -p TEXT, -f FILE or on standard input")
        }
    }

    func run() throws {
        let tokenizer = try model.load(modelPath)
        if jsonl {
            try tokenizeLines(tokenizer)
        } else {
            let tokens = try encode(tokenizer, text())
            try Terminal.write(tokens.map(String.init).joined(separator: " ") + "\n")
        }
    }

    private func text() throws -> [UInt8] {
        if let prompt { return Array(prompt.utf8) }
        var reader = try LineReader(path: file)
        return try reader.rest()
    }

    private func encode(_ tokenizer: Tokenizer, _ text: [UInt8]) throws -> [Token] {
        try tokenizer.encode(bytes: text, addSpecial: !plain, parseSpecial: !plain)
    }

    private func tokenizeLines(_ tokenizer: Tokenizer) throws {
        if let prompt {
            for (index, line) in prompt.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            {
                try tokenize(Array(line.utf8), index + 1, tokenizer)
            }
            return
        }
        var reader = try LineReader(path: file)
        var number = 0
        while let line = try reader.next() {
            number += 1
            try tokenize(line, number, tokenizer)
        }
    }

    private func tokenize(_ line: [UInt8], _ number: Int, _ tokenizer: Tokenizer) throws {
        guard !line.isBlank else { return }
        let text: String
        do {
            text = try JSONDecoder().decode(String.self, from: Data(line))
        } catch {
            throw CommandError("line \(number): no JSON string, such as \"Hello\"")
        }
        let tokens: [Token]
        do {
            tokens = try encode(tokenizer, Array(text.utf8))
        } catch {
            throw CommandError("line \(number): \(error)")
        }
        try Terminal.write("[" + tokens.map(String.init).joined(separator: ", ") + "]\n")
    }
}

/// Which vocabulary; shared by the commands that need no more of a model.
struct VocabularyArguments: ParsableArguments {
    @Option(
        name: [.customShort("m"), .customLong("model")],
        help: ArgumentHelp("GGUF file with the vocabulary.", valueName: "file"))
    var modelOption: String?

    /// - Parameter argument: the model as the command's first argument.
    func check(_ argument: String?) throws {
        if modelOption != nil, argument != nil {
            throw ValidationError("give the model once: as argument or with -m")
        }
        if modelOption == nil, argument == nil {
            throw ValidationError("no model: give a GGUF file with -m")
        }
    }

    func load(_ argument: String?) throws -> Tokenizer {
        let path = modelOption ?? argument ?? ""
        do {
            return try Tokenizer(metadata: GGUFFile(path: path).metadata)
        } catch let error as TokenizerError {
            throw CommandError("\(path): \(error)")
        }
    }
}

extension [UInt8] {
    var isBlank: Bool { allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
}
