import Compute
import Foundation
import GGUF
import ModelTools
import Swinfer
import Testing

@Suite struct MeasurementTests {
    @Test func aModelDoesNotDivergeFromItself() async throws {
        let folder = try Folder()
        let model = try await builtIn()
        let windows = try TextWindows(story, model: model, length: 64, limit: 3)
        #expect(windows.count == 3 && windows.scoredPerWindow == 31)
        let path = folder.file("logits")
        let result = try await windows.perplexity(of: model, logits: path)
        #expect(result.count == 93 && result.value > 1 && result.value < 100 && result.error > 0)
        #expect(folder.names == ["logits"])
        let own = try await SavedLogits(path: path, for: model).divergence(of: model)
        #expect(abs(own.mean.value) < 1e-4 && own.sameTopShare.value == 1)
        #expect(abs(own.basePerplexity.value - result.value) < 1e-3 * result.value)
        #expect(abs(own.perplexity.value - result.value) < 1e-6 * result.value)
        // The file's head as llama.cpp reads it.
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(data.prefix(8) == Data("_logits_".utf8))
        #expect(Array(data[8..<20]) == [64, 0, 0, 0, 0, 8, 0, 0, 3, 0, 0, 0])
        let rows = 93 * (2048 + 4) * 2
        #expect(data.count == 20 + 4 * 192 + rows)
    }

    @Test func coarserWeightsDivergeMore() async throws {
        let folder = try Folder()
        let model = try await builtIn()
        let windows = try TextWindows(story, model: model, length: 64, limit: 3)
        var last = 0.0
        for name in ["Q6_K", "Q3_K_S", "Q2_K"] {
            var options = QuantizeOptions(scheme: try #require(QuantizationScheme(name: name)))
            options.allowRequantize = true
            let path = folder.file(name)
            try Quantizer(GGUFFile(path: BuiltInModel.path()), options: options).write(to: path)
            var modelOptions = ModelOptions()
            modelOptions.contextLength = 64
            let other = try await Model.load(path: path, options: modelOptions)
            let divergence = try await windows.divergence(of: other, from: model)
            #expect(divergence.mean.value > last, "\(name)")
            #expect(
                divergence.maximum >= divergence.percentile(0.99)
                    && divergence.percentile(0.99) >= divergence.median)
            last = divergence.mean.value
        }
    }

    @Test func shortTextsAndCutFilesAreTold() async throws {
        let folder = try Folder()
        let model = try await builtIn()
        let short = #expect(throws: ToolError.self) {
            try TextWindows("Once upon a time", model: model, length: 64)
        }
        #expect(short?.description.contains("two windows of 64 need 128") == true)
        let path = folder.file("logits")
        _ = try await TextWindows(story, model: model, length: 64, limit: 2).perplexity(
            of: model, logits: path)
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        for count in [0, 7, 19, 100, data.count - 1] {
            try data.prefix(count).write(to: URL(fileURLWithPath: path))
            #expect(throws: ToolError.self, "\(count) bytes") { try SavedLogits(path: path, for: model) }
        }
        let full = #expect(throws: ToolError.self) { try SavedLogits(path: folder.file("none"), for: model) }
        #expect(full?.description.contains("cannot be opened") == true)
    }

    @Test func importancesAreCountedByExpert() async throws {
        let folder = try Folder()
        let model = try await builtIn()
        let windows = try TextWindows(story, model: model, length: 64, limit: 2)
        let sums = try await windows.importance(of: model)
        let names = Set(sums.map(\.name))
        #expect(names.contains("blk.0.attn_q.weight") && names.contains("blk.5.ffn_down_exps.weight"))
        #expect(!names.contains("output.weight"))
        let experts = try #require(sums.first { $0.name == "blk.2.ffn_gate_exps.weight" })
        #expect(experts.counts.count == 16 && experts.counts.reduce(0, +) == 2 * 128)
        let query = try #require(sums.first { $0.name == "blk.2.attn_q.weight" })
        #expect(query.counts == [128] && query.squares.allSatisfy { $0 > 0 })
        #expect(StarvedExperts.find(in: sums, least: 1000).count == 18)
        let path = folder.file("i.gguf")
        try ImportanceMatrix.write(sums, datasets: ["story"], chunkCount: 2, chunkLength: 64, to: path)
        let read = try ImportanceMatrix(path: path)
        #expect(read.entries.count == sums.count && read.chunkCount == 2 && read.datasets == ["story"])
        #expect(read.entries["blk.2.attn_q.weight"]?.values[3] == query.squares[3] / 128)
    }

    /// Latent attention's matrices, one per head, get importances for every head's columns, as llama.cpp
    /// counts them: one count, all tokens.
    @Test func headsOfLatentAttentionAreCounted() async throws {
        let folder = try Folder()
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../ModelTests/Resources/deepseek2-lite.gguf").standardized.path
        var options = ModelOptions()
        options.contextLength = 64
        options.threads = 2
        let model = try await Model.load(path: path, options: options)
        let tokens = (0..<64).map { Int32($0 * 7 % model.information.vocabularySize) }
        let windows = TextWindows(tokens: tokens, length: 32, beginToken: nil)
        let sums = try await windows.importance(of: model)
        for name in ["blk.0.attn_k_b.weight", "blk.0.attn_v_b.weight"] {
            let tensor = try #require(model.file.tensor(named: name))
            let sum = try #require(sums.first { $0.name == name })
            #expect(tensor.dimensions.count == 3 && sum.matrices == 1 && sum.counts == [64])
            #expect(sum.columns == tensor.dimensions[0] * tensor.dimensions[2])
            #expect(sum.squares.count == sum.columns && sum.squares.allSatisfy { $0 > 0 })
            // Heads differ.
            let width = tensor.dimensions[0]
            #expect(sum.squares[..<width] != sum.squares[width..<2 * width])
        }
        #expect(StarvedExperts.find(in: sums, least: 1_000_000).allSatisfy { $0.tensor.contains("_exps") })
        let matrix = folder.file("i.gguf")
        try ImportanceMatrix.write(sums, datasets: [], chunkCount: 2, chunkLength: 32, to: matrix)
        var quantize = QuantizeOptions(scheme: try #require(QuantizationScheme(name: "Q4_0")))
        quantize.importance = try ImportanceMatrix(path: matrix)
        #expect(throws: Never.self) {
            try Quantizer(model.file, options: quantize).write(to: folder.file("q"))
        }
    }

    @Test func olderMatricesAreRead() throws {
        let folder = try Folder()
        var data = Data()
        func add(_ number: Int32) { withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) } }
        add(1)
        add(19)
        data.append(contentsOf: "blk.0.attn_v.weight".utf8)
        add(4)
        add(2)
        for value in [Float(8), 2] { add(Int32(bitPattern: value.bitPattern)) }
        add(7)
        add(3)
        data.append(contentsOf: "txt".utf8)
        let path = folder.file("imatrix.dat")
        try data.write(to: URL(fileURLWithPath: path))
        let matrix = try ImportanceMatrix(path: path)
        #expect(matrix.entries["blk.0.attn_v.weight"]?.values == [2, 0.5])
        #expect(matrix.chunkCount == 7 && matrix.datasets == ["txt"])
        for count in [0, 3, 10, 30, 38] {
            try data.prefix(count).write(to: URL(fileURLWithPath: path))
            #expect(throws: ToolError.self, "\(count) bytes") { try ImportanceMatrix(path: path) }
        }
    }
}
