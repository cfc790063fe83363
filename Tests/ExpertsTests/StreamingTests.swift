import Compute
import Experts
import Foundation
import GGUF
import Models
import Testing

/// Streaming must not change a single logit, however few experts memory holds.
@Suite struct StreamingTests {
    static let models = [
        "qwen3moe", "mixtral", "olmoe", "gpt-oss", "glm4moe", "minimax-m2", "llama4", "qwen2moe",
        "deepseek2-lite", "glm-dsa", "qwen3next", "qwen35moe", "gemma4",
    ]

    private func path(_ name: String) -> String { StreamedModel.path(name) }

    private func resident(_ file: GGUFFile) throws -> Executor { try StreamedModel.resident(file) }

    private func streamed(
        _ file: GGUFFile, pool: Int, threads: Int = 2, method: ReadMethod = .threads, direct: Bool = true
    ) throws -> (Executor, ExpertScheduler) {
        let model = try StreamedModel(
            file, pool: pool, threads: threads, method: method, direct: direct)
        return (model.executor, model.scheduler)
    }

    private func run(_ executor: Executor, vocabulary: Int) throws -> [Float] {
        try StreamedModel.run(executor, vocabulary: vocabulary)
    }

    @Test(arguments: models) func logitsAreTheSameBitForBit(name: String) throws {
        let file = try GGUFFile(path: path(name))
        let plain = try resident(file)
        let expected = try run(plain, vocabulary: plain.program.vocabularySize)
        for (threads, method) in [1, 2, 3].map({ ($0, ReadMethod.threads) })
            + ReadMethod.here.dropFirst().map({ (2, $0) })
        {
            // The least that works.
            let (executor, scheduler) = try streamed(file, pool: 0, threads: threads, method: method)
            #expect(scheduler.store.reader.method == method)
            let logits = try run(executor, vocabulary: plain.program.vocabularySize)
            #expect(logits == expected, "\(name), \(threads) threads, \(method)")
            let statistics = scheduler.store.costs
            #expect(statistics.misses > 0 && statistics.bytesRead > 0)
        }
    }

