import Foundation
import Swinfer
import Testing

/// What sampling options do to whole generations.
@Suite struct SamplingGenerationTests {
    private func generate(
        _ model: Model, _ prompt: String = "hello", _ change: (inout GenerationOptions) -> Void
    ) async throws -> Told {
        var options = GenerationOptions.greedy
        options.maxTokens = 12
        change(&options)
        return try await Told(model.makeSession().generate(prompt, options: options))
    }

    @Test func anIgnoredEndIsNeverChosen() async throws {
        let model = try Model(path: BuiltInModel.path())
        let prompt = "<|im_start|>user\nThank you!<|im_end|>\n<|im_start|>assistant\n"
        let plain = try await generate(model, prompt) { $0.maxTokens = 20 }
        #expect(plain.reason == .endOfText)
        let ignoring = try await generate(model, prompt) {
            $0.maxTokens = 20
            $0.ignoreEndOfText = true
        }
        #expect(ignoring.reason == .length && ignoring.ids.count == 20)
        #expect(!ignoring.ids.contains { $0 == 0 || $0 == 2 })
        #expect(ignoring.ids.starts(with: plain.ids))
    }

    @Test func biasesForbidAndForce() async throws {
        let model = try tinyModel()
        let plain = try await generate(model) { _ in }
        let first = try #require(plain.ids.first)
        #expect(try await generate(model) { $0.logitBias[first] = -.infinity }.ids.contains(first) == false)
        #expect(try await generate(model) { $0.logitBias[77] = 1000 }.ids.allSatisfy { $0 == 77 })
        await #expect(throws: SwinferError.self) { try await generate(model) { $0.logitBias[1 << 20] = 1 } }
    }

    /// The prompt counts as history.
    @Test func penaltiesLookAtThePrompt() async throws {
        let model = try tinyModel()
        let plain = try await generate(model) { $0.maxTokens = 1 }
        let id = try #require(plain.ids.first)
        let session = try model.makeSession()
        let tokens = try model.tokenize("hello")
        // A token that stands in the prompt is what the penalty takes away.
        var options = GenerationOptions.greedy
        options.maxTokens = 1
        options.presencePenalty = 1000
        let prompt = [id] + tokens
        let told = try await Told(session.generate(tokens: prompt, options: options))
        #expect(!prompt.contains(try #require(told.ids.first)))
        let unique = try await generate(model) {
            $0.maxTokens = 40
            $0.presencePenalty = 1000
        }
        #expect(Set(unique.ids).count == 40)
    }

    @Test func dryEndsRepetitions() async throws {
        let model = try tinyModel()
        let tokens: [Int32] = (0..<5).flatMap { _ in [70, 71, 72, 73] as [Int32] }
        var sampler = Sampler(
            {
                var options = GenerationOptions.greedy
                options.dry.multiplier = 5
                return options
            }(), seed: 1, history: tokens, breakers: model.dryBreakers(["\n"]))
        var logits = [Float](repeating: 0, count: 320)
        logits[70] = 10
        logits[80] = 9
        #expect(logits.withUnsafeBufferPointer { sampler.choose($0) } == 80)
    }

    @Test func logProbabilitiesAreTheModels() async throws {
        let model = try tinyModel()
        let told = try await generate(model) { $0.logProbabilities = 3 }
        #expect(told.logProbabilities.count == told.ids.count)
        var tokens = try model.tokenize("hello")
        for (id, values) in zip(told.ids, told.logProbabilities) {
            let row = Row()
            try await model.logits(of: tokens) { logits in row.set((0..<logits.count).map { logits[$0] }) }
            let total = log(row.values.reduce(0) { $0 + exp(Double($1)) })
            let order = row.values.indices.sorted { row.values[$0] > row.values[$1] }.prefix(3)
            #expect(values.chosen.id == id && values.top.map(\.id) == order.map { Int32($0) })
            for entry in values.top + [values.chosen] {
                #expect(
                    abs(Double(entry.logProbability) - (Double(row.values[Int(entry.id)]) - total)) < 1e-4)
            }
            #expect(values.chosen.text == String(decoding: values.chosen.bytes, as: UTF8.self))
            tokens.append(id)
        }
        let values = try #require(told.logProbabilities.first)
        let data = try JSONEncoder().encode(values)
        #expect(try JSONDecoder().decode(TokenLogProbabilities.self, from: data) == values)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(Set(object.keys) == ["id", "token", "bytes", "logprob", "top_logprobs"])
        #expect(try await generate(model) { _ in }.logProbabilities.isEmpty)
    }

    @Test func badSamplingOptionsAreNamed() throws {
        func refused(_ change: (inout GenerationOptions) -> Void) -> String {
            var options = GenerationOptions()
            change(&options)
            do {
                try options.validate(vocabularySize: 10)
                return ""
            } catch { return error.description }
        }
        #expect(refused { _ in } == "")
        #expect(refused { $0.repeatPenalty = 0 }.contains("repeatPenalty"))
        #expect(refused { $0.repeatLastTokens = -1 }.contains("repeatLastTokens"))
        #expect(refused { $0.presencePenalty = .nan }.contains("presencePenalty"))
        #expect(refused { $0.frequencyPenalty = .infinity }.contains("frequencyPenalty"))
        #expect(refused { $0.dry.base = 0.5 }.contains("dry.base"))
        #expect(refused { $0.dry.allowedLength = -1 }.contains("dry.allowedLength"))
        #expect(refused { $0.typicalP = 0 }.contains("typicalP"))
        #expect(refused { $0.topNSigma = .nan }.contains("topNSigma"))
        #expect(refused { $0.xtcProbability = 1.5 }.contains("xtcProbability"))
        #expect(refused { $0.xtcThreshold = -1 }.contains("xtcThreshold"))
        #expect(refused { $0.dynamicTemperatureRange = -1 }.contains("dynamicTemperatureRange"))
        #expect(refused { $0.mirostatEntropy = -1 }.contains("mirostatEntropy"))
        #expect(refused { $0.logProbabilities = 21 }.contains("logProbabilities"))
        #expect(refused { $0.logitBias = [10: 1] }.contains("logitBias"))
        #expect(refused { $0.logitBias = [1: .nan] }.contains("logitBias"))
    }

    @Test func samplersHaveLlamaCppsNames() {
        typealias Kind = GenerationOptions.SamplerKind
        #expect(
            Kind.standard.map(\.rawValue).joined(separator: ";")
                == "penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature")
        for (name, kind) in [
            ("top_k", Kind.topK), ("top-k", .topK), ("topk", .topK), ("nucleus", .topP),
            ("temp", .temperature),
            ("TYP", .typical), ("min-p", .minP), ("topnsigma", .topNSigma), ("xtc", .xtc),
        ] { #expect(Kind(name: name) == kind, "\(name)") }
        #expect(Kind(name: "") == nil && Kind(name: "top") == nil)
    }

    private final class Row: @unchecked Sendable {
        private(set) var values: [Float] = []
        func set(_ row: [Float]) { values = row }
    }
}
