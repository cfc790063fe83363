import ArgumentParser
import Foundation
import Swinfer

struct LogitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logits",
        abstract: "Writes the logits of every token of a sequence.",
        discussion: """
            The output is raw little-endian float32, [tokens x vocabulary].

            Example:
              swinfer logits -m model.gguf --tokens 1,15043,3186 --out logits.f32
            """)

    @OptionGroup(title: "Model") var model: ModelArguments

    @Option(
        help: ArgumentHelp(
            "Token ids separated by commas or spaces, or @FILE with such.", valueName: "ids|@file"))
    var tokens: String

    @Option(
        name: [.customShort("o"), .customLong("out")], help: ArgumentHelp("File to write.", valueName: "file")
    )
    var output: String

    func run() async throws {
        let ids = try readTokens()
        let model = try await model.load(exact: true)
        defer { model.saveExpertCounts() }
        for id in ids where id < 0 || Int(id) >= model.information.vocabularySize {
            throw CommandError("token \(id) is outside the vocabulary of \(model.information.vocabularySize)")
        }
        guard ids.count <= model.information.contextLength else {
            throw CommandError(
                "\(ids.count) tokens do not fit the context of \(model.information.contextLength); use -c")
        }
        // Written aside and renamed when whole, so that a failed run leaves no half file.
        let partial = output + ".partial"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let file = FileHandle(forWritingAtPath: partial)
        else { throw CommandError("\(output): cannot be written; check the folder and its permissions") }
        do {
            try await model.logits(of: ids) { row in
                try file.write(contentsOf: unsafe row.withUnsafeBytes { unsafe Data($0) })
            }
            try file.close()
            guard unsafe rename(partial, output) == 0 else {
                throw CommandError("\(output): cannot be written: \(unsafe String(cString: strerror(errno)))")
            }
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    private func readTokens() throws -> [Int32] {
        var text = tokens
        if text.hasPrefix("@") {
            let path = String(text.dropFirst())
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandError("\(path): cannot read the token ids")
            }
            text = String(decoding: data, as: UTF8.self)
        }
        let separators: (Character) -> Bool = { $0 == "," || $0.isWhitespace || $0 == "[" || $0 == "]" }
        let ids = try text.split(whereSeparator: separators).map { part in
            guard let id = Int32(part) else { throw CommandError("'\(part)' is no token id") }
            return id
        }
        if ids.isEmpty { throw CommandError("no token ids given") }
        return ids
    }
}
