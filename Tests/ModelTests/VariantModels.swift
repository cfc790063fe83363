import Foundation
import Testing

/// Forms of models that no fixture has, against llama.cpp with F32 weights and an F32 cache:
/// `Resources/variants/make_variants.py` tells what each is and makes them.
@Suite(.serialized) struct VariantModels {
    static let folder = Fixture.resources.appendingPathComponent("variants")
    static let names = [
        "deepseek2-groups", "deepseek2-lite", "gemma4-dense", "gemma4-small", "glm4moe-plain",
        "llama-linear", "llama-yarn", "llama4-maverick", "phi3-longrope", "qwen2moe-wide",
        "qwen3next-old",
    ]

    @Test(arguments: names) func agreeWithLlamaCpp(name: String) throws {
        let fixture = try Fixture(name, in: VariantModels.folder)
        let context = name == "phi3-longrope" ? 512 : 256
        let whole = try fixture.run(pieces: [40], context: context)
        let error = normalizedError(whole, fixture.logits)
        print("nmse \(name) \(error)")
        // llama.cpp takes GELU from a table in F16.
        let limit = name.hasPrefix("gemma") ? 1e-5 : 1e-9
        #expect(error <= limit, "\(name): NMSE \(error)")
        for pieces in [[1], [13, 1, 2, 20]] {
            let error = normalizedError(try fixture.run(pieces: pieces, context: context), whole)
            #expect(error <= 1e-11, "\(name) in pieces \(pieces): NMSE \(error)")
        }
    }

    /// Within the original context the divisors for short texts count.
    @Test func shortContextsHaveTheirOwnRope() throws {
        let fixture = try Fixture(
            "phi3-longrope", in: VariantModels.folder, logits: "phi3-longrope.256")
        let error = normalizedError(try fixture.run(pieces: [40], context: 256), fixture.logits)
        #expect(error <= 1e-9, "NMSE \(error)")
    }
}
