import Foundation
import Testing

@Suite struct RunTests {
    private let model = Command.model("qwen3moe")

    @Test func textGoesToOutputAndTimingsToErrors() throws {
        let run = try Command(["run", model, "-p", "hello", "-n", "8", "--temp", "0", "--ignore-eos"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(!run.output.isEmpty && run.text.hasSuffix("\n"))
        #expect(!run.text.contains("hello") && !run.text.contains("tok/s"))
        #expect(run.errors.contains("generated 8 tokens") && run.errors.contains("load"))
        #expect(run.errors.split(separator: "\n").count == 1)
    }

    @Test func promptsComeFromEverywhere() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data("hello".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let rest = ["-n", "6", "--temp", "0", "--ignore-eos"]
        let expected = try Command(["run", "-m", model, "-p", "hello"] + rest).output
        #expect(try Command(["run", model, "-f", file.path] + rest).output == expected)
        #expect(try Command(["run", model] + rest, input: "hello").output == expected)
        #expect(try Command(["run", model, "-f", "-"] + rest, input: "hello").output == expected)
    }

    @Test func seedsReproduce() throws {
        func text(_ seed: String) throws -> String {
            try Command(["run", model, "-p", "a", "-n", "12", "--seed", seed, "--ignore-eos"]).text
        }
        let first = try text("5")
        #expect(try text("5") == first)
        #expect(try text("6") != first)
    }

    @Test func threadsAndCachesAreChosen() throws {
        for arguments in [
            ["-t", "1"], ["-t", "3"], ["-ub", "2"], ["-ctk", "q8_0", "-ctv", "q8_0"], ["-c", "32"],
        ] {
            let run = try Command(
                ["run", model, "-p", "hello there", "-n", "4", "--temp", "0", "--ignore-eos"] + arguments)
            #expect(run.status == 0 && !run.output.isEmpty, "\(arguments): \(run.errors)")
        }
    }

    @Test func ctrlCEndsCleanly() throws {
        let run = try Command(
            ["run", model, "-p", "a", "--temp", "0", "--ignore-eos", "-c", "100000"], interruptAfter: 20)
        #expect(run.status == 130)
        #expect(run.errors.contains("generated"), "\(run.errors)")
    }

    @Test func aFullContextIsTold() throws {
        let run = try Command(["run", model, "-p", "a", "--ignore-eos", "-c", "16"])
        #expect(run.status == 0 && run.errors.contains("context of 16 tokens is full"))
    }

    @Test(arguments: [
        ["run", "-p", "a", "-f", "b"], ["run", "--temp", "-1", "-p", "a"],
        ["run", "--top-p", "2", "-p", "a"],
        ["run", "-t", "0", "-p", "a"], ["run", "-ctk", "q9", "-p", "a"],
        ["run", "a.gguf", "-m", "b.gguf", "-p", "x"],
        ["run", "--nonsense"], ["nonsense"], ["logits"], ["bench", "-p", "0", "-n", "0"],
        ["bench", "-p", "x"],
    ])
    func badUsageIs64(arguments: [String]) throws {
        let run = try Command(arguments)
        #expect(run.status == 64, "\(arguments): \(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test func failuresAreOneLine() throws {
        let folder = FileManager.default.temporaryDirectory.path
        let junk = folder + "/" + UUID().uuidString
        try Data("no model at all".utf8).write(to: URL(fileURLWithPath: junk))
        defer { try? FileManager.default.removeItem(atPath: junk) }
        let cases: [(arguments: [String], mention: String)] = [
            (["run", "/nowhere/x.gguf", "-p", "a"], "/nowhere/x.gguf"),
            (["run", folder, "-p", "a"], folder),
            (["run", junk, "-p", "a"], junk),
            (["run", model, "-f", "/nowhere/prompt"], "/nowhere/prompt"),
            (["run", model, "-p", String(repeating: "x", count: 99), "-c", "32"], "32"),
            (["logits", model, "--tokens", "1,x", "--out", "/dev/null"], "'x'"),
            (["logits", model, "--tokens", "1,99999", "--out", "/dev/null"], "99999"),
            (["logits", model, "--tokens", "@/nowhere/ids", "--out", "/dev/null"], "/nowhere/ids"),
            (["logits", model, "--tokens", "1", "--out", "/nowhere/out"], "/nowhere/out"),
        ]
        for (arguments, mention) in cases {
            let run = try Command(arguments)
            #expect(run.status == 1, "\(arguments)")
            #expect(run.output.isEmpty && run.errors.contains(mention), "\(arguments): \(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
    }

    @Test func logitsAreRawFloats() throws {
        let folder = URL(fileURLWithPath: model).deletingLastPathComponent()
        struct Facts: Decodable {
            let tokens: [Int]
            let n_vocab: Int
        }
        let facts = try JSONDecoder().decode(
            Facts.self, from: Data(contentsOf: folder.appendingPathComponent("qwen3moe.json")))
        let out = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: out) }
        let run = try Command([
            "logits", "-m", model, "--tokens", facts.tokens.map(String.init).joined(separator: ","), "--out",
            out.path,
        ])
        #expect(run.status == 0, "\(run.errors)")
        let bytes = try Data(contentsOf: out)
        let expected = try Data(contentsOf: folder.appendingPathComponent("qwen3moe.logits.npy"))
            .suffix(facts.tokens.count * facts.n_vocab * 4)
        #expect(bytes.count == expected.count)
        var difference = 0.0
        var square = 0.0
        for offset in stride(from: 0, to: min(bytes.count, expected.count), by: 4) {
            let a = Double(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Float.self) })
            let b = Double(
                expected.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Float.self) })
            difference += (a - b) * (a - b)
            square += b * b
        }
        #expect(difference / square <= 1e-5)
    }

    @Test(arguments: ["md", "csv", "json", "jsonl"]) func benchPrints(format: String) throws {
        let run = try Command([
            "bench", "-m", model, "-p", "8", "-n", "4", "-d", "0,16", "-r", "2", "-o", format,
        ])
        #expect(run.status == 0, "\(run.errors)")
        switch format {
        case "json":
            let rows = try #require(JSONSerialization.jsonObject(with: run.output) as? [[String: Any]])
            #expect(rows.count == 4)
            for row in rows {
                #expect((row["avg_ts"] as? Double ?? 0) > 0 && (row["samples_ts"] as? [Double])?.count == 2)
            }
            #expect(rows.map { $0["n_depth"] as? Int } == [0, 0, 16, 16])
            #expect(rows.map { $0["n_prompt"] as? Int } == [8, 0, 8, 0])
            #expect(rows.map { $0["n_gen"] as? Int } == [0, 4, 0, 4])
        case "jsonl":
            let lines = run.text.split(separator: "\n")
            #expect(lines.count == 4)
            for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        case "csv":
            let lines = run.text.split(separator: "\n")
            #expect(lines.count == 5 && lines[0].contains("avg_ts,stddev_ts"))
        default:
            for name in ["pp8", "tg4", "pp8 @ d16", "tg4 @ d16"] { #expect(run.text.contains("| \(name) |")) }
            #expect(run.text.contains("GB/s"))
        }
    }

    /// One repetition for each line that comes in, the tests by turns.
    @Test func benchTakesTurns() throws {
        let run = try Command(
            ["bench", "-m", model, "-p", "8", "-n", "4", "-o", "jsonl", "--take-turns"], input: "\n\n\n")
        #expect(run.status == 0, "\(run.errors)")
        let rows = try run.text.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(rows.map { $0["n_prompt"] as? Int } == [8, 0, 8])
        #expect(rows.allSatisfy { ($0["samples_ts"] as? [Double])?.count == 1 })
        #expect(rows.allSatisfy { ($0["read_bandwidth"] as? Double ?? 0) > 0 })
        #expect(try Command(["bench", "-m", model, "--take-turns"], input: "\n").status == 64)
    }

    @Test func everyCommandHasHelp() throws {
        let top = try Command(["--help"])
        #expect(top.status == 0)
        for name in ["run", "bench", "inspect", "logits", "tokenize", "detokenize", "render"] {
            #expect(top.text.contains("  \(name) "), "\(name)")
            let help = try Command([name, "--help"])
            #expect(help.status == 0 && help.text.contains("USAGE: swinfer \(name)"), "\(name)")
        }
    }
}
