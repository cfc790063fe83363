import AllocationCounter
import Compute
import GGUF
import Models
import TestSupport
import Testing

/// Runs and results that the batch interface promises.
@Suite struct BatchTests {
    private func executor(_ name: String, threads: Int = 2, batch: Int = 64, context: Int = 128) throws -> (
        Fixture, Executor
    ) {
        let fixture = try Fixture(name)
        let model = try Registry.load(fixture.file)
        return (
            fixture,
            try Executor(
                model.program,
                options: ExecutorOptions(
                    threads: threads, contextLength: context, batchLength: batch, keyType: .f32,
                    valueType: .f32))
        )
    }

    @Test(arguments: ["llama", "qwen3moe", "gemma3", "deepseek2", "glm-dsa-sparse", "qwen3next"])
    func threadsDoNotChangeResults(name: String) throws {
        let fixture = try Fixture(name)
        for pieces in [[48], [1], [5, 1, 30]] {
            let one = try fixture.run(pieces: pieces, threads: 1)
            for threads in [2, 3, 5] {
                let many = try fixture.run(pieces: pieces, threads: threads)
                #expect(one == many, "\(name), \(threads) threads, pieces \(pieces)")
            }
        }
    }

    /// Sequences in one batch get what each gets alone, bit for bit.
    @Test(arguments: ["llama", "qwen3moe", "gemma3", "deepseek2", "glm-dsa-sparse", "qwen3next"])
    func sequencesDoNotDisturbEachOther(name: String) throws {
        let (fixture, executor) = try executor(name)
        let first = Array(fixture.tokens.prefix(20))
        let second = Array(fixture.tokens.suffix(21))
        func alone(_ tokens: [Int32]) throws -> [Float] {
            let sequence = try executor.makeSequence()
            try executor.run(
                Batch([Batch.Piece(sequence: sequence, position: 0, tokens: tokens[...], outputs: .all)]))
            return (0..<tokens.count).flatMap { Array(executor.logits(output: $0)) }
        }
        let expected = try alone(first) + alone(second)
        let a = try executor.makeSequence()
        let b = try executor.makeSequence()
        try executor.run(
            Batch([
                Batch.Piece(sequence: a, position: 0, tokens: first[...], outputs: .all),
                Batch.Piece(sequence: b, position: 0, tokens: second[...], outputs: .all),
            ]))
        let together = (0..<first.count + second.count).flatMap { Array(executor.logits(output: $0)) }
        #expect(normalizedError(together, expected) <= 1e-12)
        // A prompt of one mixed with single tokens of the other.
        let c = try executor.makeSequence()
        let d = try executor.makeSequence()
        var mixed: [Float] = []
        try executor.run(Batch([Batch.Piece(sequence: c, position: 0, tokens: first[..<19], outputs: .none)]))
        try executor.run(
            Batch([
                Batch.Piece(sequence: c, position: 19, tokens: first[19...], outputs: .last),
                Batch.Piece(sequence: d, position: 0, tokens: second[...], outputs: .last),
            ]))
        mixed += Array(executor.logits(output: 0)) + Array(executor.logits(output: 1))
        let vocabulary = fixture.vocabulary
        let wanted = Array(expected[19 * vocabulary..<20 * vocabulary]) + Array(expected.suffix(vocabulary))
        #expect(normalizedError(mixed, wanted) <= 1e-9)
    }

    /// Contexts longer than one part of a split range, against one batch.
    @Test(arguments: ["qwen3", "gemma3"]) func longContextsAgree(name: String) throws {
        let (fixture, executor) = try executor(name, batch: 256, context: 1500)
        let tokens = (0..<1400).map { fixture.tokens[$0 % 47 + 1] }
        func run(_ sizes: [Int]) throws -> [Float] {
            let sequence = try executor.makeSequence()
            var position = 0
            var turn = 0
            while position < tokens.count {
                let size = min(sizes[min(turn, sizes.count - 1)], tokens.count - position)
                try executor.run(
                    Batch([
                        Batch.Piece(
                            sequence: sequence, position: position,
                            tokens: tokens[position..<position + size],
                            outputs: .last)
                    ]))
                position += size
                turn += 1
            }
            return Array(executor.logits(output: 0))
        }
        let whole = try run([256])
        for sizes in [[256, 256, 256, 256, 256, 119, 1], [200, 1, 255, 3, 256], [1000 % 256, 77]] {
            let error = normalizedError(try run(sizes), whole)
            #expect(error <= 1e-9, "\(name) \(sizes): NMSE \(error)")
        }
    }

