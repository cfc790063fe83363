import Foundation
import Testing

@Suite struct CompletionTests {
    /// Runs a shell on a script, if there is such a shell.
    private func shell(_ name: String, _ arguments: [String], _ script: String) throws -> String? {
        let path = ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + name }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let path else { return nil }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(script.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments + [file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(name)")
        return String(decoding: output, as: UTF8.self)
    }

    private func script(_ shell: String) throws -> String {
        let run = try Command(["--generate-completion-script", shell])
        #expect(run.status == 0 && run.errors.isEmpty)
        return run.text
    }

    @Test func bashCompletes() throws {
        let script = try script("bash")
        func completions(_ words: String) throws -> [Substring]? {
            try shell(
                "bash", [],
                script + """

                    COMP_WORDS=(\(words)) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                    COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE}
                    _swinfer swinfer "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" >&2
                    printf '%s\\n' "${COMPREPLY[@]}"
                    """)?.split(whereSeparator: { $0 == "\n" || $0 == " " })
        }
        guard let commands = try completions("swinfer ch") else { return }
        #expect(commands.contains("chat") && !commands.contains("run"))
        #expect(try completions("swinfer run --reasoning-f")?.contains("--reasoning-format") == true)
        #expect(try completions("swinfer chat --reasoning-format a")?.contains("auto") == true)
    }

    @Test func zshAndFishAccept() throws {
        let zsh = try script("zsh")
        #expect(zsh.hasPrefix("#compdef swinfer") && zsh.contains("--single-turn"))
        _ = try shell("zsh", ["-n"], zsh)
        let fish = try script("fish")
        #expect(fish.contains("complete -c 'swinfer'") && fish.contains("single-turn"))
        _ = try shell("fish", ["-n"], fish)
    }
}
