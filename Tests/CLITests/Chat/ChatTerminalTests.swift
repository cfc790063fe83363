import Foundation
import Testing

/// `swinfer chat` on a real terminal.
@Suite(.serialized) struct ChatTerminalTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let model = Command.model("qwen3moe")
    private let up = "\u{1B}[A"
    private let left = "\u{1B}[D"

    private func start(_ arguments: [String] = [], environment: [String: String] = [:]) throws
        -> PseudoTerminal
    {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var variables = ["XDG_STATE_HOME": folder.path, "TERM": "xterm", "NO_COLOR": ""]
        variables.merge(environment) { $1 }
        return try PseudoTerminal(
            ["chat", model, "--temp", "0", "--ignore-eos"]
                + (arguments.isEmpty ? ["--chat-template", "plain", "-n", "4"] : arguments),
            environment: variables)
    }

    private func saved(_ name: String) throws -> [[String: String]] {
        let data = try Data(contentsOf: folder.appendingPathComponent(name))
        return try JSONDecoder().decode([[String: String]].self, from: data)
    }

    @Test func linesAreEditedAndRemembered() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var terminal = try start()
        try terminal.wait(for: "> ")
        // Cursor keys, a character of several bytes, Ctrl-A, Ctrl-E, backspace.
        terminal.send("hxllo\(left)\(left)\(left)\u{7F}é\u{01}> \u{05}!\r")
        try terminal.wait(for: "> héllo!")
        try terminal.wait(for: "> ")
        terminal.send("\u{1B}[200~first\nsecond\u{1B}[201~\r")
        try terminal.wait(for: "second")
        try terminal.wait(for: "> ")
        terminal.send("go\\\ron\r")
        try terminal.wait(for: "on")
        try terminal.wait(for: "> ")
        terminal.send("/save \(folder.path)/talk.json\r")
        try terminal.wait(for: "messages saved")
        terminal.send("\u{04}")
        #expect(try terminal.exit() == 0)
        #expect(terminal.isCooked)
        #expect(
            try saved("talk.json").filter { $0["role"] == "user" }.map { $0["content"] } == [
                "> héllo!", "first\nsecond", "go\non",
            ])
        let history = folder.appendingPathComponent("swinfer/history")
        let attributes = try FileManager.default.attributesOfItem(atPath: history.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)

        // The next time, lines are found with the arrow keys.
        terminal = try start()
        try terminal.wait(for: "> ")
        terminal.send("\(up)\(up)\(up)\(up)\u{15}\(up)\(up)\(up)")
        try terminal.wait(for: "> héllo!")
        terminal.send("\u{17}\u{17}again\r")
        try terminal.wait(for: "again")
        try terminal.wait(for: "> ")
        terminal.send("/save \(folder.path)/again.json\r")
        try terminal.wait(for: "messages saved")
        terminal.send("/exit\r")
        #expect(try terminal.exit() == 0)
        #expect(try saved("again.json").first?["content"] == "again")
    }

    @Test func interruptStopsAnAnswerAndThenEnds() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let terminal = try start(["--chat-template", "plain", "-c", "1000000"])
        try terminal.wait(for: "> ")
        terminal.send("hello\r")
        try terminal.wait(for: "hello")
        try terminal.wait(for: "\n")
        // Some of the answer.
        let before = terminal.output.count
        while terminal.output.count < before + 20 { try terminal.readMore() }
        terminal.send("\u{03}")
        try terminal.wait(for: "> ")
        terminal.send("/stats\r")
        try terminal.wait(for: "last answer")
        try terminal.wait(for: "> ")
        // Clears a line that has begun; on an empty one it ends.
        terminal.send("abc\u{03}")
        try terminal.wait(for: "> ")
        terminal.send("\u{03}")
        #expect(try terminal.exit() == 130)
        #expect(terminal.isCooked)
    }

    @Test func thinkingIsDimmed() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let arguments = [
            "--chat-template", "{{ messages[-1].content }}</think><think>", "-p", "hello", "-st", "-n", "4",
        ]
        var terminal = try start(arguments)
        #expect(try terminal.exit() == 0)
        #expect(terminal.text.contains("\u{1B}[2m") && terminal.text.contains("\u{1B}[0m"))
        terminal = try start(arguments, environment: ["NO_COLOR": "1"])
        #expect(try terminal.exit() == 0)
        #expect(!terminal.text.contains("\u{1B}[2m") && !terminal.text.contains("\u{1B}[1m"))
    }
}
