import Foundation
import Swinfer
import Testing

/// What sessions do not evaluate again.
@Suite struct PrefixTests {
    static let kinds = ["qwen3next", "gemma3", "gpt-oss", "deepseek2", "llama"]

    private func model(_ name: String, _ change: (inout ModelOptions) -> Void = { _ in }) throws -> Model {
        var options = ModelOptions()
        options.contextLength = 1024
        options.threads = 2
        options.keyCacheType = .f32
        options.valueCacheType = .f32
        change(&options)
        return try Model(path: fixturePath(name), options: options)
    }

    private var greedy: GenerationOptions {
        var options = GenerationOptions.greedy
        options.maxTokens = 6
        options.ignoreEndOfText = true
        return options
    }

    private func tokens(_ count: Int, seed: Int = 1) -> [Int32] {
        (0..<count).map { Int32(3 + ($0 * 31 + $0 * $0 * 7 + seed * 13) % 200) }
    }

    /// Turn by turn against a session that reads everything anew.
    @Test(arguments: kinds) func turnsGoOnFromWhatIsThere(name: String) async throws {
        let model = try model(name)
        let session = try model.makeSession()
        var text = tokens(300)
        var answers: [[Int32]] = []
        for turn in 0..<3 {
            let told = try await Told(session.generate(conversation: text, options: greedy))
            let statistics = try #require(told.statistics)
            #expect(statistics.promptTokens + statistics.reusedTokens == text.count)
            if turn > 0 {
                // All but the last token of the answer, which the model never saw.
                #expect(statistics.reusedTokens == text.count - 20 - 1, "\(name), turn \(turn)")
            }
            answers.append(told.ids)
            text += told.ids + tokens(20, seed: turn + 2)
        }
        text = tokens(300)
        for (turn, answer) in answers.enumerated() {
            let fresh = try self.model(name)
            let told = try await Told(fresh.makeSession().generate(conversation: text, options: greedy))
            #expect(told.ids == answer && told.statistics?.reusedTokens == 0, "\(name), turn \(turn)")
            text += answer + tokens(20, seed: turn + 2)
        }
    }

    /// An answer that was changed, as templates do that drop what was thought.
    @Test(arguments: kinds) func changedAnswersGoOnFromThePrompt(name: String) async throws {
        let model = try model(name)
        let session = try model.makeSession()
        let prompt = tokens(300)
        _ = try await Told(session.generate(conversation: prompt, options: greedy))
        let changed = prompt + tokens(30, seed: 9)
        let told = try await Told(session.generate(conversation: changed, options: greedy))
        #expect(told.statistics?.reusedTokens == 300, "\(name)")
        // The end of the prompt differs as well.
        let again = Array(prompt.dropLast(5)) + tokens(30, seed: 5)
        let other = try await Told(session.generate(conversation: again, options: greedy))
        let wanted = ["deepseek2", "llama"].contains(name) ? 295 : 268
        #expect(try #require(other.statistics).reusedTokens >= wanted, "\(name)")
        let fresh = try await Told(
            self.model(name).makeSession().generate(conversation: again, options: greedy))
        #expect(other.ids == fresh.ids, "\(name)")
    }

    @Test(arguments: kinds) func sessionsTakeOverFromEachOther(name: String) async throws {
        let model = try model(name)
        let first = try model.makeSession()
        let prompt = tokens(300)
        let told = try await Told(first.generate(conversation: prompt, options: greedy))
        let second = try model.makeSession()
        let longer = prompt + tokens(40, seed: 4)
        let other = try await Told(second.generate(conversation: longer, options: greedy))
        #expect(other.statistics?.reusedTokens == 300, "\(name)")
        // The first one is as it was.
        let on = try await Told(first.generate(tokens: tokens(3), options: greedy))
        let whole = try self.model(name).makeSession()
        _ = try await Told(whole.generate(conversation: prompt, options: greedy))
        let expected = try await Told(whole.generate(tokens: tokens(3), options: greedy))
        #expect(on.ids == expected.ids && told.ids == Array(whole.tokens[300..<306]), "\(name)")
        let statistics = await model.statistics()
        #expect(statistics.reusedTokens >= 600 && statistics.sessions == 2)
    }

    /// What a session held that is gone.
    @Test(arguments: kinds) func textsOutliveSessions(name: String) async throws {
        let model = try model(name)
        let prompt = tokens(300)
        func once() async throws -> Told {
            try await Told(model.makeSession().generate(conversation: prompt, options: greedy))
        }
        let first = try await once()
        let again = try await once()
        #expect(first.ids == again.ids)
        // Snapshots lie 32 tokens before the end.
        let wanted = ["deepseek2", "llama"].contains(name) ? 299 : 268
        #expect(try #require(again.statistics).reusedTokens == wanted, "\(name)")
    }

    @Test(arguments: kinds) func forksShareMemory(name: String) async throws {
        let model = try model(name)
        let session = try model.makeSession()
        _ = try await Told(session.generate(conversation: tokens(512), options: greedy))
        let before = await model.statistics().cacheBytes
        var twins: [Session] = []
        for _ in 0..<4 { twins.append(try await session.fork()) }
        #expect(await model.statistics().cacheBytes == before)
        var ids: [[Int32]] = []
        for (number, twin) in twins.enumerated() {
            let told = try await Told(twin.generate(tokens: tokens(2, seed: number / 2), options: greedy))
            #expect(told.statistics?.reusedTokens == 517)
            ids.append(told.ids)
        }
        #expect(ids[0] == ids[1] && ids[2] == ids[3], "\(name)")
        let own = try await Told(session.generate(tokens: tokens(2, seed: 0), options: greedy))
        #expect(own.ids == ids[0], "\(name)")
        // Each has a block of its own where they part, in each kind of layer.
        let blocks = await model.statistics().cacheBytes
        #expect(blocks > before && blocks < before * 4, "\(name)")
    }

    @Test func busySessionsAreNotForked() async throws {
        let model = try model("llama") { $0.contextLength = 1 << 20 }
        let session = try model.makeSession()
        var options = greedy
        options.maxTokens = nil
        let stream = try session.generate(conversation: tokens(10), options: options)
        await #expect(throws: SwinferError.self) { try await session.fork() }
        session.cancel()
        _ = try await Told(stream)
        #expect(try await session.fork().tokens == session.tokens)
    }
}

/// A tiny model's file.
func fixturePath(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../ModelTests/Resources/\(name).gguf").path
}
