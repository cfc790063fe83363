import Compute
import Foundation
import GGUF
import Models
import Testing

/// Latent attention beyond the reference logits.
@Suite(.serialized) struct LatentTests {
    /// Older files have the heads' keys and values in one matrix, keys not transposed.
    @Test(arguments: ["deepseek2", "deepseek2-lite"]) func unsplitKeysAndValues(name: String) throws {
        let fixture = try Fixture(name)
        var model = EditedModel(fixture.file)
        let heads = 4
        for tensor in fixture.file.tensors where tensor.name.hasSuffix("attn_k_b.weight") {
            let values = tensor.name.replacingOccurrences(of: "attn_k_b", with: "attn_v_b")
            let both = tensor.name.replacingOccurrences(of: "attn_k_b", with: "attn_kv_b")
            let keyDimensions = tensor.dimensions[0]
            let rank = tensor.dimensions[1]
            let keyBytes = model.bytes(tensor.name)
            let valueBytes = model.bytes(values)
            var bytes: [UInt8] = []
            for head in 0..<heads {
                for row in 0..<keyDimensions {
                    for column in 0..<rank {
                        let place = 2 * ((head * rank + column) * keyDimensions + row)
                        bytes += keyBytes[place..<place + 2]
                    }
                }
                let size = valueBytes.count / heads
                bytes += valueBytes[head * size..<(head + 1) * size]
            }
            model.remove(tensor.name)
            model.remove(values)
            model.add(both, .f16, [rank, bytes.count / 2 / rank], bytes)
        }
        let key = "deepseek2.attention"
        for part in ["key", "value"] {
            model.metadata["\(key).\(part)_length"] = model.metadata["\(key).\(part)_length_mla"]
            model.metadata["\(key).\(part)_length_mla"] = nil
        }
        let edited = Fixture(fixture, file: try model.open())
        for pieces in [[48], [1]] {
            #expect(try edited.run(pieces: pieces) == fixture.run(pieces: pieces), "\(name) \(pieces)")
        }
    }

    /// The cache has one row per position for all heads, and values are part of it.
    @Test func cacheIsCompressed() throws {
        let executor = try Executor(
            Registry.load(Fixture("deepseek2").file).program,
            options: ExecutorOptions(threads: 1, contextLength: 128))
        #expect(executor.cacheBytesPerToken == 3 * (32 + 32) * 2)
    }

    /// Long enough for several parts of keys per token.
    @Test(arguments: ["deepseek2", "glm-dsa", "glm-dsa-sparse"]) func longContextsAgree(name: String) throws {
        let fixture = try Fixture(name)
        let whole = try fixture.run(pieces: [256], batch: 256, context: 1200, repeats: 25)
        for pieces in [[256, 256, 256, 256, 175, 1], [250, 7, 256, 256, 3]] {
            let error = normalizedError(
                try fixture.run(pieces: pieces, batch: 256, context: 1200, repeats: 25), whole)
            #expect(error <= 1e-9, "\(name) in pieces \(pieces): NMSE \(error)")
        }
    }

    /// Few keys of many. Scores are often equal (to zero), and which of them torch.topk takes is
    /// not said; so these logits are transformers' with a stable sort in its place, which takes
    /// the first.
    @Test func sparseAttentionAgrees() throws {
        let fixture = try Fixture("glm-dsa-sparse", logits: "glm-dsa-sparse-ties")
        let whole = try fixture.run(pieces: [48])
        let error = normalizedError(whole, fixture.logits)
        print("nmse glm-dsa-sparse \(error)")
        #expect(error <= 1e-9, "NMSE \(error)")
        for pieces in [[1], [7], [16, 1, 2, 3, 20]] {
            let error = normalizedError(try fixture.run(pieces: pieces), whole)
            #expect(error <= 1e-11, "in pieces \(pieces): NMSE \(error)")
        }
        for threads in [2, 3] {
            #expect(
                try fixture.run(pieces: [30, 1, 17], threads: threads) == fixture.run(pieces: [30, 1, 17]))
        }
    }

    /// As many keys as there are tokens at most: the same as no choice.
    @Test func choosingAllIsFullAttention() throws {
        let fixture = try Fixture("glm-dsa")
        var model = EditedModel(fixture.file)
        model.metadata["glm-dsa.attention.indexer.top_k"] = .uint32(48)
        let edited = Fixture(fixture, file: try model.open())
        #expect(try edited.run(pieces: [48]) == fixture.run(pieces: [48]))
        model.metadata["glm-dsa.attention.indexer.top_k"] = .uint32(47)
        let fewer = try Fixture(fixture, file: model.open()).run(pieces: [48])
        let width = fixture.vocabulary
        #expect(fewer[..<(47 * width)] == (try fixture.run(pieces: [48]))[..<(47 * width)])
    }
}
