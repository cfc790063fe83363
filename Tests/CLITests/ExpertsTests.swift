import Foundation
import Testing

@Suite struct ExpertsCommandTests {
    private let model = Command.model("qwen3moe")
    private let text = [
        "-p", "hello there", "-n", "8", "--temp", "0", "--ignore-eos", "-c", "64", "-ub", "16",
    ]

    @Test func streamedTextsAreTheSame() throws {
        let resident = try Command(["run", model, "--load", "resident"] + text)
        let streamed = try Command(["run", model, "--load", "streamed", "-v", "--no-expert-counts"] + text)
        #expect(streamed.status == 0 && streamed.output == resident.output, "\(streamed.errors)")
        #expect(streamed.errors.contains("memory plan: streamed"))
        #expect(streamed.errors.contains("% hit") && streamed.errors.contains("read per token"))
        let mapped = try Command(["run", model, "--load", "mapped"] + text)
        #expect(mapped.output == resident.output)
    }

    @Test func sizesAreReadAndRefused() throws {
        let small = try Command(["run", model, "--expert-memory", "10k"] + text)
        #expect(small.status == 1 && small.errors.contains("use at least --expert-memory"))
        #expect(small.errors.split(separator: "\n").count == 1)
        for bad in ["much", "-1", "0"] {
            #expect(try Command(["run", model, "--expert-memory=\(bad)"] + text).status == 64)
        }
        #expect(try Command(["run", model, "--load", "somehow"] + text).status == 64)
    }

    @Test func tracesAreRecordedAndReplayed() throws {
        let trace = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: trace) }
        let run = try Command(["run", model, "--record-experts", trace] + text)
        #expect(run.status == 0, "\(run.errors)")
        let table = try Command(["experts", "--simulate", trace, "--pools", "50,100"])
        #expect(table.status == 0, "\(table.status): \(table.errors)")
        #expect(table.text.contains("Belady") && table.text.contains("| 50 % | 16 |"), "\(table.text)")
        let bad = try Command(["experts", "--simulate", model])
        #expect(bad.status == 1 && bad.errors.contains("no trace of experts"))
    }

    /// A process writes them before it ends, whoever still holds the model.
    @Test func tracesAreWhole() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
            for run in 0..<8 {
                group.addTask { [model, text] in
                    let trace = folder.appendingPathComponent("\(run)").path
                    _ = try Command(["run", model, "--record-experts", trace] + text)
                    return FileManager.default.contents(atPath: trace)?.count ?? 0
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sizes.allSatisfy { $0 > 0 && $0 == sizes[0] }, "\(sizes)")
    }

    @Test func plansArePrinted() throws {
        let plan = try Command(["inspect", model, "--plan", "-c", "64"])
        #expect(plan.status == 0 && plan.text.contains("memory plan: resident"), "\(plan.errors)")
        #expect(plan.text.contains("tok/s, bounded by"))
    }

    @Test func popularityIsDrawn() throws {
        let svg = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).svg")
        defer { try? FileManager.default.removeItem(at: svg) }
        _ = try Command(["run", model] + text)
        let map = try Command(["experts", model, "--svg", svg.path])
        #expect(map.status == 0 && map.text.contains("choices counted"), "\(map.errors)")
        #expect(try String(contentsOf: svg, encoding: .utf8).contains("layer 1, expert 15"))
        let json = try Command(["experts", model, "--json", "-"])
        let object = try #require(try JSONSerialization.jsonObject(with: json.output) as? [String: Any])
        #expect((object["layers"] as? [[Int]])?.map(\.count) == [16, 16])
        #expect(try Command(["experts", Command.model("llama")]).status == 1)
    }
}
