import Foundation
import Testing

@Suite struct TokenizeTests {
    private let model = Command.model("llama")

    @Test func idsOfATextAndBack() throws {
        let ids = try Command(["tokenize", "-m", model, "--plain", "-p", "héllo wörld"])
        #expect(ids.status == 0 && ids.errors.isEmpty, "\(ids.errors)")
        #expect(ids.text.hasSuffix("\n") && ids.text.split(separator: " ").count > 5)
        let list = ids.text.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(try Command(["detokenize", "-m", model] + list).text == "héllo wörld")
        #expect(try Command(["detokenize", model] + list).text == "héllo wörld")
        #expect(try Command(["detokenize", "-m", model], input: ids.text).text == "héllo wörld")
        let special = try Command(["tokenize", model, "-p", "héllo wörld"])
        #expect(special.text == "1 " + ids.text)
    }

    @Test func textsComeFromEverywhere() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data("a b\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let expected = try Command(["tokenize", "-m", model, "-p", "a b\n"]).text
        #expect(try Command(["tokenize", "-m", model, "-f", file.path]).text == expected)
        #expect(try Command(["tokenize", "-m", model], input: "a b\n").text == expected)
        #expect(try Command(["tokenize", "-m", model, "-f", "-"], input: "a b\n").text == expected)
    }

    @Test func linesOfJSON() throws {
        let texts = ["a", "", "\\u0000\\n\\ud83d\\ude00 é</s>", "x"]
        let input = texts.map { "\"\($0)\"" }.joined(separator: "\n")
        let plain = try Command(["tokenize", "-m", model, "--plain", "--jsonl"], input: input)
        #expect(plain.status == 0, "\(plain.errors)")
        let lines = plain.text.split(separator: "\n").map(String.init)
        #expect(lines.count == texts.count && lines[1] == "[]")
        let ids = try lines.map { try JSONDecoder().decode([Int].self, from: Data($0.utf8)) }
        #expect(ids[0].count >= 1 && !ids[2].contains(2))
        let special = try Command(["tokenize", "-m", model, "--jsonl"], input: input).text.split(
            separator: "\n")
        #expect(special[1] == "[1]" && special[2].hasSuffix(" 2]"))

        struct Answer: Decodable { var text, bytes: String }
        let back = try Command(["detokenize", "-m", model, "--jsonl"], input: plain.text)
        #expect(back.status == 0, "\(back.errors)")
        let answers = try back.text.split(separator: "\n")
            .map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)) }
        #expect(answers.map(\.text) == ["a", "", "\0\n😀 é</s>", "x"])
        #expect(answers[2].bytes == "000af09f988020c3a93c2f733e")
    }

    @Test func brokenCharactersAreReplacedInText() throws {
        // Byte 0xC3 of the vocabulary, without its second half.
        let answer = try Command(["detokenize", "-m", model, "--jsonl"], input: "[\(3 + 0xC3)]\n")
        #expect(answer.text == "{\"text\": \"\u{FFFD}\", \"bytes\": \"c3\"}\n")
    }

    @Test func badLinesAreNamed() throws {
        for (input, line) in [
            ("\"a\"\n\n{}\n\"b\"", 3), ("\"a\n", 1), ("[1]\n", 1), ("\"\\ud800\"\n", 1), ("nonsense", 1),
        ] {
            let run = try Command(["tokenize", "-m", model, "--jsonl"], input: input)
            #expect(run.status == 1 && run.errors.contains("line \(line):"), "\(input): \(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1)
        }
        for (input, line) in [
            ("[1]\n[1, 320]", 2), ("[-1]", 1), ("[99999999999]", 1), ("1", 1), ("\n\n[1.5]", 3),
            ("[\"a\"]", 1), ("[1", 1),
        ] {
            let run = try Command(["detokenize", "-m", model, "--jsonl"], input: input)
            #expect(run.status == 1 && run.errors.contains("line \(line):"), "\(input): \(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1)
        }
        let run = try Command(["detokenize", "-m", model], input: "1 2\n3 320\n")
        #expect(run.status == 1 && run.errors.contains("line 2:") && run.errors.contains("320"))
    }

    @Test(arguments: [
        ["tokenize", "-p", "a"], ["tokenize", "a.gguf", "-m", "b.gguf", "-p", "a"],
        ["tokenize", "-m", "a.gguf", "-p", "a", "-f", "b"], ["detokenize", "--jsonl"],
        ["detokenize", "-m", "a.gguf", "--jsonl", "1"],
    ])
    func badUsage(_ arguments: [String]) throws {
        #expect(try Command(arguments).status == 64)
    }

    @Test func badFilesAreTold() throws {
        for arguments in [
            ["tokenize", "-m", "/nonexistent.gguf", "-p", "a"],
            ["tokenize", "-m", model, "-f", "/nonexistent"],
        ] {
            let run = try Command(arguments)
            #expect(run.status == 1 && run.errors.contains("/nonexistent"), "\(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1)
        }
    }
}
