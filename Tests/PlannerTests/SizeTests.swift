import GGUF
import Planner
import Testing

@Suite struct SizeTests {
    private func shape(_ name: String) throws -> ModelShape {
        try #require(try ModelCatalog.builtIn().model(named: name))
    }

    /// Totals in MiB that llama.cpp's own `llama-quantize --dry-run` gives for headers of these shapes.
    @Test(arguments: [
        ("qwen3-14b", Mix.q4_K_M, 8579.06), ("qwen3-14b", .q4_0, 8115.00), ("qwen3-14b", .q5_K_M, 10021.79),
        ("qwen3-14b", .q6_K, 11554.70), ("qwen3-14b", .q8_0, 14965.61), ("qwen3-14b", .iq2_M, 5070.67),
        ("qwen3-14b", .iq1_S, 3408.41), ("llama-3.3-70b", .q4_K_M, 40543.11),
        ("llama-3.3-70b", .q2_K, 25145.77),
        ("llama-3.3-70b", .q3_K_M, 32672.53), ("llama-3.3-70b", .iq2_XXS, 18205.19),
        ("qwen3-30b-a3b", .q4_K_M, 17691.34), ("qwen3-30b-a3b", .q3_K_M, 14024.62),
        ("qwen3-30b-a3b", .mxfp4, 16285.40), ("gemma-3-1b", .q4_K_M, 762.49), ("gemma-3-4b", .q2_K, 1642.82),
        ("mixtral-8x7b", .q4_K_M, 27129.87), ("mixtral-8x7b", .q2_K, 16508.57),
        ("gpt-oss-120b", .mxfp4, 60438.47), ("gpt-oss-120b", .q3_K_M, 67813.19),
    ]) func mixesAreThoseOfLlamaQuantize(name: String, mix: Mix, mebibytes: Double) throws {
        let computed = Double(try shape(name).bytes(in: mix)) / 1_048_576
        #expect(abs(computed - mebibytes) < 0.01, "\(name) \(mix): \(computed), llama-quantize \(mebibytes)")
    }

    /// The sizes in GB that the models' owners go by, and the mix that each is of. Where it is not the plain
    /// Q4_K_M or Q2_K, docs/fit.md says why.
    @Test(arguments: [
        ("gemma-3-4b", 3.0, Mix.q5_K_M), ("gemma-3-12b", 8.0, .q4_K_M), ("gemma-3-27b", 16.0, .q4_K_M),
        ("qwen3-14b", 10.0, .q4_K_M), ("qwen3-32b", 20.0, .q4_K_M),
        ("deepseek-r1-distill-qwen-32b", 20.0, .q4_K_M), ("llama-3.3-70b", 40.0, .q4_K_M),
        ("qwen3-next-80b-a3b", 48.0, .q4_K_M), ("llama-4-scout", 58.0, .iq4_XS),
        ("llama-4-maverick", 220.0, .q4_K_M), ("qwen3-235b-a22b", 130.0, .q4_K_M),
        ("deepseek-r1", 400.0, .q4_K_M), ("deepseek-v3.1", 400.0, .q4_K_M), ("glm-5", 430.0, .q4_K_M),
        ("gemma-3-4b", 2.0, .q3_K_M), ("gemma-3-12b", 5.0, .q2_K), ("gemma-3-27b", 10.0, .q2_K),
        ("qwen3-14b", 6.0, .q2_K), ("qwen3-32b", 12.0, .q2_K), ("deepseek-r1-distill-qwen-32b", 12.0, .q2_K),
        ("llama-3.3-70b", 24.0, .q2_K), ("qwen3-next-80b-a3b", 28.0, .q2_K), ("llama-4-scout", 35.0, .iq2_M),
        ("llama-4-maverick", 130.0, .iq2_M), ("qwen3-235b-a22b", 80.0, .q2_K),
        ("deepseek-r1", 176.0, .iq2_XXS),
        ("deepseek-v3.1", 180.0, .iq2_XXS), ("deepseek-r1", 131.0, .ud_IQ1_S), ("glm-5", 241.0, .iq2_M),
    ]) func referenceSizes(name: String, gigabytes: Double, mix: Mix) throws {
        let computed = Double(try shape(name).bytes(in: mix)) / 1e9
        #expect(abs(computed / gigabytes - 1) <= 0.12, "\(name) \(mix): \(computed) against \(gigabytes)")
    }

    /// One model of each architecture.
    private func examples() throws -> [ModelShape] {
        let models = try ModelCatalog.builtIn().models
        return ModelShape.architectures.compactMap { name in models.first { $0.architecture == name } }
    }

    @Test func everyMixHasWholeBlocks() throws {
        for model in try examples() {
            for mix in [Mix.q8_0, .q4_K_M, .q4_0, .mxfp4, .q2_K, .iq2_XXS, .ud_IQ1_S] {
                let wrong = model.tensors(in: mix).filter {
                    $0.bytes == 0 || $0.bytes != $0.type.byteCount(dimensions: $0.tensor.dimensions)
                }
                #expect(wrong.isEmpty, "\(model.name) \(mix)")
            }
        }
    }

    /// Where rows are whole blocks of 256; elsewhere small mixes fall back to larger types. And where
    /// the output matrix is not the embeddings, which some small mixes keep in a larger type.
    @Test func theLadderGoesDown() throws {
        for model in try examples() {
            guard model.tensors.contains(where: { $0.name == "output.weight" }),
                model.tensors.allSatisfy({ !$0.isQuantized || $0.dimensions[0] % 256 == 0 })
            else { continue }
            let sizes = Mix.ladder.map { model.bytes(in: $0) }
            #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 > $1 }, "\(model.name): \(sizes)")
        }
    }

    @Test func names() {
        #expect(Mix(name: "q4_k_m") == .q4_K_M)
        #expect(Mix(name: "UD-IQ1_S") == .ud_IQ1_S)
        #expect(Mix(name: "Q9") == nil)
    }
}
