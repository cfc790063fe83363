import ArgumentParser
import Foundation
import GGUF
import Tokenizer

/// `swinfer detokenize`: the text of tokens.
struct Detokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detokenize", abstract: "Turn token ids into text.",
        discussion: """
            The ids are arguments, or come from standard input; commas, spaces and brackets separate them. \
            The bytes of their text are printed as they are. With --jsonl each line of standard input is a \
            JSON array of ids and answered by {"text": ..., "bytes": hexadecimal digits}; what is no UTF-8 is \
            U+FFFD in the text.

            Examples:
              swinfer detokenize -m model.gguf 9906 11 1917 0
              swinfer detokenize -m model.gguf --jsonl < ids.jsonl
            """)

    @OptionGroup var model: VocabularyArguments

    @Flag(name: .long, help: "One JSON array of ids per line in, one JSON object per line out.")
    var jsonl = false

    @Argument(help: ArgumentHelp("GGUF file, when it is not given with -m; then ids.", valueName: "ids"))
    var arguments: [String] = []

    private var modelPath: String? { model.modelOption == nil ? arguments.first : nil }
    private var idArguments: ArraySlice<String> {
        model.modelOption == nil ? arguments.dropFirst() : arguments[...]
    }

    func validate() throws {
        try model.check(modelPath)
        if jsonl, !idArguments.isEmpty {
            throw ValidationError("with --jsonl the ids come from standard input")
        }
        if !jsonl, idArguments.isEmpty, Terminal.inputIsTerminal {
            throw ValidationError("no ids: give them as arguments or on standard input")
        }
    }

    func run() throws {
        let tokenizer = try model.load(modelPath)
        if jsonl { try detokenizeLines(tokenizer) } else { try detokenizeAll(tokenizer) }
    }

    private func detokenizeAll(_ tokenizer: Tokenizer) throws {
        var tokens: [Token] = []
        for argument in idArguments { tokens += try Self.tokens(argument) }
        if idArguments.isEmpty {
            var reader = try LineReader(path: nil)
            var number = 0
            while let line = try reader.next() {
                number += 1
                do {
                    let found = try Self.tokens(String(decoding: line, as: UTF8.self))
                    if let outside = found.first(where: { !tokenizer.vocabulary.contains($0) }) {
                        throw TokenizerError.tokenOutOfRange(
                            token: outside, count: tokenizer.vocabulary.count)
                    }
                    tokens += found
                } catch {
                    throw CommandError("line \(number): \(error)")
                }
            }
        }
        try Terminal.write(bytes: tokenizer.decode(tokens, renderSpecial: true))
    }

    private static func tokens(_ text: String) throws -> [Token] {
        try text.split { ", \t\r[]".contains($0) }.map { part in
            guard let token = Token(part) else { throw CommandError("'\(part)' is no token id") }
            return token
        }
    }

    private func detokenizeLines(_ tokenizer: Tokenizer) throws {
        var reader = try LineReader(path: nil)
        var number = 0
        while let line = try reader.next() {
            number += 1
            guard !line.isBlank else { continue }
            let tokens: [Token]
            do {
                tokens = try JSONDecoder().decode([Token].self, from: Data(line))
            } catch {
                throw CommandError("line \(number): no JSON array of token ids, such as [1, 2, 3]")
            }
            let bytes: [UInt8]
            do {
                bytes = try tokenizer.decode(tokens, renderSpecial: true)
            } catch {
                throw CommandError("line \(number): \(error)")
            }
            let text = JSONText.string(String(decoding: bytes, as: UTF8.self)).pretty
            try Terminal.write("{\"text\": \(text), \"bytes\": \"\(Self.hexadecimal(bytes))\"}\n")
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
