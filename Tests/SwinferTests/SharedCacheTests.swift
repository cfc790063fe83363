import Foundation
import Swinfer
import Testing

/// Many sessions in a bounded cache, and full contexts.
@Suite struct SharedCacheTests {
    private func model(_ name: String = "llama", _ change: (inout ModelOptions) -> Void) throws -> Model {
        var options = ModelOptions()
        options.contextLength = 1024
        options.threads = 2
        change(&options)
        return try Model(path: fixturePath(name), options: options)
    }

    private func greedy(_ count: Int?) -> GenerationOptions {
        var options = GenerationOptions.greedy
        options.maxTokens = count
        options.ignoreEndOfText = true
        return options
    }

    private func tokens(_ count: Int, seed: Int = 1) -> [Int32] {
        (0..<count).map { Int32(3 + ($0 * 31 + $0 * $0 * 7 + seed * 13) % 200) }
    }

    /// Bytes of one block of a model.
    private func blockBytes(_ name: String) async throws -> Int {
        let model = try model(name) { _ in }
        let session = try model.makeSession()
        _ = try await Told(session.generate(conversation: tokens(4), options: greedy(1)))
        return await model.statistics().cacheBytes
    }

    /// Runs all at once; the ids in the order of the prompts.
    private func together(_ model: Model, _ prompts: [[Int32]], _ count: Int) async throws -> [[Int32]] {
        let sessions = try prompts.map { _ in try model.makeSession() }
        return try await withThrowingTaskGroup(of: (Int, [Int32]).self) { group in
            for (index, prompt) in prompts.enumerated() {
                group.addTask {
                    (
                        index,
                        try await Told(
                            sessions[index].generate(conversation: prompt, options: greedy(count))
                        ).ids
                    )
                }
            }
            var result = [[Int32]](repeating: [], count: prompts.count)
            for try await (index, ids) in group { result[index] = ids }
            return result
        }
    }

    /// Eight texts of up to two blocks each in the memory of three blocks: some wait, some are
    /// set back, and everybody gets the same text as alone.
    @Test(arguments: ["llama", "gemma3", "qwen3next"]) func nobodysTextIsCut(name: String) async throws {
        let block = try await blockBytes(name)
        let prompts = (0..<8).map { tokens(200 + $0, seed: $0) }
        let roomy = try model(name) { _ in }
        var alone: [[Int32]] = []
        for prompt in prompts {
            alone.append(
                try await Told(roomy.makeSession().generate(conversation: prompt, options: greedy(80))).ids)
        }
        let tight = try model(name) { $0.cacheLimit = 3 * block + block / 2 }
        let shared = try await together(tight, prompts, 80)
        #expect(shared == alone)
        let statistics = await tight.statistics()
        #expect(statistics.pauses + statistics.drops > 0)
        #expect(statistics.cacheBytes <= statistics.cacheLimit)
    }

    @Test func aCacheTooSmallForOneIsTold() async throws {
        let block = try await blockBytes("llama")
        let model = try model { $0.cacheLimit = block }
        let session = try model.makeSession()
        let error = await #expect(throws: SwinferError.self) {
            try await Told(session.generate(conversation: tokens(200), options: greedy(80)))
        }
        #expect(error?.description.contains("--cache-limit") == true)
        // The text is there up to what was generated.
        #expect(session.tokens.count >= 256)
    }

    @Test func cancellingOneDisturbsNoOther() async throws {
        let model = try model { $0.contextLength = 1 << 16 }
        let alone = try await Told(
            model.makeSession().generate(conversation: tokens(50), options: greedy(60))
        ).ids
        let endless = try (0..<3).map { seed in
            let session = try model.makeSession()
            return (
                session, try session.generate(conversation: tokens(40, seed: seed + 2), options: greedy(nil))
            )
        }
        let stream = try model.makeSession().generate(conversation: tokens(50), options: greedy(60))
        var ids: [Int32] = []
        for try await event in stream {
            if case .token(let id, _) = event { ids.append(id) }
            if ids.count == 10 { endless[0].0.cancel() }
            if ids.count == 20 { endless[1].0.cancel() }
        }
        #expect(ids == alone)
        endless[2].0.cancel()
        for (_, stream) in endless { #expect(try await Told(stream).reason == .cancelled) }
    }

    /// While a long prompt is read, others generate on.
    @Test func longPromptsDoNotStopOthers() async throws {
        let model = try model {
            $0.contextLength = 1 << 14
            $0.interleavedPromptTokens = 32
        }
        let session = try model.makeSession()
        var options = greedy(nil)
        options.contextPolicy = .shift(keep: 0)
        let endless = try session.generate(conversation: tokens(20), options: options)
        var iterator = endless.makeAsyncIterator()
        _ = try await iterator.next()
        let before = await model.statistics()
        let long = try await Told(
            model.makeSession().generate(conversation: tokens(3200, seed: 3), options: greedy(1)))
        let after = await model.statistics()
        session.cancel()
        #expect(long.ids.count == 1)
        // 3200 tokens in pieces of 32: the other one got a token beside each.
        #expect(after.generatedTokens - before.generatedTokens >= 100)
    }

    // MARK: Full contexts

    @Test func aFullContextIsShifted() async throws {
        let model = try model { $0.contextLength = 64 }
        let session = try model.makeSession()
        var options = greedy(200)
        options.contextPolicy = .shift(keep: 4)
        let told = try await Told(session.generate(conversation: tokens(20), options: options))
        #expect(told.ids.count == 200 && told.reason == .length)
        let statistics = try #require(told.statistics)
        #expect(statistics.discardedTokens + session.tokens.count == 220)
        #expect(Array(session.tokens.prefix(4)) == tokens(4))
        #expect(Array(session.tokens.suffix(20)) == Array(told.ids.suffix(20)))
        #expect(session.tokens.count <= 64)
    }

    @Test func modelsThatCannotShiftSayWhy() throws {
        for name in ["qwen3next", "deepseek2", "llama4"] {
            let session = try model(name) { _ in }.makeSession()
            var options = greedy(1)
            options.contextPolicy = .shift(keep: 0)
            let error = #expect(throws: SwinferError.self) {
                try session.generate(conversation: tokens(5), options: options)
            }
            #expect(error?.description.contains("cannot be shifted") == true, "\(name)")
        }
    }
}
