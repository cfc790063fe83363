import Foundation
import Testing

/// `swinfer chat` in scripts, and `swinfer run` as one turn of a conversation.
@Suite struct ChatTests {
    private let model = Command.model("qwen3moe")
    private let rest = ["--temp", "0", "--ignore-eos", "-n", "5"]

    private func chat(_ input: String?, _ arguments: [String] = []) throws -> Command {
        try Command(["chat", model, "--chat-template", "plain"] + rest + arguments, input: input)
    }

    private func continuation(_ text: String) throws -> String {
        try Command(["run", model, "-p", text] + rest).text
    }

    private func temporary() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    }

    private func saved(_ path: String) throws -> [[String: String]] {
        try JSONDecoder().decode([[String: String]].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func eachLineIsAMessage() throws {
        let run = try chat("hello\n\n  \nthere")
        #expect(run.status == 0, "\(run.errors)")
        let first = try continuation("hello")
        #expect(run.text.hasPrefix(first))
        let second = try continuation("hello" + first.dropLast() + "there")
        #expect(run.text == first + second)
        #expect(!run.errors.contains(">"), "\(run.errors)")
    }

    @Test func firstMessages() throws {
        let expected = try continuation("hello")
        #expect(try chat(nil, ["-p", "hello"]).text == expected)
        #expect(try chat("never read", ["-p", "hello", "-st"]).text == expected)
        let file = temporary()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "hello".write(toFile: file, atomically: false, encoding: .utf8)
        #expect(try chat("", ["-f", file]).text == expected)
        #expect(try chat("").status == 0)
    }

    @Test func directives() throws {
        let (talk, note) = (temporary(), temporary())
        defer { for path in [talk, note] { try? FileManager.default.removeItem(atPath: path) } }
        try "a note".write(toFile: note, atomically: false, encoding: .utf8)
        let input = """
            /system Be brief.
            forget this
            /clear
            /file \(note)
            \"\"\"
            two
            lines
            \"\"\"
            /regen
            /stats
            //slash
            /save \(talk)
            /help
            /exit
            not read
            """
        let run = try chat(input)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("last answer") && run.errors.contains("/regen"))
        let messages = try saved(talk)
        #expect(messages.map { $0["role"] } == ["system", "user", "assistant", "user", "assistant"])
        #expect(messages.map { $0["content"] }[0...1] == ["Be brief.", "a note\n\ntwo\nlines"])
        #expect(messages[3]["content"] == "/slash")
        // It goes on where it was saved.
        let text = messages.compactMap { $0["content"] }.joined()
        #expect(try chat("/load \(talk)\nmore").text == continuation(text + "more"))
    }

    @Test func mistakesEndAScript() throws {
        for (line, mention) in [
            ("/nonsense", "/nonsense"), ("/load /nowhere/talk", "/nowhere/talk"), ("/regen", "no message"),
            ("/result 1", "not called"), ("/save /nowhere/x", "/nowhere/x"), ("/file", "file name"),
        ] {
            let run = try chat(line + "\nhello")
            #expect(run.status == 1 && run.output.isEmpty, "\(line)")
            #expect(run.errors.contains(mention), "\(run.errors)")
        }
        let long = try chat(String(repeating: "x", count: 500), ["-c", "32"])
        #expect(long.status == 1 && long.errors.contains("-c"))
    }

    @Test func aModelWithoutATemplate() throws {
        for command in [["chat", model, "-p", "a"], ["run", model, "-sys", "x", "-p", "a"]] {
            let run = try Command(command)
            #expect(run.status == 1 && run.errors.contains("--chat-template-file"), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func ctrlCEndsAScript() throws {
        let run = try Command(
            [
                "chat", model, "--chat-template", "plain", "-p", "a", "--temp", "0", "--ignore-eos", "-c",
                "100000",
            ],
            interruptAfter: 20)
        #expect(run.status == 130)
    }

    @Test func thinkingGoesToErrors() throws {
        let template = "{{ messages[-1].content }}</think><think>"
        let arguments = ["chat", model, "-p", "hello", "-st", "--chat-template", template] + rest
        let run = try Command(arguments)
        #expect(run.status == 0 && run.output.isEmpty && !run.errors.isEmpty)
        #expect(!run.errors.contains("\u{1B}"))
        let none = try Command(arguments + ["--reasoning-format", "none"])
        #expect(none.text.contains(run.errors.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(try Command(["chat", model, "--reasoning-format", "x"]).status == 64)
    }

    @Test func templateSwitches() throws {
        let template =
            "{{ enable_thinking }}|{{ mood }}|{% for m in messages %}{{ m.role }}{{ m.content }}{% endfor %}"
        let file = temporary()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try template.write(toFile: file, atomically: false, encoding: .utf8)
        let run = try Command(
            [
                "chat", model, "--chat-template-file", file, "--no-think", "--chat-template-kwargs",
                #"{"mood": "good"}"#, "-sys", "s", "-p", "u", "-st",
            ] + rest)
        #expect(try run.text == continuation("False|good|systemsuseru"))
    }

    // MARK: run

    @Test func runAsATurn() throws {
        let run = try Command(
            [
                "run", model, "--chat-template", "{% for m in messages %}{{ m.content }}|{% endfor %}",
                "-sys", "s", "-p", "u",
            ]
                + rest)
        #expect(try run.text == continuation("s|u|"))
        #expect(run.errors.contains("generated 5 tokens"))
    }

    private func events(_ run: Command) throws -> [[String: Any]] {
        try run.text.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func jsonEvents() throws {
        let run = try Command(["run", model, "-p", "hello", "--json", "--seed", "7"] + rest)
        let events = try events(run)
        #expect(events.map { $0["event"] as? String } == Array(repeating: "token", count: 5) + ["finished"])
        let text = events.compactMap { $0["text"] as? String }.joined()
        #expect(try text + "\n" == continuation("hello"))
        let last = try #require(events.last)
        #expect(last["reason"] as? String == "length" && last["generated_tokens"] as? Int == 5)
        #expect(last["prompt_tokens"] as? Int ?? 0 > 0 && last["seed"] as? Int == 7)
        let turn = try self.events(
            Command(["run", model, "-p", "hello", "--json", "--chat-template", "plain"] + rest))
        #expect(turn.last?["event"] as? String == "finished")
        #expect(turn.compactMap { $0["text"] as? String }.joined() == text)
    }

    @Test func stopTexts() throws {
        let whole = try continuation("hello").dropLast()
        let stop = String(whole.dropFirst(2).prefix(2))
        let first = try #require(whole.firstRange(of: stop))
        let run = try Command(["run", model, "-p", "hello", "--stop", "\u{1}", "--stop", stop] + rest)
        #expect(run.text == whole[..<first.lowerBound] + "\n")
        #expect(try Command(["run", model, "-p", "a", "--stop", ""]).status == 64)
    }

    @Test func constraints() throws {
        let arguments = ["--chat-template", "plain", "-p", "a", "--temp", "0", "-n", "30"]
        let grammar = #"root ::= "yes" | "no""#
        let run = try Command(["chat", model, "-st", "--grammar", grammar] + arguments)
        #expect(run.status == 0 && ["yes\n", "no\n"].contains(run.text), "\(run.text) \(run.errors)")
        // Thinking is not held to it.
        let thinking = try Command(
            [
                "chat", model, "-st", "-p", "a", "--temp", "0", "-n", "30", "--chat-template",
                "{{ messages[-1].content }}</think><think>", "-j", #"{"const":"x"}"#,
            ])
        #expect(thinking.text == "\"x\"\n" && !thinking.errors.isEmpty, "\(thinking.text) \(thinking.errors)")
        #expect(try Command(["chat", model, "-st", "--grammar", "root ::= ("] + arguments).status == 64)
        #expect(try Command(["chat", model, "-st", "--constrain-tools"] + arguments).status == 64)
    }

    @Test func toolsAreOffered() throws {
        let file = temporary()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try #"[{"name": "weather"}]"#.write(toFile: file, atomically: false, encoding: .utf8)
        let template = "{{ tools[0].function.name }}{{ messages[-1].content }}"
        let run = try Command(
            ["run", model, "--chat-template", template, "--tools", file, "-p", "hello"] + rest)
        #expect(try run.text == continuation("weatherhello"))
        // This template tells no format of calls.
        let held = try Command(
            ["run", model, "--chat-template", template, "--tools", file, "--constrain-tools", "-p", "a"]
                + rest)
        #expect(held.status == 1 && held.errors.contains("format of calls"), "\(held.errors)")
        let bad = try Command(["chat", model, "--tools", model, "-p", "a"])
        #expect(bad.status == 1 && bad.errors.contains("tools"))
    }
}
