import Foundation
import SwinferCLI
import Testing

/// A disk that is full, played by a limit on the size of files: what is written fails in the middle.
@Suite struct FullDiskTests {
    private static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/Swinfer/Resources").standardized.path

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Runs `swinfer` where no file may grow beyond 50 or 100 KB (the shell decides what a block is).
    private func run(_ arguments: [String]) throws -> (status: Int32, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments =
            ["-c", "ulimit -f 100; trap '' XFSZ; exec \"$0\" \"$@\"", Command.path] + arguments
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    private var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []
    }

    @Test(arguments: [
        ["quantize", "--allow-requantize", "MODEL", "out.gguf", "Q4_0"],
        ["split", "--split-max-tensors", "40", "MODEL", "out"],
        ["merge", "part-00001-of-00002.gguf", "out.gguf"],
        ["perplexity", "-m", "MODEL", "-f", "TEXT", "-c", "64", "--kl-divergence-base", "out.kld"],
        ["imatrix", "-m", "MODEL", "-f", "TEXT", "-c", "64", "-o", "out.gguf"],
    ]) func nothingIsLeftBehind(arguments: [String]) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.model)
        let model = try #require(files.first { $0.hasSuffix(".gguf") })
        let text = String(
            repeating: "Once upon a time there was a little dog who wanted to play. ", count: 40)
        let textPath = folder.appendingPathComponent("text.txt")
        try Data(text.utf8).write(to: textPath)
        if arguments[0] == "merge" {
            let split = [
                "split", "--split-max-tensors", "40", "\(Self.model)/\(model)", folder.path + "/part",
            ]
            #expect(try Command(split).status == 0)
        }
        let before = names
        let result = try run(
            arguments.map { $0 == "MODEL" ? "\(Self.model)/\(model)" : $0 == "TEXT" ? textPath.path : $0 })
        #expect(result.status == 1, "\(arguments): \(result.errors)")
        let last = result.errors.split(separator: "\n").last { $0.hasPrefix("Error: ") } ?? ""
        #expect(last.contains("out") && last.contains(": File too large; "), "\(result.errors)")
        #expect(names == before, "\(arguments)")
    }
}
