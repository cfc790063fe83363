import Foundation
import GGUF
import ModelTools
import Swinfer
import Testing

@Suite struct FitTests {
    private let folder: Folder
    private let table: DamageTable

    init() throws {
        folder = try Folder()
        let input = folder.file("in.gguf")
        try smallModel(input)
        table = try DamageTable(GGUFFile(path: input), importance: nil, threads: 2, allowRequantize: false)
    }

    @Test func moreBytesLoseLess() throws {
        var last = Double.infinity
        for budget in stride(from: 100_000, through: 800_000, by: 100_000) {
            let fit = try SizeFit(table, budget: budget)
            #expect(fit.byteCount <= budget && fit.byteCount > budget * 2 / 5, "\(budget)")
            #expect(fit.damage <= last)
            last = fit.damage
        }
        #expect(try SizeFit(table, budget: 10_000_000).damage == 0)
    }

    @Test func bytesGoWhereTheyAreFelt() throws {
        let even = try SizeFit(table, budget: 150_000)
        let uneven = try SizeFit(table, budget: 150_000) { $0.name == "blk.1.attn_v.weight" ? 1000 : 1 }
        func bytes(_ fit: SizeFit) -> Int {
            fit.choices.first { $0.tensor.name == "blk.1.attn_v.weight" }?.option.bytes ?? 0
        }
        #expect(bytes(uneven) > bytes(even))
    }

    @Test func tooLittleIsTold() throws {
        let error = #expect(throws: ToolError.self) { try SizeFit(table, budget: 10_000) }
        #expect(error?.description.contains("budget leaves 10000") == true)
    }

    /// Measured once, written, read back: the same sensitivities; and only for such a model.
    @Test func sensitivitiesAreKept() async throws {
        let model = try await builtIn()
        let table = try DamageTable(model.file, importance: nil, threads: 2, allowRequantize: true)
        let windows = try TextWindows(story, model: model, length: 64, limit: 2)
        var options = ModelOptions()
        options.contextLength = 64
        options.threads = 2
        let probe = try await SensitivityProbe(
            table, base: model, windows: windows, importance: nil, modelOptions: options, folder: folder.path)
        #expect(folder.names == ["in.gguf"])
        #expect(table.rows.contains { probe.sensitivity($0.tensor) > 0 })
        let path = folder.file("sensitivities")
        try probe.write(to: path)
        #expect(try SensitivityProbe(path: path, for: model.file) == probe)
        let other = #expect(throws: ToolError.self) {
            try SensitivityProbe(path: path, for: GGUFFile(path: folder.file("in.gguf")))
        }
        #expect(other?.description.contains("of a model of 2 layers") == true)
        try Data("swinfer sensitivities 1, 6 layers\nnan token_embd.weight\n".utf8).write(
            to: URL(fileURLWithPath: path))
        let wrong = #expect(throws: ToolError.self) { try SensitivityProbe(path: path, for: model.file) }
        #expect(wrong?.description.contains("\(path):2: ") == true)
    }
}
