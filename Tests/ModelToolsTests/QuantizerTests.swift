import Foundation
import GGUF
import ModelTools
import Synchronization
import Testing

@Suite struct QuantizerTests {
    private let folder: Folder
    private let input: String
    private let output: String

    init() throws {
        folder = try Folder()
        input = folder.file("in.gguf")
        output = folder.file("out.gguf")
        try smallModel(input)
    }

    private func quantizer(_ name: String, _ change: (inout QuantizeOptions) -> Void = { _ in }) throws -> Quantizer {
        var options = QuantizeOptions(scheme: try #require(QuantizationScheme(name: name)))
        options.threads = 2
        change(&options)
        return try Quantizer(GGUFFile(path: input), options: options)
    }

    @Test func mixesAreLlamas() throws {
        let types = try quantizer("q4_k").choices.reduce(into: [:]) { $0[$1.tensor.name] = $1.type }
        #expect(
            types == [
                "token_embd.weight": .q4_K, "output.weight": .q6_K, "blk.0.attn_norm.weight": .f32,
                "blk.1.attn_norm.weight": .f32, "blk.0.attn_v.weight": .q4_K, "blk.1.attn_v.weight": .q6_K,
                // Rows of 96 hold no blocks of 256.
                "blk.0.ffn_down.weight": .q5_0, "blk.1.ffn_down.weight": .q8_0,
            ])
    }

    @Test func optionsComeBeforeTheMix() throws {
        let choices = try quantizer("Q4_K_S") {
            $0.overrides = [.init(pattern: #"blk\.1\..*attn_v"#, type: .q8_0)]
            $0.outputType = .f16
            $0.embeddingType = .q5_K
        }.choices
        func type(_ name: String) -> TensorType? { choices.first { $0.tensor.name == name }?.type }
        #expect(type("blk.1.attn_v.weight") == .q8_0 && type("blk.0.attn_v.weight") == .q5_K)
        #expect(type("output.weight") == .f16 && type("token_embd.weight") == .q5_K)
        #expect(try quantizer("Q4_K_M") { $0.pure = true }.choices.first { $0.tensor.name == "output.weight" }?.type == .q4_K)
        #expect(
            try quantizer("Q4_0") { $0.leaveOutputTensor = true }.choices.first { $0.tensor.name == "output.weight" }?.type == .f32)
        #expect(throws: ToolError.self) { try quantizer("Q4_0") { $0.overrides = [.init(pattern: "(", type: .q8_0)] } }
    }

    @Test func aWrittenFileHoldsTheModel() throws {
        try quantizer("Q8_0").write(to: output)
        let file = try GGUFFile(path: output)
        #expect(file.metadata["general.file_type"] == .uint32(7))
        #expect(file.metadata["general.quantization_version"] == .uint32(2))
        #expect(file.metadata["general.name"] == .string("small"))
        #expect(file.tensors.map(\.name) == (try GGUFFile(path: input)).tensors.map(\.name))
        #expect(folder.names == ["in.gguf", "out.gguf"])
        let error = #expect(throws: ToolError.self) {
            try Quantizer(file, options: QuantizeOptions(scheme: #require(QuantizationScheme(name: "Q4_0"))))
        }
        #expect(error?.description.contains("--allow-requantize") == true)
    }

    @Test func anInterruptedRunGoesOn() throws {
        let whole = folder.file("whole.gguf")
        try quantizer("Q5_K_M").write(to: whole)
        let done = Atomic<Int>(0)
        #expect(throws: CancellationError.self) {
            try quantizer("Q5_K_M").write(
                to: output, progress: { _ in done.add(1, ordering: .relaxed) },
                isCancelled: { done.load(ordering: .relaxed) >= 4 })
        }
        #expect(!folder.names.contains("out.gguf"))
        let partial = try #require(folder.names.first { $0.hasSuffix(".partial") })
        // Another scheme does not go on with it.
        try quantizer("Q4_0").write(to: output)
        #expect(folder.names.contains(partial))
        let again = Atomic<Int>(0)
        try quantizer("Q5_K_M").write(to: output, progress: { _ in again.add(1, ordering: .relaxed) })
        #expect(again.load(ordering: .relaxed) == 4)
        #expect(FileManager.default.contentsEqual(atPath: whole, andPath: output))
        #expect(folder.names == ["in.gguf", "out.gguf", "whole.gguf"])
    }

    @Test func aPoisonedWeightIsNamedAndNothingLeft() throws {
        try smallModel(input, poison: true)
        try Data("before".utf8).write(to: URL(fileURLWithPath: output))
        let error = #expect(throws: ToolError.self) { try quantizer("Q4_K_M").write(to: output) }
        #expect(error?.description.contains("'blk.1.attn_v.weight' holds nan at row 7, column 5") == true)
        #expect(folder.names == ["in.gguf", "out.gguf"])
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "before")
    }

    @Test func aFolderThatIsNotThereIsTold() throws {
        let error = #expect(throws: ToolError.self) { try quantizer("Q4_0").write(to: folder.file("no/out.gguf")) }
        #expect(error?.description.contains("no/out.gguf") == true)
    }

    @Test func partsStayParts() throws {
        let prefix = folder.file("part")
        let splitter = try Splitter(path: input)
        let counts = splitter.plan(.tensors(3))
        #expect(counts == [3, 3, 2])
        let paths = try splitter.split(to: prefix, counts: counts)
        var options = QuantizeOptions(scheme: try #require(QuantizationScheme(name: "Q4_0")))
        options.keepSplit = true
        let made = try Quantizer(GGUFFile(path: paths[1]), options: options).write(to: output)
        #expect(made.count == 3 && made[0].hasSuffix("out-00001-of-00003.gguf"))
        #expect(try GGUFFile(path: made[0]).tensors.count == 8)
        try Splitter(path: paths[0]).merge(to: folder.file("merged.gguf"))
        #expect(FileManager.default.contentsEqual(atPath: input, andPath: folder.file("merged.gguf")))
        #expect(throws: ToolError.self) { try Splitter(path: input).merge(to: output) }
    }

    @Test func sizesLimitParts() throws {
        let splitter = try Splitter(path: input)
        #expect(splitter.plan(.bytes(300_000)) == [2, 1, 2, 1, 2])
        #expect(splitter.plan(.tensors(100), emptyFirst: true) == [0, 8])
        #expect(splitter.plan(.bytes(1)) == Array(repeating: 1, count: 8))
    }
}
