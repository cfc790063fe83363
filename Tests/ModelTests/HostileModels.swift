import Compute
import GGUF
import Models
import Testing

/// Files that contradict themselves are errors that say what is wrong, and never a crash.
@Suite(.serialized) struct HostileModels {
    private func error(_ name: String, _ edit: (inout EditedModel) -> Void) throws -> String? {
        var model = EditedModel(try Fixture(name).file)
        edit(&model)
        let file = try model.open()
        do {
            _ = try Registry.load(file)
            return nil
        } catch { return error.description }
    }

    @Test(arguments: [
        ("llama", "llama.attention.head_count", 0, "attention.head_count"),
        ("llama", "llama.attention.head_count", 3, "head_count_kv"),
        ("llama", "llama.attention.head_count", 8, "attn_q.weight"),
        ("llama", "llama.attention.head_count_kv", 0, "head_count_kv"),
        ("llama", "llama.block_count", 0, "block_count"),
        ("llama", "llama.block_count", 3, "blk.2.attn_norm.weight"),
        ("llama", "llama.embedding_length", 32, "token_embd.weight"),
        ("llama", "llama.rope.dimension_count", 7, "rope.dimension_count"),
        ("llama", "llama.feed_forward_length", 95, "blk.0.ffn_gate.weight"),
        ("mixtral", "llama.expert_used_count", 9, "expert_used_count"),
        ("mixtral", "llama.expert_used_count", 0, "expert_used_count"),
        ("mixtral", "llama.expert_count", 7, "blk.0.ffn_"),
        ("glm4moe", "glm4moe.expert_gating_func", 9, "expert_gating_func"),
        ("glm4moe", "glm4moe.nextn_predict_layers", 3, "nextn_predict_layers"),
        ("glm4moe", "glm4moe.expert_shared_count", 2, "ffn_gate_shexp.weight"),
        ("deepseek2", "deepseek2.attention.kv_lora_rank", 0, "kv_lora_rank"),
        ("deepseek2", "deepseek2.attention.kv_lora_rank", 64, "attn_kv_a_mqa.weight"),
        ("deepseek2", "deepseek2.attention.key_length_mla", 32, "rope.dimension_count"),
        ("deepseek2", "deepseek2.expert_group_count", 3, "groups"),
        ("glm-dsa", "glm-dsa.attention.indexer.top_k", 0, "top_k"),
        ("glm-dsa", "glm-dsa.attention.indexer.key_length", 32, "indexer."),
        ("qwen3next", "qwen3next.ssm.group_count", 3, "ssm.group_count"),
        ("qwen3next", "qwen3next.ssm.conv_kernel", 3, "ssm_conv1d.weight"),
        ("qwen3next", "qwen3next.ssm.inner_size", 64, "ssm.inner_size"),
        ("gpt-oss", "gpt-oss.attention.sliding_window", 0, "sliding_window"),
        ("gemma4", "gemma4.attention.shared_kv_layers", 6, "shared_kv_layers"),
        ("gemma4", "gemma4.attention.key_length", 48, "rope.dimension_count"),
        ("gemma4", "gemma4.embedding_length_per_layer_input", 8, "per_layer_token_embd.weight"),
        ("llama4", "llama4.interleave_moe_layer_step", 0, "interleave_moe_layer_step"),
    ])
    func contradictionsAreNamed(name: String, key: String, value: Int, told: String) throws {
        let text = try error(name) { $0.metadata[key] = .uint32(UInt32(value)) }
        #expect(text?.contains(told) == true, "\(key) = \(value): \(text ?? "no error")")
    }

    /// Tensors that a model can do without, because a variant of it does.
    private static let optional = [
        "output.weight", "rope_freqs.weight", "attn_q.bias", "attn_k.bias", "attn_v.bias",
        "layer_output_scale.weight", "ffn_down_exps.scale",
    ]

    @Test(arguments: architectures) func missingTensorsAreNamed(name: String) throws {
        for tensor in try Fixture(name).file.tensors where !tensor.name.contains("blk.1.") {
            let text = try error(name) { $0.remove(tensor.name) }
            if name == "gpt-oss" && tensor.name.hasSuffix(".bias") {
                #expect(text?.contains("missing") == true, "without \(tensor.name): \(text ?? "no error")")
            }
            if HostileModels.optional.contains(where: { tensor.name.hasSuffix($0) }) { continue }
            if ["deepseek2", "glm-dsa"].contains(name), tensor.name.hasSuffix("exp_probs_b.bias") {
                continue
            }
            if name == "glm4moe", tensor.name.hasSuffix("_norm.weight"), text == nil { continue }
            // Where a tensor is a variant's sign, its absence makes others missing.
            #expect(
                text?.contains("missing") == true || text?.contains("has shape") == true,
                "without \(tensor.name): \(text ?? "no error")")
        }
    }

    /// Whatever numbers stand in the metadata: an error, or a model that runs.
    @Test(arguments: architectures) func numbersNeverCrash(name: String) throws {
        let fixture = try Fixture(name)
        for key in fixture.file.metadata.keys where !key.hasPrefix("tokenizer") {
            let values: [GGUFValue]
            switch fixture.file.metadata[key] {
            case .uint32: values = [0, 1, 2, 3, 33, 1 << 20, .max].map { .uint32($0) }
            case .float32: values = [0, -1, .nan, .infinity, 1e-30, 1e30].map { .float32($0) }
            default: continue
            }
            for value in values {
                var model = EditedModel(fixture.file)
                model.metadata[key] = value
                // Some values no file can have; the reader says so.
                guard let file = try? model.open() else { continue }
                let edited = Fixture(fixture, file: file)
                guard (try? Registry.load(file)) != nil else { continue }
                let logits = try edited.run(pieces: [5, 1], tokens: 7, keyType: .f16, context: 64)
                #expect(logits.count == 7 * fixture.vocabulary)
            }
        }
    }

    @Test func unknownArchitectureListsTheSupported() throws {
        let text = try error("llama") { $0.metadata["general.architecture"] = .string("gpt5") }
        #expect(text?.contains("'gpt5' is not supported; supported are ") == true)
        #expect(text?.contains("gemma2, gemma3, gemma4") == true)
    }

    @Test func wrongTypesAreNamed() throws {
        let text = try error("llama") { $0.metadata["llama.block_count"] = .string("two") }
        #expect(text?.contains("llama.block_count") == true)
        let norm = try error("llama") {
            $0.remove("output_norm.weight")
            $0.add("output_norm.weight", .q8_0, [64], [UInt8](repeating: 0, count: 68))
        }
        #expect(norm?.contains("output_norm.weight") == true && norm?.contains("F32") == true)
    }
}
