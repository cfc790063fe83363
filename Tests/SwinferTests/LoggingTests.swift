import Foundation
import InMemoryLogging
import Logging
import Swinfer
import Testing

/// What a caller's logger is told.
@Suite struct LoggingTests {
    private let handler: InMemoryLogHandler = {
        var handler = InMemoryLogHandler()
        handler.logLevel = .trace
        return handler
    }()

    private func model(_ path: String, _ change: (inout ModelOptions) -> Void = { _ in }) throws -> Model {
        var options = ModelOptions()
        options.contextLength = 64
        options.threads = 2
        options.keepsExpertCounts = false
        change(&options)
        let logger = Logger(label: "test") { _ in handler }
        return try Model(path: path, options: options, logger: logger)
    }

    private func options(_ count: Int) -> GenerationOptions {
        var options = GenerationOptions.greedy
        options.maxTokens = count
        options.ignoreEndOfText = true
        return options
    }

    private func entries(_ message: Logger.Message) -> [InMemoryLogHandler.Entry] {
        handler.entries.filter { $0.message == message }
    }

    @Test func loadingIsTold() throws {
        let path = fixturePath("llama")
        let model = try model(path)
        let loaded = try #require(entries("model loaded").first)
        #expect(loaded.level == .info)
        #expect(loaded.metadata["path"] == "\(path)" && loaded.metadata["mode"] == "resident")
        #expect(loaded.metadata["threads"] == "\(model.information.threads)")
        let plan = try #require(entries("memory plan").first)
        #expect(plan.level == .debug && plan.metadata["dense"] == "\(model.plan.denseBytes)")
        #expect(entries("the file has no chat template").count == 1)
        #expect(entries("experts are streamed from disk").isEmpty)
    }

    @Test func streamingIsTold() throws {
        let model = try model(fixturePath("qwen3moe")) {
            $0.loadMode = .streamed
            $0.expertsUsed = 1
        }
        let streamed = try #require(entries("experts are streamed from disk").first)
        #expect(streamed.level == .info && streamed.metadata["slots"] == "\(model.plan.slots)")
        let lossy = try #require(entries("fewer experts than the model was trained with").first)
        #expect(lossy.level == .notice && lossy.metadata["expertsUsed"] == "1")
        #expect(entries("memory plan").first?.metadata["mode"] == "streamed")
    }

    @Test func generationsAreTold() async throws {
        let model = try model(fixturePath("llama"))
        _ = try await Told(model.makeSession().generate("hello", options: options(5)))
        let finished = try #require(entries("generation finished").first)
        #expect(finished.level == .debug)
        #expect(finished.metadata["generatedTokens"] == "5" && finished.metadata["reason"] == "length")
        #expect(entries("the context is full").isEmpty)
        _ = try await Told(model.makeSession().generate("hello", options: options(100)))
        #expect(entries("the context is full").first?.level == .notice)
    }

    @Test func shiftsAreTold() async throws {
        let model = try model(fixturePath("llama"))
        var options = options(100)
        options.contextPolicy = .shift(keep: 4)
        _ = try await Told(model.makeSession().generate("hello", options: options))
        // The engine tells after the batch that gave the last token.
        let shifts = await model.statistics().shifts
        #expect(shifts > 0)
        #expect(entries("a full context was shifted").last?.metadata["shifts"] == "\(shifts)")
    }

    /// The built-in model's vocabulary has the marks of ChatML; its template goes by another name here.
    @Test func aMissingTemplateIsTold() throws {
        let path = NSTemporaryDirectory() + "swinfer-no-template-\(UUID()).gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var file = try Data(contentsOf: URL(fileURLWithPath: BuiltInModel.path()))
        let key = try #require(file.range(of: Data("tokenizer.chat_template".utf8)))
        file.replaceSubrange(key, with: Data("tokenizer.chat_TEMPLATE".utf8))
        try file.write(to: URL(fileURLWithPath: path))
        let model = try model(path)
        let warning: Logger.Message =
            "the model has no chat template; ChatML is used, as its vocabulary has the marks of it"
        var options = ChatOptions()
        options.template = "plain"
        _ = try ChatSession(model, options: options)
        #expect(entries(warning).isEmpty)
        _ = try ChatSession(model)
        #expect(entries(warning).first?.level == .warning)
    }
}
