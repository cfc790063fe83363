import Foundation
import Testing

/// What a library must not do to the program that it is in, read from its sources.
@Suite struct HabitTests {
    private static let targets = [
        "GGUF", "Tokenizer", "ChatTemplate", "Grammar", "Compute", "Experts", "Models", "Swinfer", "SwinferC",
    ]

    private struct Line: Sendable {
        let place: String
        let text: Substring
    }

    /// The lines of the library's sources, comments left out.
    private static func readLines() throws -> [Line] {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources").standardized
        var lines: [Line] = []
        for target in targets {
            let folder = sources.appendingPathComponent(target).path
            let files = try #require(FileManager.default.enumerator(atPath: folder))
            for case let name as String in files where name.hasSuffix(".swift") && !name.contains(".docc/") {
                let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
                    .enumerated()
                where !line.drop(while: \.isWhitespace).hasPrefix("//") {
                    lines.append(Line(place: "\(target)/\(name):\(number + 1)", text: line))
                }
            }
        }
        return lines
    }

    /// Read once for all tests.
    private static let lines = Result { try readLines() }

    private func places(_ pattern: Regex<Substring>) throws -> [String] {
        try Self.lines.get().filter { $0.text.contains(pattern) }.map(\.place)
    }

    @Test func theSourcesAreThere() throws {
        #expect(try Self.lines.get().count > 10_000)
    }

    @Test func nothingIsPrinted() throws {
        #expect(try places(#/(?:^|[^A-Za-z_.])(?:print|debugPrint|dump|puts|fputs|printf|perror)\(/#) == [])
        #expect(try places(#/\b(?:stdout|stderr|standardError|standardOutput)\b/#) == [])
    }

    @Test func noSignalsAreHandledAndNothingExits() throws {
        #expect(
            try places(#/(?:^|[^A-Za-z_.])(?:signal|sigaction|sigprocmask|exit|_exit|abort|atexit)\(/#) == [])
    }

    @Test func thereIsNoGlobalState() throws {
        #expect(try places(#/static var [^{]*$|static var [^{]*=|class var [^{]*=/#) == [])
        #expect(try places(#/^(?:(?:private|fileprivate|package|public|nonisolated\(unsafe\)) )*var /#) == [])
        #expect(try places(#/nonisolated\(unsafe\) (?:private |package |public )?static/#) == [])
        #expect(try places(#/\b(?:LoggingSystem|MetricsSystem)\b/#) == [])
    }

    /// Types of a module that is imported for all to see can be part of the library's interface.
    @Test func onlyWhatIsMeantIsExposed() throws {
        let imports = try Self.lines.get().filter {
            $0.place.hasPrefix("Swinfer/") && $0.text.contains(#/\bpublic import\b/#)
        }
        let modules = Set(imports.compactMap { $0.text.split(separator: " ").last.map(String.init) })
        #expect(modules == ["Experts", "Logging", "CoreMetrics"])
    }
}
