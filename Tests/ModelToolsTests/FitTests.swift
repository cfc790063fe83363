import GGUF
import ModelTools
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
        func bytes(_ fit: SizeFit) -> Int { fit.choices.first { $0.tensor.name == "blk.1.attn_v.weight" }?.option.bytes ?? 0 }
        #expect(bytes(uneven) > bytes(even))
    }

    @Test func tooLittleIsTold() throws {
        let error = #expect(throws: ToolError.self) { try SizeFit(table, budget: 10_000) }
        #expect(error?.description.contains("budget leaves 10000") == true)
    }
}
