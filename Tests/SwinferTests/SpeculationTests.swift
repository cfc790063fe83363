import Foundation
import Swinfer
import Testing

/// Tokens that are tried ahead change nothing but the time.
@Suite struct SpeculationTests {
    private func model(_ name: String) throws -> Model {
        var options = ModelOptions()
        options.contextLength = 1024
        options.threads = 2
        return try Model(path: fixturePath(name), options: options)
    }

    private func options(_ draft: Int, temperature: Float = 0) -> GenerationOptions {
        var options = GenerationOptions()
        options.temperature = temperature
        options.maxTokens = 160
        options.seed = 7
        options.ignoreEndOfText = true
        options.lookupDraft = draft
        return options
    }

    /// A text that says the same again and again.
    private var tokens: [Int32] { (0..<90).map { Int32(5 + $0 % 9 * 11) } }

    @Test(arguments: [
        "llama", "qwen3moe", "gemma3", "gpt-oss", "deepseek2", "qwen3next", "qwen35", "qwen35moe",
    ])
    func theTextIsTheSame(name: String) async throws {
        let plain = try await Told(
            model(name).makeSession().generate(conversation: tokens, options: options(0)))
        for draft in [1, 3, 7] {
            let session = try model(name).makeSession()
            let told = try await Told(session.generate(conversation: tokens, options: options(draft)))
            #expect(told.ids == plain.ids && told.reason == .length, "\(name), \(draft)")
            let statistics = try #require(told.statistics)
            #expect(statistics.draftedTokens > 0 && statistics.acceptedTokens <= statistics.draftedTokens)
            #expect(session.tokens == tokens + plain.ids)
            // The session goes on from what is its text, not from what was tried.
            let on = try await Told(session.generate(tokens: [5], options: options(0)))
            let fresh = try model(name).makeSession()
            _ = try await Told(fresh.generate(conversation: tokens, options: options(0)))
            let expected = try await Told(fresh.generate(tokens: [5], options: options(0)))
            #expect(on.ids == expected.ids, "\(name), \(draft)")
        }
        let sampled = try await Told(
            model(name).makeSession().generate(conversation: tokens, options: options(0, temperature: 0.7)))
        let tried = try await Told(
            model(name).makeSession().generate(conversation: tokens, options: options(7, temperature: 0.7)))
        #expect(sampled.ids == tried.ids, "\(name): the same draws from the same distributions")
    }

    /// Numbers rise, so that what followed the same words before is refused where they come.
    @Test func lookupFollowsTheConstraint() async throws {
        let model = try model("llama")
        var grammar = "root ::= "
        for number in 10..<40 { grammar += #""no \#(number) of 99, ""# + " " }
        var held = options(7)
        held.maxTokens = nil
        held.ignoreEndOfText = false
        held.constraint = .grammar(grammar)
        let told = try await Told(model.makeSession().generate(conversation: tokens, options: held))
        held.lookupDraft = 0
        let plain = try await Told(model.makeSession().generate(conversation: tokens, options: held))
        #expect(told.ids == plain.ids && told.reason == .endOfText)
        let statistics = try #require(told.statistics)
        #expect(statistics.draftedTokens > 5)
        // Only where the same text was cut into tokens in another way is anything refused: at most three tokens a
        // number, fewer where drafting pauses because it does not pay; 125 if the grammar were not asked.
        #expect(statistics.draftedTokens - statistics.acceptedTokens <= 3 * 30)
    }

    @Test func repetitionIsAccepted() async throws {
        let told = try await Told(
            model("llama").makeSession().generate(conversation: tokens, options: options(7)))
        #expect(try #require(told.statistics).acceptedTokens > 0)
    }
}