    @Test func cacheTypesStayClose() throws {
        let fixture = try Fixture("qwen3")
        let exact = try fixture.run(pieces: [48], keyType: .f32)
        #expect(normalizedError(exact, fixture.logits) <= 1e-9)
        for (type, bound) in [(CacheType.f16, 1e-6), (.q8_0, 1e-3), (.q4_0, 0.2)] {
            for pieces in [[48], [1]] {
                let error = normalizedError(try fixture.run(pieces: pieces, keyType: type), exact)
                #expect(error <= bound && error > 0, "\(type): \(error)")
            }
        }
    }

    @Test func badBatchesAreRefused() throws {
        let (fixture, executor) = try executor("llama", batch: 8, context: 16)
        let sequence = try executor.makeSequence()
        func run(_ position: Int, _ tokens: [Int32]) throws {
            try executor.run(
                Batch([
                    Batch.Piece(sequence: sequence, position: position, tokens: tokens[...], outputs: .last)
                ]))
        }
        #expect(throws: ComputeError.self) { try run(0, Array(repeating: 5, count: 9)) }
        #expect(throws: ComputeError.self) { try run(12, Array(repeating: 5, count: 5)) }
        #expect(throws: ComputeError.self) { try run(-1, [5]) }
        #expect(throws: ComputeError.self) { try run(0, [Int32(fixture.vocabulary)]) }
        #expect(throws: ComputeError.self) { try run(0, [-1]) }
        let other = try self.executor("llama").1
        let foreign = try other.makeSequence()
        #expect(throws: ComputeError.self) {
            try executor.run(
                Batch([Batch.Piece(sequence: foreign, position: 0, tokens: [5], outputs: .last)]))
        }
        try run(0, [5])
    }

    @Test func intermediatesHaveNames() throws {
        let (fixture, executor) = try executor("qwen3moe")
        for count in [1, 5] {
            let sequence = try executor.makeSequence()
            var seen: [String: Int] = [:]
            try executor.run(
                Batch([
                    Batch.Piece(
                        sequence: sequence, position: 0, tokens: fixture.tokens[..<count], outputs: .last)
                ])
            ) { name, width, values in
                let finite = values.allSatisfy { $0.isFinite }
                #expect(finite, "\(name)")
                seen[name] = values.count / width
            }
            for name in ["inp_embd", "attn_norm-0", "Qcur-1", "kqv_out-1", "ffn_norm-0", "ffn_moe_out-1"] {
                #expect(seen[name] == count, "\(name): \(seen[name] ?? -1) rows of \(count)")
            }
            #expect(seen["result_output"] == 1)
        }
    }

    @Test func expertsAreCounted() throws {
        let (fixture, executor) = try executor("qwen3moe")
        let sequence = try executor.makeSequence()
        try executor.run(
            Batch([
                Batch.Piece(sequence: sequence, position: 0, tokens: fixture.tokens[..<47], outputs: .none)
            ]))
        try executor.run(
            Batch([
                Batch.Piece(sequence: sequence, position: 47, tokens: fixture.tokens[47...], outputs: .last)
            ]))
        let counts = executor.expertPopularity()
        #expect(counts.count == 2)
        for layer in counts { #expect(layer.count == 16 && layer.reduce(0, +) == 48 * 4) }
    }

    /// A token allocates nothing beyond the batch value that its caller makes.
    @Test(
        .enabled(if: isOptimized),
        arguments: ["llama", "qwen3moe", "gemma3", "deepseek2", "glm-dsa-sparse", "qwen3next"])
    func tokensAllocateNothing(name: String) throws {
        let (fixture, executor) = try executor(name)
        // Other tests allocate at the same time, on a busy machine all the time: the least of many
        // tokens of many texts is this one's own.
        var least = Int.max
        for _ in 0..<100 where least > 0 {
            let sequence = try executor.makeSequence()
            let batches = fixture.tokens.indices.map { index in
                Batch([
                    Batch.Piece(
                        sequence: sequence, position: index, tokens: fixture.tokens[index...index],
                        outputs: .last)
                ])
            }
            for batch in batches[..<24] { try executor.run(batch) }
            for batch in batches[24...] {
                let before = allocation_count()
                try executor.run(batch)
                least = min(least, Int(allocation_count() - before))
            }
        }
        #expect(least == 0)
    }
}
