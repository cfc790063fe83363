import Foundation
import GGUF
import Swinfer
import Testing

/// What a draft model or a prediction layer tries ahead changes nothing but the time.
@Suite struct DraftTests {
    private func load(_ path: String, _ draft: ModelOptions.Draft?) throws -> Model {
        var options = ModelOptions()
        options.contextLength = 512
        options.threads = 2
        options.draft = draft
        return try Model(path: path, options: options)
    }

    private func options(_ draft: Int, temperature: Float = 0) -> GenerationOptions {
        var options = GenerationOptions()
        options.temperature = temperature
        options.maxTokens = 60
        options.seed = 7
        options.ignoreEndOfText = true
        options.draftTokens = draft
        return options
    }

    private var tokens: [Int32] { (0..<50).map { Int32(5 + $0 % 9 * 11) } }

    /// Two turns, greedy and sampled, with each number of drafted tokens.
    private func compare(_ model: Model, _ plain: Model, _ name: String) async throws {
        for (draft, temperature) in [(1, 0), (7, 0), (4, 0.8)] as [(Int, Float)] {
            let session = try model.makeSession()
            let other = try plain.makeSession()
            var own = options(draft, temperature: temperature)
            let expected = options(0, temperature: temperature)
            for more in [tokens, [9, 8, 7]] {
                let told = try await Told(session.generate(tokens: more, options: own))
                let wanted = try await Told(other.generate(tokens: more, options: expected))
                #expect(told.ids == wanted.ids, "\(name), \(draft) tokens, temperature \(temperature)")
                let statistics = try #require(told.statistics)
                #expect(statistics.draftedTokens > 0, "\(name)")
                #expect(statistics.acceptedTokens <= statistics.draftedTokens)
            }
            #expect(session.tokens == other.tokens)
            // Turning to another text, and to another kind of speculation.
            own.lookupDraft = 3
            let told = try await Told(session.generate(conversation: tokens + [3, 3], options: own))
            let wanted = try await Told(other.generate(conversation: tokens + [3, 3], options: expected))
            #expect(told.ids == wanted.ids, "\(name), another text")
        }
    }

    @Test(arguments: [
        ("llama", "qwen3"), ("qwen3moe", "gemma3"), ("gemma3", "qwen3next"), ("qwen3next", "llama"),
        ("qwen35", "qwen35moe"),
    ])
    func theTextIsTheSame(names: (String, String)) async throws {
        let model = try load(fixturePath(names.0), .model(path: fixturePath(names.1)))
        try await compare(model, load(fixturePath(names.0), nil), "\(names.1) for \(names.0)")
    }

    /// A model drafts for itself: all is taken, whatever its layers.
    @Test(arguments: ["llama", "qwen3next", "gpt-oss"]) func whatIsRightIsTaken(name: String) async throws {
        let model = try load(fixturePath(name), .model(path: fixturePath(name)))
        let told = try await Told(model.makeSession().generate(tokens: tokens, options: options(3)))
        let statistics = try #require(told.statistics)
        #expect(statistics.draftedTokens > 12)
        #expect(statistics.acceptedTokens == statistics.draftedTokens)
    }

    @Test func shortAndUnlikelyDraftsAreNotTried() async throws {
        let model = try load(fixturePath("llama"), .model(path: fixturePath("llama")))
        func drafted(_ change: (inout GenerationOptions) -> Void) async throws -> Int {
            var options = options(3)
            change(&options)
            let told = try await Told(model.makeSession().generate(tokens: tokens, options: options))
            return try #require(told.statistics).draftedTokens
        }
        #expect(try await drafted { $0.draftMinimum = 4 } == 0)
        #expect(try await drafted { $0.draftProbability = 1 } == 0)
        #expect(try await drafted { $0.draftProbability = 0.001 } > 0)
    }

