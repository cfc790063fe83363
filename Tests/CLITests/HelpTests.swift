import Foundation
import Testing

/// What `--help` says is what it said, unless somebody meant to change it:
///
///     SWINFER_UPDATE_HELP=1 swift test --filter HelpTests
///
/// writes the texts in Resources/help anew.
@Suite struct HelpTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Resources/help")
    private static let isUpdating = ProcessInfo.processInfo.environment["SWINFER_UPDATE_HELP"] == "1"

    /// The names under SUBCOMMANDS.
    private func commands() throws -> [String] {
        let help = try Command(["--help"], environment: ["COLUMNS": nil]).text
        let list = try #require(help.components(separatedBy: "SUBCOMMANDS:\n").last)
        let lines = list.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
        return lines.compactMap { line in
            guard line.hasPrefix("  "), line.dropFirst(2).first?.isLetter == true else { return nil }
            return String(line.split(separator: " ")[0])
        }
    }

    @Test func helpIsAsItWas() throws {
        let names = try commands()
        #expect(names.count >= 8)
        for name in ["swinfer"] + names {
            let arguments = name == "swinfer" ? ["--help"] : [name, "--help"]
            let help = try Command(arguments, environment: ["COLUMNS": nil])
            #expect(help.status == 0 && help.errors.isEmpty)
            let file = Self.folder.appendingPathComponent(name + ".txt")
            if Self.isUpdating {
                try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
                try help.output.write(to: file)
            } else {
                let expected = try? String(contentsOf: file, encoding: .utf8)
                #expect(
                    help.text == expected,
                    "\(name) --help differs from \(file.path); SWINFER_UPDATE_HELP=1 writes it anew")
            }
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(files) == Set((["swinfer"] + names).map { $0 + ".txt" }))
    }
}
