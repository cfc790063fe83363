import Foundation
import Swinfer
import Testing

/// Sessions in files.
@Suite struct SessionFileTests {
    private func model(_ name: String, _ change: (inout ModelOptions) -> Void = { _ in }) throws -> Model {
        var options = ModelOptions()
        options.contextLength = 1024
        options.threads = 2
        change(&options)
        return try Model(path: fixturePath(name), options: options)
    }

    private func greedy(_ count: Int) -> GenerationOptions {
        var options = GenerationOptions.greedy
        options.maxTokens = count
        options.ignoreEndOfText = true
        return options
    }

    private func tokens(_ count: Int, seed: Int = 1) -> [Int32] {
        (0..<count).map { Int32(3 + ($0 * 31 + $0 * $0 * 7 + seed * 13) % 200) }
    }

    /// A path of its own that is removed afterwards.
    private func withFile(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).session").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test(arguments: ["qwen3next", "gemma3", "gpt-oss", "deepseek2", "llama"])
    func sessionsGoOnInAnotherProcess(name: String) async throws {
        try await withFile { path in
            let first = try model(name).makeSession()
            _ = try await Told(first.generate(conversation: tokens(300), options: greedy(10)))
            try await first.save(to: path)
            let expected = try await Told(first.generate(tokens: tokens(5), options: greedy(10)))
            // A model of its own stands for another process.
            let second = try await model(name).restoreSession(from: path)
            #expect(second.tokens.count == 310)
            let told = try await Told(second.generate(tokens: tokens(5), options: greedy(10)))
            #expect(told.ids == expected.ids, "\(name)")
            #expect(told.statistics?.reusedTokens == 309 && told.statistics?.promptTokens == 6, "\(name)")
            // Saved again over the old file.
            try await second.save(to: path)
            let third = try await model(name).restoreSession(from: path)
            #expect(third.tokens == second.tokens)
        }
    }

    @Test func emptySessionsAreFiles() async throws {
        try await withFile { path in
            let model = try model("llama")
            try await model.makeSession().save(to: path)
            #expect(try await model.restoreSession(from: path).tokens.isEmpty)
        }
    }

    @Test func otherModelsAndSettingsAreRefused() async throws {
        try await withFile { path in
            let session = try model("llama").makeSession()
            _ = try await Told(session.generate(conversation: tokens(50), options: greedy(2)))
            try await session.save(to: path)
            func refusal(_ model: Model) async -> String {
                do {
                    _ = try await model.restoreSession(from: path)
                    return "none"
                } catch { return error.description }
            }
            #expect(await refusal(try model("qwen3")).contains("architecture"))
            #expect(await refusal(try model("mixtral")).contains("another model"))
            let types = await refusal(try model("llama") { $0.keyCacheType = .f32 })
            #expect(types.contains("keys f16") && types.contains("keys f32") && types.contains(path))
            #expect(await refusal(try model("llama") { $0.contextLength = 32 }).contains("32"))
            #expect(await refusal(try model("llama")) == "none")
        }
    }

    /// Every byte counts, and so does every missing one.
    @Test func damageIsFound() async throws {
        try await withFile { path in
            let model = try model("llama")
            let session = try model.makeSession()
            _ = try await Told(session.generate(conversation: tokens(40), options: greedy(2)))
            try await session.save(to: path)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for place in stride(from: 0, to: whole.count, by: max(1, whole.count / 61)) {
                var damaged = whole
                damaged[place] ^= 0x10
                try damaged.write(to: URL(fileURLWithPath: path))
                await #expect(throws: SwinferError.self, "byte \(place)") {
                    try await model.restoreSession(from: path)
                }
            }
            for count in [0, 5, 16, 40, 100, whole.count / 2, whole.count - 1] {
                try whole.prefix(count).write(to: URL(fileURLWithPath: path))
                await #expect(throws: SwinferError.self, "\(count) bytes") {
                    try await model.restoreSession(from: path)
                }
            }
            try (whole + Data([0])).write(to: URL(fileURLWithPath: path))
            await #expect(throws: SwinferError.self) { try await model.restoreSession(from: path) }
            try whole.write(to: URL(fileURLWithPath: path))
            #expect(try await model.restoreSession(from: path).tokens == session.tokens)
        }
    }

    @Test func missingPlacesAreNamed() async throws {
        try await withFile { path in
            let model = try model("llama")
            let session = try model.makeSession()
            await #expect(throws: SwinferError.self) { try await session.save(to: "/nowhere/x.session") }
            await #expect(throws: SwinferError.self) { try await model.restoreSession(from: path) }
        }
    }
}
