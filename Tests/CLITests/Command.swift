import Foundation

/// The built `swinfer`, run as a user would.
struct Command {
    let status: Int32
    let output: Data
    let errors: String
    var text: String { String(decoding: output, as: UTF8.self) }

    /// Beside the test bundle.
    static var path: String {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return folder.appendingPathComponent("swinfer").path
    }

    static func model(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../ModelTests/Resources/\(name).gguf").standardized.path
    }

    /// - Parameters:
    ///   - interruptAfter: send SIGINT once this many bytes of output have come.
    ///   - environment: variables to set, or with nil to remove.
    init(
        _ arguments: [String], input: String? = nil, interruptAfter: Int? = nil,
        environment: [String: String?] = [:]
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Command.path)
        process.arguments = arguments
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in environment { variables[name] = value }
        process.environment = variables
        let outputPipe = Pipe()
        process.standardOutput = outputPipe
        let folder = FileManager.default.temporaryDirectory
        let errorFile = folder.appendingPathComponent(UUID().uuidString)
        _ = FileManager.default.createFile(atPath: errorFile.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: errorFile) }
        process.standardError = try FileHandle(forWritingTo: errorFile)
        if let input {
            let inputPipe = Pipe()
            process.standardInput = inputPipe
            try process.run()
            try inputPipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try inputPipe.fileHandleForWriting.close()
        } else {
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }
        var collected = Data()
        var interrupted = false
        while true {
            let piece = outputPipe.fileHandleForReading.availableData
            if piece.isEmpty { break }
            collected += piece
            if let limit = interruptAfter, !interrupted, collected.count >= limit {
                interrupted = true
                process.interrupt()
            }
        }
        process.waitUntilExit()
        status = process.terminationStatus
        output = collected
        errors = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
    }
}
