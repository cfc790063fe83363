import Foundation
import GGUF
import SwinferCLI
import Testing

@Suite struct InspectTests {
    private func report(_ name: String, tensors: Bool = false) throws -> InspectReport {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = folder.appendingPathComponent("ModelTests/Resources/\(name).gguf").path
        return InspectReport(try GGUFFile(path: path), listsTensors: tensors)
    }

    /// The object of a report's JSON, by Foundation's parser.
    private func object(_ report: InspectReport) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    }

    @Test func textOfAnExpertModel() throws {
        let text = try report("qwen3moe").text
        for line in [
            "Architecture  qwen3moe", "Format        GGUF version 3, alignment 32",
            "Experts: 16 a layer, 4 used for a token, in 2 layers", "  layers 0-1: 12.00 KiB an expert",
            "    ffn_down_exps.weight F16 [32, 64]", "  all experts: 384.00 KiB",
            "  experts of one token: 96.00 KiB", "Metadata: 28 keys",
        ] {
            #expect(text.contains(line + "\n"), "\(line) in \(text)")
        }
        #expect(text.contains(#"string[320]   ["<unk>", "<s>", "</s>", "<0x00>","#), "\(text)")
        #expect(!text.contains("Tensors: "))
        #expect(try report("qwen3moe", tensors: true).text.contains("Tensors: 27\n"))
        #expect(try report("qwen3moe", tensors: true).text.contains("blk.1.ffn_up_exps.weight"))
    }

    @Test func textOfADenseModel() throws {
        let text = try report("llama").text
        #expect(!text.contains("Experts"))
        #expect(text.contains("Type  Tensors  Parameters"))
    }

    @Test func json() throws {
        let file = try GGUFFile(
            path: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("ModelTests/Resources/qwen3moe.gguf").path)
        let object = try object(InspectReport(file, listsTensors: true))
        #expect(object["architecture"] as? String == "qwen3moe")
        #expect(object["version"] as? Int == 3)
        #expect(object["bytes"] as? Int == file.fileByteCount)
        #expect(object["parameters"] as? Int == file.tensors.reduce(0) { $0 + $1.elementCount })
        #expect(object["tensor_bytes"] as? Int == file.tensors.reduce(0) { $0 + $1.byteCount })
        let types = try #require(object["types"] as? [[String: Any]])
        #expect(types.map { $0["type"] as? String } == ["F16", "F32"])
        let experts = try #require(object["experts"] as? [String: Any])
        #expect(experts["count"] as? Int == 16)
        #expect(experts["used"] as? Int == 4)
        #expect(experts["bytes"] as? Int == 2 * 3 * 65536)
        #expect(experts["bytes_per_token"] as? Int == 2 * 3 * 65536 / 4)
        let layers = try #require(experts["layers"] as? [[String: Any]])
        #expect(layers.map { $0["bytes_per_expert"] as? Int } == [12288, 12288])
        let metadata = try #require(object["metadata"] as? [String: Any])
        #expect(metadata.count == 28)
        #expect(metadata["qwen3moe.rope.freq_base"] as? Double == 10000)
        #expect(metadata["tokenizer.ggml.add_bos_token"] as? Bool == true)
        let tokens = try #require(metadata["tokenizer.ggml.tokens"] as? [String: Any])
        #expect(tokens["count"] as? Int == 320)
        #expect(tokens["element_type"] as? String == "string")
        #expect((tokens["first"] as? [String])?.prefix(2) == ["<unk>", "<s>"])
        let tensors = try #require(object["tensors"] as? [[String: Any]])
        #expect(tensors.map { $0["name"] as? String } == file.tensors.map(\.name))
        #expect(tensors.map { $0["offset"] as? Int } == file.tensors.map(\.offset))
        #expect(try self.object(report("qwen3moe"))["tensors"] == nil)
        #expect(try self.object(report("llama"))["experts"] is NSNull)
    }

    @Test func expertsWithBiasesAndMixedTypes() throws {
        let gptOss = try object(report("gpt-oss"))["experts"] as? [String: Any]
        let layers = try #require(gptOss?["layers"] as? [[String: Any]])
        // Three matrices of 32 x 64 in F16, biases of 64, 32 and 32 in F32.
        #expect(layers[0]["bytes_per_expert"] as? Int == 3 * 32 * 64 * 2 + (64 + 32 + 32) * 4)

        let path = NSTemporaryDirectory() + "inspect-\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var writer = GGUFWriter()
        for (layer, type) in [(3, TensorType.q8_0), (4, .q4_0), (5, .q8_0), (6, .q8_0)] {
            let bytes = [UInt8](repeating: 0, count: try #require(type.byteCount(dimensions: [32, 2, 4])))
            try writer.add("blk.\(layer).ffn_up_exps.weight", type, dimensions: [32, 2, 4], bytes: bytes)
        }
        try writer.write(to: path)
        let text = InspectReport(try GGUFFile(path: path), listsTensors: false).text
        #expect(text.contains("  layers 3, 5-6: 68 B an expert\n"), "\(text)")
        #expect(text.contains("  layers 4: 36 B an expert\n"), "\(text)")
    }

    @Test func hostileTextIsEscaped() throws {
        let path = NSTemporaryDirectory() + "inspect-\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let evil = "a\u{1B}[2J\u{9B}31m\u{7}\r\n\u{202E}\u{E0041}\"\\ü🦙"
        var writer = GGUFWriter()
        writer.metadata["general.architecture"] = .string(evil)
        writer.metadata["general.name"] = .string(evil)
        writer.metadata[evil] = .array(GGUFArray(strings: [evil]))
        writer.metadata["long"] = .string(String(repeating: "x", count: 5000))
        writer.metadata["numbers"] = .array(GGUFArray(float32: [.infinity, .nan, 1e-6, 1e20]))
        writer.metadata["big"] = .uint64(.max)
        writer.metadata["inf"] = .float64(-.infinity)
        try writer.add(evil, .i8, dimensions: [1], bytes: [0])
        try writer.write(to: path)

        let report = InspectReport(try GGUFFile(path: path), listsTensors: true)
        for text in [report.text, report.json] {
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.isSafeToPrint })
            #expect(text.contains("ü🦙"))
        }
        #expect(report.text.contains(#"\u{1b}[2J\u{9b}31m"#))
        #expect(report.text.contains("xxx... (5000 bytes)"))
        let object = try object(report)
        #expect(object["architecture"] as? String == evil)
        let metadata = try #require(object["metadata"] as? [String: Any])
        #expect((metadata["long"] as? String)?.count == 5000)
        #expect((metadata[evil] as? [String: Any])?["first"] as? [String] == [evil])
        #expect(report.json.contains("18446744073709551615"))
        #expect(report.json.contains("[null, null, 1e-06, 1e+20]"))
        #expect(metadata["inf"] is NSNull)
        #expect((object["tensors"] as? [[String: Any]])?.first?["name"] as? String == evil)
    }

    @Test func splitModels() throws {
        let folder = NSTemporaryDirectory() + "inspect-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var writer = GGUFWriter(splitting: .tensors(1))
        for name in ["a", "b", "c"] { try writer.add(name, .i8, dimensions: [1], bytes: [0]) }
        let paths = try writer.write(to: folder + "/m.gguf")
        let report = InspectReport(try GGUFFile(path: paths[1]), listsTensors: true)
        #expect(report.text.contains("m-00001-of-00003.gguf and 2 more\n"))
        #expect(report.text.contains("Files:\n"))
        let files = try #require(try object(report)["files"] as? [[String: Any]])
        #expect(files.map { $0["path"] as? String } == paths)
    }
}

