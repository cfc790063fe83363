import Foundation
import Swinfer
import Testing

/// A tiny random model: fast, and as good as any for what generation promises.
func tinyModel(_ name: String = "qwen3moe", context: Int = 64, threads: Int = 2) throws -> Model {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../ModelTests/Resources/\(name).gguf").path
    var options = ModelOptions()
    options.contextLength = context
    options.threads = threads
    return try Model(path: path, options: options)
}

/// Everything a generation tells.
struct Told {
    var ids: [Int32] = []
    var text = ""
    var logProbabilities: [TokenLogProbabilities] = []
    var reason: FinishReason?
    var statistics: GenerationStatistics?

    init(_ stream: AsyncThrowingStream<GenerationEvent, any Error>) async throws {
        for try await event in stream {
            switch event {
            case .token(let id, let piece):
                ids.append(id)
                text += piece
            case .logProbabilities(let values): logProbabilities.append(values)
            case .finished(let reason, let statistics):
                self.reason = reason
                self.statistics = statistics
            }
        }
    }
}

@Suite struct GenerationTests {
    private func options(_ count: Int?, temperature: Float = 0, seed: UInt64? = 1) -> GenerationOptions {
        var options = GenerationOptions()
        options.maxTokens = count
        options.temperature = temperature
        options.seed = seed
        options.ignoreEndOfText = true
        return options
    }

    @Test func greedyAgreesWithLogits() async throws {
        let model = try tinyModel()
        let told = try await Told(model.makeSession().generate("hello", options: options(10)))
        #expect(told.ids.count == 10 && told.reason == .length)
        var tokens = try model.tokenize("hello")
        for id in told.ids {
            let last = LastRow()
            try await model.logits(of: tokens) { row in last.set((0..<row.count).map { row[$0] }) }
            #expect(last.argmax == id)
            tokens.append(id)
        }
    }

    @Test func seedsReproduce() async throws {
        let model = try tinyModel()
        func text(_ seed: UInt64) async throws -> [Int32] {
            try await Told(
                model.makeSession().generate("a", options: options(20, temperature: 1, seed: seed))
            ).ids
        }
        let first = try await text(1)
        let again = try await text(1)
        let other = try await text(2)
        #expect(again == first)
        #expect(other != first)
    }

    @Test func anUnnamedSeedIsReported() async throws {
        let model = try tinyModel()
        let told = try await Told(
            model.makeSession().generate("a", options: options(12, temperature: 1, seed: nil)))
        let again = try await Told(
            model.makeSession().generate(
                "a", options: options(12, temperature: 1, seed: told.statistics?.seed)))
        #expect(told.ids == again.ids)
    }

    @Test func sessionsAtOnceGetTheSameAsAlone() async throws {
        let model = try tinyModel(context: 128)
        let prompts = ["hello there", "the man", "in", "a long and winding road to nowhere at all"]
        var alone: [[Int32]] = []
        for prompt in prompts {
            alone.append(try await Told(model.makeSession().generate(prompt, options: options(40))).ids)
        }
        let together = try await withThrowingTaskGroup(of: (Int, [Int32]).self) { group in
            for (index, prompt) in prompts.enumerated() {
                group.addTask {
                    (index, try await Told(model.makeSession().generate(prompt, options: options(40))).ids)
                }
            }
            var result = [[Int32]](repeating: [], count: prompts.count)
            for try await (index, ids) in group { result[index] = ids }
            return result
        }
        #expect(together == alone)
    }

    @Test func aSessionGoesOn() async throws {
        let model = try tinyModel()
        let session = try model.makeSession()
        let first = try await Told(session.generate("hello", options: options(5)))
        let second = try await Told(session.generate(tokens: [], options: options(5)))
        let whole = try await Told(model.makeSession().generate("hello", options: options(10)))
        #expect(first.ids + second.ids == whole.ids)
        let promptCount = try model.tokenize("hello").count
        #expect(session.tokens.count == promptCount + 10)
        try session.reset()
        let afresh = try await Told(session.generate("hello", options: options(10)))
        #expect(afresh.ids == whole.ids)
    }