    @Test func splitFilesGiveTheSame() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swinfer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let whole = try GGUFFile(path: path("qwen3moe"))
        var writer = GGUFWriter(metadata: whole.metadata, splitting: .tensors(7))
        for tensor in whole.tensors { try writer.add(tensor, of: whole) }
        let parts = try writer.write(to: folder.appendingPathComponent("model.gguf").path)
        #expect(parts.count > 2)
        let plain = try resident(whole)
        let expected = try run(plain, vocabulary: plain.program.vocabularySize)
        let (executor, _) = try streamed(GGUFFile(path: parts[1]), pool: 0)
        #expect(try run(executor, vocabulary: plain.program.vocabularySize) == expected)
    }

    @Test func largerPoolsHitMore() throws {
        let file = try GGUFFile(path: path("qwen3moe"))
        let vocabulary = try resident(file).program.vocabularySize
        var rates: [Double] = []
        for pool in [0, 1 << 20, 1 << 30] {
            let (executor, scheduler) = try streamed(file, pool: pool)
            _ = try run(executor, vocabulary: vocabulary)
            rates.append(ExpertStatistics(scheduler.store.costs).hitRate)
        }
        #expect(rates[0] < rates[2])
        // With room for all, nothing is read twice.
        let (executor, scheduler) = try streamed(file, pool: 1 << 30)
        _ = try run(executor, vocabulary: vocabulary)
        let before = scheduler.store.costs.misses
        _ = try run(executor, vocabulary: vocabulary)
        #expect(scheduler.store.costs.misses == before)
    }

    /// A prompt that needs nearly all experts has reads begin before routers choose, whether they may
    /// stay or pass through; a single token does not.
    @Test(arguments: [0, 1 << 20, 1 << 30]) func promptsAreReadAhead(pool: Int) throws {
        for name in ["qwen3moe", "deepseek2-lite", "gpt-oss"] {
            let file = try GGUFFile(path: path(name))
            let plain = try resident(file)
            let (executor, scheduler) = try streamed(file, pool: pool)
            let tokens = (0..<64).map { Int32($0 * 7 % 200) }
            let sequences = try [plain.makeSequence(), executor.makeSequence()]
            var foreseen = [0]
            for range in [0..<60, 60..<61] {
                var results: [[Float]] = []
                for (engine, sequence) in zip([plain, executor], sequences) {
                    try engine.run(
                        Batch([
                            Batch.Piece(
                                sequence: sequence, position: range.lowerBound, tokens: tokens[range],
                                outputs: .last)
                        ]))
                    results.append(Array(engine.logits(output: 0)))
                }
                #expect(results[0] == results[1], "\(name), pool of \(pool)")
                foreseen.append(scheduler.store.costs.foreseen)
            }
            #expect(foreseen[1] > 0 && foreseen[2] == foreseen[1], "\(name), pool of \(pool)")
        }
    }

    /// Reads begin before there is a prompt, for whichever batch comes then: one that needs nearly all
    /// experts, a few, or those of one token.
    @Test(arguments: [60, 3, 1]) func readsBeginBeforeThePrompt(count: Int) throws {
        let file = try GGUFFile(path: path("qwen3moe"))
        let plain = try resident(file)
        let first = try #require(plain.program.expertCounts.first)
        for (pool, method) in [0, 1 << 20, 1 << 30].flatMap({ p in ReadMethod.here.map { (p, $0) } }) {
            let (executor, scheduler) = try streamed(file, pool: pool, method: method)
            let store = scheduler.store
            while store.readAheadOfPrompt() {}
            let early = store.reader.bytesRead
            #expect(early > 0)
            let tokens = (0..<64).map { Int32($0 * 7 % 200) }
            func compare(_ sequences: [SequenceCache], _ range: Range<Int>) throws {
                let results = try zip([plain, executor], sequences).map { engine, sequence in
                    try engine.run(
                        Batch([
                            Batch.Piece(
                                sequence: sequence, position: range.lowerBound, tokens: tokens[range],
                                outputs: .last)
                        ]))
                    return Array(engine.logits(output: 0))
                }
                #expect(results[0] == results[1], "\(range), pool of \(pool), \(method)")
            }
            try compare([plain.makeSequence(), executor.makeSequence()], 0..<count)
            if count == 60, pool == 1 << 30 { #expect(store.costs.foreseen >= first / 4) }
            let sequences = try [plain.makeSequence(), executor.makeSequence()]
            try compare(sequences, 0..<60)
            try compare(sequences, 60..<61)
            #expect(!store.readAheadOfPrompt())
        }
    }

    /// Many prompts on a full pool, whose experts are spread among those that pass through.
    @Test func warmPromptsGiveTheSame() throws {
        for name in ["qwen3moe", "gpt-oss"] {
            let file = try GGUFFile(path: path(name))
            let plain = try resident(file)
            let (executor, scheduler) = try streamed(file, pool: 1 << 20)
            for round in 0..<6 {
                let tokens = (0..<48).map { Int32(($0 * 11 + round * 29) % 200) }
                let results = try [plain, executor].map { engine in
                    try engine.run(
                        Batch([
                            Batch.Piece(
                                sequence: engine.makeSequence(), position: 0, tokens: tokens[...],
                                outputs: .last)
                        ]))
                    return Array(engine.logits(output: 0))
                }
                #expect(results[0] == results[1], "\(name), round \(round)")
            }
            #expect(scheduler.store.costs.hits > 0)
        }
    }

    @Test(arguments: ReadMethod.here) func bufferedReadsGiveTheSame(method: ReadMethod) throws {
        let file = try GGUFFile(path: path("qwen3moe"))
        let plain = try resident(file)
        let expected = try run(plain, vocabulary: plain.program.vocabularySize)
        let (executor, _) = try streamed(file, pool: 0, method: method, direct: false)
        #expect(try run(executor, vocabulary: plain.program.vocabularySize) == expected)
    }

    @Test func preloadedExpertsHit() throws {
        let file = try GGUFFile(path: path("qwen3moe"))
        let vocabulary = try resident(file).program.vocabularySize
        let (executor, scheduler) = try streamed(file, pool: 1 << 30)
        for (layer, facts) in scheduler.store.layout.layers.enumerated() {
            for expert in 0..<facts.experts {
                #expect(scheduler.store.preload(layer: layer, expert: expert) == .read)
                #expect(scheduler.store.preload(layer: layer, expert: expert) == .unneeded)
            }
        }
        _ = try run(executor, vocabulary: vocabulary)
        #expect(scheduler.store.costs.misses == 0 && scheduler.store.costs.hits > 0)
    }

    /// A slot that is lent is worth waiting for, one that is taken is not.
    @Test func preloadingWaitsForLentSlots() throws {
        let file = try GGUFFile(path: path("qwen3moe"))
        let (executor, scheduler) = try streamed(file, pool: 0)
        let store = scheduler.store
        while store.readAheadOfPrompt() {}
        #expect(store.preload(layer: 1, expert: 0) == .later)
        let sequence = try executor.makeSequence()
        try executor.run(
            Batch([Batch.Piece(sequence: sequence, position: 0, tokens: [5], outputs: .last)]))
        #expect((0..<16).allSatisfy { store.preload(layer: 1, expert: $0) != .later })
    }

    /// An expert that could not be read ahead is read when it is needed.
    @Test(arguments: ReadMethod.here) func preloadingThatFailsDoesNoHarm(method: ReadMethod) throws {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swinfer-\(UUID().uuidString).gguf")
        try FileManager.default.copyItem(atPath: path("qwen3moe"), toPath: copy.path)
        defer { try? FileManager.default.removeItem(at: copy) }
        let file = try GGUFFile(path: copy.path)
        let expected = try run(streamed(file, pool: 0).0, vocabulary: 64)
        let (executor, scheduler) = try streamed(file, pool: 1 << 30, method: method)
        let whole = try Data(contentsOf: copy)
        let handle = try FileHandle(forWritingTo: copy)
        scheduler.store.reader.isUnchecked = true
        try handle.truncate(atOffset: 4096)
        #expect((0..<16).allSatisfy { scheduler.store.preload(layer: 0, expert: $0) == .failed })
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: whole[4096...])
        #expect(try run(executor, vocabulary: 64) == expected)
    }

    /// The file is cut short, and then changed, while the model is in use.
    @Test(arguments: ReadMethod.here) func aFileThatChangesEndsTheBatchOnly(method: ReadMethod) throws {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swinfer-\(UUID().uuidString).gguf")
        try FileManager.default.copyItem(atPath: path("qwen3moe"), toPath: copy.path)
        defer { try? FileManager.default.removeItem(at: copy) }
        let file = try GGUFFile(path: copy.path)
        let (executor, _) = try streamed(file, pool: 0, method: method)
        let expected = try run(executor, vocabulary: 64)
        // A name that goes away takes nothing with it.
        let whole = try Data(contentsOf: copy)
        let handle = try FileHandle(forWritingTo: copy)
        try handle.truncate(atOffset: UInt64(whole.count / 2))
        let sequence = try executor.makeSequence()
        func one() throws {
            try executor.run(
                Batch([Batch.Piece(sequence: sequence, position: 0, tokens: [5], outputs: .last)]))
        }
        #expect(throws: ComputeError.self) { try one() }
        #expect(throws: ComputeError.self) { try one() }
        // The same bytes and times again: nothing has changed.
        try handle.seek(toOffset: UInt64(whole.count / 2))
        try handle.write(contentsOf: whole[(whole.count / 2)...])
        let shard = file.shards[0]
        var times = [timespec(), timespec()]
        times[0].tv_nsec = (1 << 30) - 2  // UTIME_OMIT
        times[1].tv_sec = shard.modificationSeconds
        times[1].tv_nsec = shard.modificationNanoseconds
        #expect(futimens(handle.fileDescriptor, times) == 0)
        #expect(try run(executor, vocabulary: 64) == expected)
    }

    /// Reads that fail in the middle of a batch: the file ends early, though its size was right before.
    @Test(arguments: ReadMethod.here) func readsThatFailEndTheBatchOnly(method: ReadMethod) throws {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swinfer-\(UUID().uuidString).gguf")
        try FileManager.default.copyItem(atPath: path("qwen3moe"), toPath: copy.path)
        defer { try? FileManager.default.removeItem(at: copy) }
        let file = try GGUFFile(path: copy.path)
        let (executor, scheduler) = try streamed(file, pool: 0, method: method)
        let expected = try run(executor, vocabulary: 64)
        let whole = try Data(contentsOf: copy)
        let shard = file.shards[0]
        let handle = try FileHandle(forWritingTo: copy)
        scheduler.store.reader.isUnchecked = true
        for count in [1, 20] {
            let sequence = try executor.makeSequence()
            try handle.truncate(atOffset: 4096)
            let tokens = (0..<count).map { Int32($0 + 3) }
            let batch = Batch([
                Batch.Piece(sequence: sequence, position: 0, tokens: tokens[...], outputs: .last)
            ])
            #expect(throws: ComputeError.self) { try executor.run(batch) }
            try handle.seek(toOffset: 4096)
            try handle.write(contentsOf: whole[4096...])
        }
        #expect(shard.byteCount == whole.count)
        #expect(try run(executor, vocabulary: 64) == expected)
    }

    /// A reader of another file than the program's.
    @Test func expertsOutsideTheFileAreRefused() throws {
        let file = try GGUFFile(path: path("qwen3moe"))
        let program = try Registry.load(file).program
        let reader = try FileReader(GGUFFile(path: path("mixtral")))
        let error = #expect(throws: ComputeError.self) {
            try ExpertScheduler(program, reader: reader, poolBytes: 1 << 20)
        }
        #expect(error?.description.contains("mixtral.gguf: weights of") == true)
        // Its mapping is in use until here: nobody else's can be at the same place.
        withExtendedLifetime(file) {}
    }
}