@Suite struct QuantityTests {
    @Test func bytes() {
        #expect(Quantity.bytes(0) == "0 B")
        #expect(Quantity.bytes(1023) == "1023 B")
        #expect(Quantity.bytes(1024) == "1.00 KiB")
        #expect(Quantity.bytes(1_048_575) == "1.00 MiB")
        #expect(Quantity.bytes(18_556_686_912) == "17.28 GiB")
        #expect(Quantity.bytes(.max) == "8.00 EiB")
    }

    @Test func counts() {
        #expect(Quantity.count(999) == "999")
        #expect(Quantity.count(999_999) == "1.00 M")
        #expect(Quantity.count(30_532_122_624) == "30.53 B")
    }

    @Test func fixed() {
        #expect(Quantity.fixed(4.999, 2) == "5.00")
        #expect(Quantity.fixed(0.05, 2) == "0.05")
        #expect(Quantity.fixed(-1.25, 1) == "-1.3")
        #expect(Quantity.fixed(2.5, 0) == "3")
        #expect(Quantity.fixed(.infinity, 2) == "inf")
    }

    @Test func ranges() {
        #expect(Quantity.ranges([]) == "")
        #expect(Quantity.ranges([3]) == "3")
        #expect(Quantity.ranges([0, 1, 2, 5, 7, 8]) == "0-2, 5, 7-8")
        #expect(Quantity.ranges([.min, .max]) == "\(Int.min), \(Int.max)")
        #expect(Quantity.ranges([5, 5, 4]) == "5, 5, 4")
    }
}