    @Test func aFullContextIsTold() async throws {
        let model = try tinyModel(context: 16)
        let session = try model.makeSession()
        let told = try await Told(session.generate("hello", options: options(nil)))
        #expect(told.reason == .contextFull)
        #expect(session.tokens.count == 16)
        #expect(throws: SwinferError.self) { try session.generate("more") }
    }

    @Test func tooLongPromptsAreRefused() throws {
        let model = try tinyModel(context: 16)
        let session = try model.makeSession()
        let long = String(repeating: "x", count: 40)
        let error = #expect(throws: SwinferError.self) { try session.generate(long) }
        #expect(error?.description.contains("16") == true)
        #expect(session.tokens.isEmpty)
    }

    @Test func cancellingFreesTheSession() async throws {
        let model = try tinyModel(context: 1_000_000)
        let session = try model.makeSession()
        var seen = 0
        for try await event in try session.generate("hello", options: options(nil)) {
            if case .token = event { seen += 1 }
            if seen == 3 { break }
        }
        // Leaving the loop cancelled it. The session is free again within one token.
        var told: Told?
        while told == nil {
            do { told = try await Told(session.generate("a", options: options(3))) } catch SwinferError
                .sessionBusy
            {
                await Task.yield()
            }
        }
        #expect(told?.ids.count == 3)
    }

    @Test func cancelTellsWhatItTook() async throws {
        let session = try tinyModel(context: 1_000_000).makeSession()
        let stream = try session.generate("hello", options: options(nil))
        var seen = 0
        var reason: FinishReason?
        for try await event in stream {
            switch event {
            case .token, .logProbabilities:
                seen += 1
                if seen == 2 { session.cancel() }
            case .finished(let why, let statistics):
                reason = why
                #expect(statistics.generatedTokens == seen)
            }
        }
        #expect(reason == .cancelled && seen < 900_000)
        session.cancel()
    }

    @Test func aBusySessionRefuses() async throws {
        let model = try tinyModel(context: 1_000_000)
        let session = try model.makeSession()
        let stream = try session.generate("hello", options: options(nil))
        #expect(throws: SwinferError.self) { try session.generate("again") }
        #expect(throws: SwinferError.self) { try session.reset() }
        _ = stream
    }

    @Test func nothingToGenerate() async throws {
        let told = try await Told(tinyModel().makeSession().generate("hello", options: options(0)))
        #expect(told.ids.isEmpty && told.reason == .length)
    }

    @Test func badOptionsAreNamed() throws {
        let session = try tinyModel().makeSession()
        func refused(_ change: (inout GenerationOptions) -> Void) -> String {
            var options = GenerationOptions()
            change(&options)
            do {
                _ = try session.generate("a", options: options)
                return ""
            } catch { return error.description }
        }
        #expect(refused { $0.temperature = -1 }.contains("temperature"))
        #expect(refused { $0.temperature = .nan }.contains("temperature"))
        #expect(refused { $0.topP = 0 }.contains("topP"))
        #expect(refused { $0.minP = 2 }.contains("minP"))
        #expect(refused { $0.topK = -1 }.contains("topK"))
        #expect(refused { $0.maxTokens = -5 }.contains("maxTokens"))
    }

    @Test func missingFilesAreNamed() throws {
        let error = #expect(throws: SwinferError.self) { try Model(path: "/nowhere/model.gguf") }
        #expect(error?.description.contains("/nowhere/model.gguf") == true)
    }

    /// The last row of logits that came.
    private final class LastRow: @unchecked Sendable {
        private var values: [Float] = []
        func set(_ row: [Float]) { values = row }
        var argmax: Int32 { Int32(values.firstIndex(of: values.max() ?? 0) ?? -1) }
    }
}
