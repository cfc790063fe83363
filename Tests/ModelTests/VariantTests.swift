import Compute
import GGUF
import Models
import Testing

/// Files that say the same in another way give the same logits.
@Suite(.serialized) struct Variants {
    private func same(_ name: String, _ edit: (inout EditedModel) throws -> Void) throws {
        let fixture = try Fixture(name)
        var model = EditedModel(fixture.file)
        try edit(&model)
        let edited = Fixture(fixture, file: try model.open())
        for pieces in [[48], [47, 1]] {
            #expect(try edited.run(pieces: pieces) == fixture.run(pieces: pieces), "\(name) \(pieces)")
        }
    }

    @Test(arguments: ["llama", "qwen3", "olmoe", "gemma4"]) func fusedAttention(name: String) throws {
        try same(name) { model in
            for layer in 0..<2 {
                let block = "blk.\(layer)"
                try model.fuse(
                    ["\(block).attn_q.weight", "\(block).attn_k.weight", "\(block).attn_v.weight"],
                    into: "\(block).attn_qkv.weight")
            }
        }
    }

    /// Queries with their gates, keys and values in one matrix, in the layers that have attention.
    @Test(arguments: ["qwen3next", "qwen35"]) func fusedGatedAttention(name: String) throws {
        try same(name) { model in
            try model.fuse(
                ["blk.3.attn_q.weight", "blk.3.attn_k.weight", "blk.3.attn_v.weight"],
                into: "blk.3.attn_qkv.weight")
        }
    }

    /// Which layers are recurrent is a list, every n-th, or as in all published models.
    @Test(arguments: ["qwen3next", "qwen35moe"]) func recurrentLayersMayBeUnsaid(name: String) throws {
        try same(name) { $0.metadata["\(name).attention.recurrent_layers"] = nil }
        try same(name) { model in
            model.metadata["\(name).attention.recurrent_layers"] = nil
            model.metadata["\(name).full_attention_interval"] = nil
        }
    }

    /// Which layers have a window is a flag for each, every n-th, or as in all published models.
    @Test(arguments: [("gemma2", 2), ("gemma3", 6), ("gpt-oss", 2)])
    func windowedLayersMayBeListed(name: String, period: Int) throws {
        let key = "\(name).attention.sliding_window_pattern"
        try same(name) { $0.metadata[key] = .uint32(UInt32(period)) }
        try same(name) { model in
            let layers = model.metadata["\(name).block_count"]?.integer ?? 0
            let flags = (0..<layers).map { $0 % period < period - 1 }
            model.metadata[key] = .array(GGUFArray(bools: flags))
        }
        try same(name) { model in
            let layers = model.metadata["\(name).block_count"]?.integer ?? 0
            let flags = (0..<layers).map { Int32($0 % period < period - 1 ? 1 : 0) }
            model.metadata[key] = .array(GGUFArray(int32: flags))
        }
    }

    @Test(arguments: ["mixtral", "qwen3moe", "glm4moe", "llama4"]) func fusedExperts(name: String) throws {
        try same(name) { model in
            try model.fuse(
                ["blk.1.ffn_gate_exps.weight", "blk.1.ffn_up_exps.weight"],
                into: "blk.1.ffn_gate_up_exps.weight")
        }
    }

    /// The first files of Mixtral have a tensor for each expert.
    @Test func separateExperts() throws {
        try same("mixtral") { model in
            for layer in 0..<2 {
                let tensors = ["gate", "down", "up"].map { ($0, "blk.\(layer).ffn_\($0)_exps.weight") }
                for expert in 0..<8 {
                    for (name, all) in tensors {
                        let bytes = model.bytes(all)
                        let size = bytes.count / 8
                        model.add(
                            "blk.\(layer).ffn_\(name).\(expert).weight", .f16, [64, 64],
                            Array(bytes[expert * size..<(expert + 1) * size]))
                    }
                }
                for (_, all) in tensors { model.remove(all) }
            }
        }
    }

    /// Where they do not lie evenly the error says so.
    @Test func separateExpertsOutOfOrder() throws {
        let fixture = try Fixture("mixtral")
        var model = EditedModel(fixture.file)
        let all = "blk.0.ffn_gate_exps.weight"
        let bytes = model.bytes(all)
        model.remove(all)
        for expert in [0, 2, 1, 3, 4, 5, 6, 7] {
            model.add(
                "blk.0.ffn_gate.\(expert).weight", .f16, [64, 64],
                Array(bytes[expert * bytes.count / 8..<(expert + 1) * bytes.count / 8]))
        }
        let edited = Fixture(fixture, file: try model.open())
        #expect {
            try edited.run(pieces: [48])
        } throws: {
            "\($0)".contains("blk.0.ffn_gate.2.weight")
        }
    }

    /// Prediction layers are counted as blocks and have tensors of their own; neither matters.
    @Test(arguments: ["glm4moe", "qwen3moe", "deepseek2"]) func predictionLayersAreSkipped(name: String)
        throws
    {
        try same(name) { model in
            let layers = model.metadata["\(name).block_count"]?.integer ?? 0
            model.metadata["\(name).block_count"] = .uint32(UInt32(layers + 1))
            model.metadata["\(name).nextn_predict_layers"] = .uint32(1)
            model.add("blk.\(layers).nextn.eh_proj.weight", .f32, [64, 2], [UInt8](repeating: 0, count: 512))
            model.add("blk.\(layers).attn_norm.weight", .f32, [64], [UInt8](repeating: 0, count: 256))
        }
    }

    /// A tensor nobody asks for is no error.
    @Test func extraTensors() throws {
        try same("llama") { $0.add("blk.0.unheard_of", .f32, [4], [UInt8](repeating: 1, count: 16)) }
    }
}
