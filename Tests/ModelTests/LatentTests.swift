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

    /// Many rows over rebuilt keys and values, or over the compressed ones: the same but for
    /// rounding.
    @Test(arguments: ["deepseek2", "deepseek2-lite", "glm-dsa"]) func formsAgree(name: String) throws {
        let fixture = try Fixture(name)
        for form in [LatentForm.absorbed, .expanded] {
            let error = normalizedError(
                try fixture.run(pieces: [48], latentForm: form), fixture.logits)
            print("nmse \(name) \(form) \(error)")
            #expect(error <= 1e-9, "\(name) \(form): NMSE \(error)")
            let half = normalizedError(
                try fixture.run(pieces: [48], keyType: .f16, latentForm: form), fixture.logits)
            #expect(half <= 1e-5, "\(name) \(form): NMSE \(half) with an F16 cache")
        }
    }

    /// Blocks of positions that end within a batch, and rows that see only some of a block. A cache
    /// that rounds amplifies what differs, so there the forms are held against its own error: at every
    /// position that goes to the same experts, for rounding tips a router that is undecided, at a few.
    @Test(arguments: ["deepseek2", "glm-dsa"]) func formsAgreeOverBatches(name: String) throws {
        let fixture = try Fixture(name)
        func run(_ form: LatentForm, _ type: CacheType, threads: Int = 1, _ routings: Routings = Routings())
            throws -> [Float]
        {
            try fixture.run(
                pieces: [300, 9, 20, 1, 151], tokens: 37, batch: 300, threads: threads, keyType: type,
                context: 500, repeats: 13, latentForm: form, routings: routings)
        }
        let routings = Routings()
        let exact = try run(.absorbed, .f32, routings)
        let expanded = try run(.expanded, .f32)
        let error = normalizedError(expanded, exact)
        #expect(error <= 1e-9 && expanded != exact, "\(name): NMSE \(error)")
        #expect(try run(.expanded, .f32, threads: 3) == expanded, "\(name): threads")
        for type in [CacheType.f16, .q8_0] {
            let absorbedRoutings = Routings()
            let absorbed = try run(.absorbed, type, absorbedRoutings)
            let expandedRoutings = Routings()
            let expanded = try run(.expanded, type, expandedRoutings)
            let tipped = absorbedRoutings.differences(from: routings)
            let tippedToo = expandedRoutings.differences(from: routings)
            let positions = exact.count / fixture.vocabulary
            #expect(tippedToo.count <= tipped.count + positions / 100, "\(name), \(type): \(tippedToo)")
            func untipped(_ logits: [Float]) -> [Float] {
                (0..<positions).filter { !tipped.contains($0) && !tippedToo.contains($0) }.flatMap {
                    logits[$0 * fixture.vocabulary..<($0 + 1) * fixture.vocabulary]
                }
            }
            let least = normalizedError(untipped(absorbed), untipped(exact))
            let error = normalizedError(untipped(expanded), untipped(exact))
            print(
                "nmse \(name) \(type) absorbed \(least) expanded \(error), \(tipped.count) and \(tippedToo.count) tipped"
            )
            #expect(error <= 1.1 * least, "\(name), \(type): NMSE \(error), absorbed \(least)")
        }
    }

    /// Prompts in both forms and single tokens of others in one batch.
    @Test(arguments: [LatentForm.absorbed, .expanded, .automatic]) func formsShareABatch(form: LatentForm)
        throws
    {
        let fixture = try Fixture("deepseek2")
        let whole = try fixture.run(pieces: [48], latentForm: .absorbed)
        var options = ExecutorOptions(
            threads: 2, contextLength: 64, batchLength: 100, keyType: .f32, valueType: .f32)
        options.latentForm = form
        let executor = try Executor(Registry.load(fixture.file).program, options: options)
        let sequences = try (0..<5).map { _ in try executor.makeSequence() }
        var held = [Int](repeating: 0, count: 5)
        let width = fixture.vocabulary
        for lengths in [[3, 20, 8, 9, 1], [40, 1, 1, 30, 8], [1, 1, 12, 1, 1]] {
            try executor.run(
                Batch(
                    (0..<5).map {
                        Batch.Piece(
                            sequence: sequences[$0], position: held[$0],
                            tokens: fixture.tokens[held[$0]..<held[$0] + lengths[$0]], outputs: .last)
                    }))
            for index in 0..<5 {
                held[index] += lengths[index]
                let expected = Array(whole[(held[index] - 1) * width..<held[index] * width])
                let error = normalizedError(Array(executor.logits(output: index)), expected)
                #expect(error <= 1e-11, "sequence \(index) of \(lengths): NMSE \(error)")
            }
        }
        withExtendedLifetime(fixture) {}
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