    @Test func manySessionsDraftAtOnce() async throws {
        let model = try load(fixturePath("qwen3next"), .model(path: fixturePath("llama")))
        let plain = try load(fixturePath("qwen3next"), nil)
        let beginnings = (0..<4).map { number in tokens.map { $0 + Int32(number) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for beginning in beginnings {
                let (drafted, alone) = (options(2), options(0))
                group.addTask {
                    let told = try await Told(
                        model.makeSession().generate(tokens: beginning, options: drafted))
                    let wanted = try await Told(
                        plain.makeSession().generate(tokens: beginning, options: alone))
                    #expect(told.ids == wanted.ids)
                }
            }
            try await group.waitForAll()
        }
    }

    /// JSON is not what the model writes by itself. Drafting for itself, it draws what the grammar allows, so that all
    /// is taken.
    @Test(arguments: [3, 7]) func draftsFollowTheConstraint(count: Int) async throws {
        let path = fixturePath("qwen3moe")
        let (model, plain) = try (load(path, .model(path: path)), load(path, nil))
        let line = #""{\"name\": \"" [A-Z] [a-z]{2,8} "\", \"is\": " ("true" | "false") "}\n""#
        let numbers = #""items":{"type":"integer","minimum":10,"maximum":99},"minItems":30"#
        for constraint in [
            OutputConstraint.grammar("root ::= (\(line)){4}"), .jsonSchema(#"{"type":"array",\#(numbers)}"#),
        ] {
            var own = options(count)
            own.ignoreEndOfText = false
            own.maxTokens = 120
            own.constraint = constraint
            let told = try await Told(model.makeSession().generate(tokens: tokens, options: own))
            own.draftTokens = 0
            let wanted = try await Told(plain.makeSession().generate(tokens: tokens, options: own))
            #expect(told.ids == wanted.ids)
            let statistics = try #require(told.statistics)
            #expect(statistics.draftedTokens > 12)
            // The token that ends the text is not counted as taken.
            #expect(statistics.draftedTokens - statistics.acceptedTokens <= 1)
        }
    }

    @Test func otherVocabulariesAreRefused() throws {
        let file = try GGUFFile(path: fixturePath("llama"))
        var texts = try #require(try file.metadata.strings("tokenizer.ggml.tokens"))
        func refusal(_ change: (inout EditedModel) -> Void) throws -> String {
            var draft = EditedModel(file)
            change(&draft)
            return try draft.write { path in
                do {
                    _ = try load(fixturePath("llama"), .model(path: path))
                    return ""
                } catch { return "\(error)" }
            }
        }
        #expect(try refusal { _ in } == "")
        #expect(
            try refusal { $0.metadata["tokenizer.ggml.add_bos_token"] = .bool(false) }.contains(
                "begins texts"))
        texts[300] = "other"
        #expect(
            try refusal { $0.metadata["tokenizer.ggml.tokens"] = .array(GGUFArray(strings: texts)) }
                .contains("token 300 is 'other'"))
        let none = #expect(throws: SwinferError.self) {
            try load(fixturePath("llama"), nil).makeSession().generate(tokens: tokens, options: options(2))
        }
        #expect(none?.description.contains("ModelOptions.draft") == true)
        #expect(throws: SwinferError.self) { try load(fixturePath("llama"), .model(path: "/nowhere.gguf")) }
    }

    // MARK: Prediction layers

    @Test(arguments: ["glm4moe", "deepseek2", "qwen35", "qwen3next"])
    func predictionLayersChangeNothing(name: String) async throws {
        let edited = try EditedModel(predicting: GGUFFile(path: fixturePath(name)))
        let (model, plain) = try edited.write { try (load($0, .predictionLayer), load($0, nil)) }
        try await compare(model, plain, name)
    }

    /// A model whose next token follows from the last alone, with a layer that knows it.
    @Test(arguments: ["glm4moe", "qwen35"]) func whatTheLayerKnowsIsTaken(name: String) async throws {
        var edited = try EditedModel(predicting: GGUFFile(path: fixturePath(name)))
        try edited.predictPerfectly()
        let (model, plain) = try edited.write { try (load($0, .predictionLayer), load($0, nil)) }
        let told = try await Told(model.makeSession().generate(tokens: tokens, options: options(4)))
        let wanted = try await Told(plain.makeSession().generate(tokens: tokens, options: options(0)))
        #expect(told.ids == wanted.ids)
        let statistics = try #require(told.statistics)
        #expect(statistics.draftedTokens > 16)
        #expect(statistics.acceptedTokens == statistics.draftedTokens)
    }

    @Test func modelsWithoutALayerSaySo() throws {
        let error = #expect(throws: SwinferError.self) { try load(fixturePath("glm4moe"), .predictionLayer) }
        #expect(error?.description.contains("no prediction layer") == true)
    }

    // MARK: Turning off

    @Test func whatLosesIsSetAside() {
        var gauge = SpeculationGauge()
        var tried = 0
        for step in 0..<4000 {
            let tries = gauge.wantsProposals
            if tries { tried += 1 }
            #expect(step >= 16 || !tries, "first it is measured without")
            gauge.add(seconds: tries ? 1.2 : 1, tokens: 1, hasTried: tries)
        }
        #expect(gauge.pauses > 3 && tried == 16 * gauge.pauses + tried % 16)
        #expect(tried < 200 && abs(gauge.speedUp - 1 / 1.2) < 1e-9)
    }

    /// What loses much does not get as many tries.
    @Test func whatLosesMuchIsSetAsideSoon() {
        var gauge = SpeculationGauge()
        for _ in 0..<16 { gauge.add(seconds: 1, tokens: 1, hasTried: false) }
        var tries = 0
        while gauge.wantsProposals {
            gauge.add(seconds: 3, tokens: 1, hasTried: true)
            tries += 1
        }
        #expect(tries == 6 && gauge.pauses == 1)
    }

    @Test func reachFollowsWhatIsTaken() {
        var reach = DraftReach(most: 7)
        #expect(reach.count == 3)
        // Of two taken the text had no more; where nothing was tried nothing is learnt.
        let steps = [(3, 3, 6), (2, 2, 6), (6, 6, 7), (7, 2, 3), (3, 0, 1), (0, 0, 1), (1, 1, 2)]
        for (tried, taken, next) in steps {
            reach.note(tried: tried, taken: taken)
            #expect(reach.count == next, "\(taken) of \(tried) taken")
        }
        var wide = DraftReach(least: 4, most: 5)
        #expect(wide.count == 4)
        wide.note(tried: 4, taken: 0)
        #expect(wide.count == 4)
        #expect(DraftReach(most: 0).count == 0)
    }

    @Test func whatWinsGoesOn() {
        var gauge = SpeculationGauge()
        for _ in 0..<16 { gauge.add(seconds: 1, tokens: 1, hasTried: false) }
        for _ in 0..<1000 {
            #expect(gauge.wantsProposals)
            gauge.add(seconds: 1.5, tokens: 3, hasTried: true)
        }
        #expect(gauge.pauses == 0 && abs(gauge.speedUp - 2) < 1e-9)
    }
}
