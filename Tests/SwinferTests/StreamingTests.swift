import Foundation
import Swinfer
import Testing

/// A model larger than its memory, seen from outside.
@Suite struct ModelStreamingTests {
    private let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../ModelTests/Resources/qwen3moe.gguf").standardized.path

    private func options(_ mode: MemoryPlan.Request) -> ModelOptions {
        var options = ModelOptions()
        options.contextLength = 128
        options.threads = 2
        options.batchLength = 32
        options.loadMode = mode
        options.keepsExpertCounts = false
        return options
    }

    private func greedy(_ count: Int) -> GenerationOptions {
        var options = GenerationOptions.greedy
        options.maxTokens = count
        options.ignoreEndOfText = true
        return options
    }

    /// The least that the plan allows.
    private func tight() throws -> ModelOptions {
        let plan = try Model(path: path, options: options(.streamed)).plan
        var tight = options(.streamed)
        tight.expertMemory = .bytes(try #require(plan.smallestBudget))
        return tight
    }

    @Test func textsAreThoseOfAResidentModel() async throws {
        let resident = try Model(path: path, options: options(.resident))
        let streamed = try Model(path: path, options: tight())
        #expect(resident.plan.mode == .resident && resident.expertStatistics == nil)
        #expect(streamed.plan.mode == .streamed && streamed.plan.expectedHitRate < 1)
        let prompts = ["hello", "once upon a time there was", "b"]
        var expected: [[Int32]] = []
        for prompt in prompts {
            expected.append(
                try await Told(resident.makeSession().generate(prompt, options: greedy(20))).ids)
        }
        // All at once: one pool, and nobody's experts go while they are in use.
        let texts = try await withThrowingTaskGroup(of: (Int, Told).self) { group in
            for (index, prompt) in prompts.enumerated() {
                let session = try streamed.makeSession()
                let stream = try session.generate(prompt, options: greedy(20))
                group.addTask { (index, try await Told(stream)) }
            }
            return try await group.reduce(into: [Int: Told]()) { $0[$1.0] = $1.1 }
        }
        for index in prompts.indices { #expect(texts[index]?.ids == expected[index], "\(prompts[index])") }
        let statistics = try #require(texts[0]?.statistics?.experts)
        #expect(statistics.hits + statistics.misses > 0 && statistics.bytesRead > 0)
        #expect(streamed.expertStatistics?.hitRate ?? 1 < 1)
    }

    @Test func budgetsThatAreTooSmallNameTheSmallest() throws {
        var small = try tight()
        guard case .bytes(let bytes) = small.expertMemory else { return }
        small.expertMemory = .bytes(bytes - 1)
        let error = #expect(throws: SwinferError.self) { try Model(path: path, options: small) }
        #expect(error?.description.contains("--expert-memory") ?? false)
        var whole = options(.resident)
        whole.expertMemory = .bytes(bytes)
        #expect(throws: SwinferError.self) { try Model(path: path, options: whole) }
        var all = options(.auto)
        all.expertMemory = .all
        #expect(try Model(path: path, options: all).plan.mode == .resident)
    }

    @Test func aFailingFileEndsTheGenerationOnly() async throws {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swinfer-\(UUID().uuidString).gguf")
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        defer { try? FileManager.default.removeItem(at: copy) }
        let model = try Model(path: copy.path, options: tight())
        let session = try model.makeSession()
        let before = try await Told(session.generate("hello", options: greedy(4))).ids
        #expect(before.count == 4)
        let whole = try Data(contentsOf: copy)
        let times = try FileManager.default.attributesOfItem(atPath: copy.path)[.modificationDate] as? Date
        let handle = try FileHandle(forWritingTo: copy)
        try handle.truncate(atOffset: UInt64(whole.count / 2))
        await #expect(throws: SwinferError.self) {
            _ = try await Told(session.generate("again", options: self.greedy(4)))
        }
        // Other sessions fail alike; the process lives, and answers.
        let other = try model.makeSession()
        await #expect(throws: SwinferError.self) {
            _ = try await Told(other.generate("hello", options: self.greedy(4)))
        }
        #expect(try model.tokenize("hello").count > 0 && times != nil)
    }

    @Test func fewerExpertsAreLossyAndChecked() async throws {
        var fewer = options(.resident)
        fewer.expertsUsed = 2
        let model = try Model(path: path, options: fewer)
        _ = try await Told(model.makeSession().generate("hello", options: greedy(8)))
        let counts = await model.expertPopularity()
        let full = try Model(path: path, options: options(.resident))
        _ = try await Told(full.makeSession().generate("hello", options: greedy(8)))
        let all = await full.expertPopularity()
        #expect(2 * counts[0].reduce(0, +) == all[0].reduce(0, +))
        for number in [0, 5, 100] {
            fewer.expertsUsed = number
            #expect(throws: SwinferError.self) { try Model(path: path, options: fewer) }
        }
    }
}
