import Foundation
import FoundationXML
import SwinferCLI
import Testing

@Suite struct FitTests {
    private func rows(_ command: Command) throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: command.output) as? [[String: Any]])
    }

    @Test func oneModelOnANamedMachine() throws {
        let command = try Command([
            "fit", "gpt-oss-120b", "--machine", "framework-desktop", "-c", "8192", "--json",
        ])
        let row = try #require(try rows(command).first)
        #expect(command.status == 0)
        #expect(row["verdict"] as? String == "fits" && row["quant"] as? String == "MXFP4")
        #expect((row["decode_ts"] as? Double).map { abs($0 / 55.6 - 1) < 0.25 } == true)
        #expect(row["decode_limit"] as? String == "memory bandwidth")
    }

    @Test func quantizationsAndDevices() throws {
        let cpu = try rows(
            Command(["fit", "qwen3-30b-a3b:Q8_0", "--machine", "bosgame-m5", "--device", "cpu", "--json"]))
        let gpu = try rows(
            Command(["fit", "qwen3-30b-a3b", "--quant", "Q8_0", "--machine", "bosgame-m5", "--json"]))
        #expect(cpu[0]["device"] as? String == "cpu" && gpu[0]["device"] as? String == "gpu")
        #expect(cpu[0]["weight_bytes"] as? Int == gpu[0]["weight_bytes"] as? Int)
        #expect((cpu[0]["decode_ts"] as? Double ?? 0) < (gpu[0]["decode_ts"] as? Double ?? 0))
    }

    @Test func matrixCSVAndDrawing() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).svg")
        defer { try? FileManager.default.removeItem(at: file) }
        let command = try Command([
            "fit", "glm-5", "phi-4", "--machine", "all", "--csv", "--svg", file.path,
        ])
        let lines = command.text.split(separator: "\n")
        #expect(command.status == 0 && lines.count == 1 + 2 * 13)
        #expect(lines[0].hasPrefix("model,machine,device,quant,context,verdict,"))
        #expect(
            lines.dropFirst().allSatisfy {
                $0.split(separator: ",", omittingEmptySubsequences: false).count == 21
            })
        let parser = XMLParser(data: try Data(contentsOf: file))
        #expect(parser.parse())
    }

    @Test func aFileIsPlannedByTheLoader() throws {
        let command = try Command([
            "fit", Command.model("qwen3moe"), "--machine", "hp-zbook-ultra-14", "--json",
        ])
        let row = try #require(try rows(command).first)
        #expect(row["verdict"] as? String == "fits" && row["quant"] is NSNull)
        #expect((row["resident_expert_bytes"] as? Int ?? 0) > 0)
    }

    /// A model is made to fit a machine: its table of choices, and how fast it will be there.
    @Test func quantizedForAMachine() throws {
        let model = Command.model("llama")
        let out = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        let fitted = try Command([
            "quantize", "--fit", "bosgame-m5", "-c", "128", "--dry-run", "--allow-requantize", model, out,
        ])
        #expect(fitted.status == 0, "\(fitted.errors)")
        #expect(
            fitted.errors.contains("predicted on Bosgame M5 128 GB (GPU): fits, decode "), "\(fitted.errors)")
        #expect(fitted.errors.contains("expected damage 0.000e+00"))
        #expect(!FileManager.default.fileExists(atPath: out))
        let unknown = try Command(["quantize", "--fit", "cray", model, out])
        #expect(unknown.status == 1 && unknown.errors.contains("--fit cray: neither a size nor a machine"))
    }

    @Test func ownLists() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("tiny 100 2 1 20 10 100 0 - - - 1 - - title=Tiny\n".utf8).write(to: file)
        let command = try Command(["fit", "phi-4", "--machines", file.path, "--machine", "tiny", "--json"])
        #expect(try rows(command)[0]["verdict"] as? String == "no")
        try Data("tiny 100 x\n".utf8).write(to: file)
        let wrong = try Command(["fit", "--machines", file.path, "--list-machines"])
        #expect(wrong.status == 1 && wrong.errors.contains(":1:10: 'x' is no memory in GiB"))
    }

    @Test(arguments: [
        (["fit", "qwen3-30"], Int32(1), "did you mean qwen3-30b-a3b?"),
        (["fit", "--machine", "cray"], 1, "no machine 'cray'"),
        (["fit", "--quant", "Q9"], 64, "--quant Q9 is unknown"),
        (["pull", "nothing"], 1, "no model of models.txt is called 'nothing'"),
        (["pull", "hf:owner"], 1, "expected hf:OWNER/REPO:QUANT"),
        (["bench", "-p", "512-64"], 64, "512-64"),
        (["bench", "--report", "x.txt"], 64, "must end in .html or .md"),
        (["run", "-p", "x", "-t", "1,2"], 64, "several values"),
    ]) func mistakes(arguments: [String], status: Int32, words: String) throws {
        let command = try Command(arguments)
        #expect(command.status == status, "\(command.errors)")
        #expect(command.errors.contains(words), "\(command.errors)")
    }

    @Test(arguments: [
        ("512", [512]), ("1,2,7", [1, 2, 7]), ("1-4", [1, 2, 3, 4]), ("1-8+3", [1, 4, 7]),
        ("512-2048*2", [512, 1024, 2048]), ("0,4-6", [0, 4, 5, 6]), ("5-5", [5]),
    ]) func sweeps(text: String, values: [Int]) {
        #expect(IntegerList(argument: text)?.values == values)
    }

    @Test(arguments: [
        "", "x", "1,", "4-1", "1-", "-4", "1-8+0", "1-8*1", "0-8*2+1", "1-100000", "1-2-3", "99999999999",
    ])
    func noSweeps(text: String) {
        #expect(IntegerList(argument: text) == nil)
    }

    @Test func reports() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = folder.appendingPathComponent("r.html")
        let text = folder.appendingPathComponent("r.md")
        let command = try Command([
            "bench", "-m", Command.model("qwen3moe"), "-p", "8", "-n", "2", "-d", "0-8+8", "-r", "1", "-ctk",
            "f16,q8_0",
            "--report", page.path, "--report", text.path,
        ])
        #expect(command.status == 0, "\(command.errors)")
        let html = try String(contentsOf: page, encoding: .utf8)
        for part in ["Decode against depth", "tg2 @ d8", "<svg", "q8_0", "Processor"] {
            #expect(html.contains(part), "\(part)")
        }
        #expect(
            !html.contains("http://")
                || html.components(separatedBy: "http").count
                    == html.components(separatedBy: "http://www.w3.org").count
        )
        #expect(!html.contains("<script") && !html.contains("<link"))
        let markdown = try String(contentsOf: text, encoding: .utf8)
        #expect(markdown.hasPrefix("### swinfer bench") && markdown.contains("| pp8 |"))
    }
}
