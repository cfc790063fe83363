import Foundation
import GGUF
import Swinfer
import Testing

@Suite struct BuiltInModelTests {
    /// What llama.cpp wrote, greedily, with the same file.
    private struct Reference: Decodable {
        struct Continuation: Decodable {
            let prompt: String
            let tokens: [Int32]
        }
        let continuations: [Continuation]
    }

    private func reference() throws -> Reference {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Resources/builtin-greedy.json")
        return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    }

    @Test func continuesAsLlamaCppDoes() async throws {
        let model = try Model(path: BuiltInModel.path())
        let continuations = try reference().continuations
        #expect(continuations.count >= 10)
        for expected in continuations {
            var options = GenerationOptions.greedy
            options.maxTokens = expected.tokens.count
            let told = try await Told(model.makeSession().generate(expected.prompt, options: options))
            // The token that ends a text is not told as one.
            let text = told.reason == .endOfText ? expected.tokens.dropLast() : expected.tokens[...]
            #expect(told.ids[...] == text, "\(expected.prompt)")
            #expect((told.reason == .endOfText) == (expected.tokens.last == 2), "\(expected.prompt)")
        }
    }

    @Test func everyExpertIsUsed() async throws {
        let model = try Model(path: BuiltInModel.path())
        var options = GenerationOptions()
        options.maxTokens = 250
        for seed in 1...6 {
            options.seed = UInt64(seed)
            _ = try await Told(model.makeSession().generate("Once upon a time", options: options))
        }
        let popularity = await model.expertPopularity()
        #expect(popularity.count == model.information.layerCount)
        for (layer, counts) in popularity.enumerated() {
            #expect(counts.count >= 8 && counts.allSatisfy { $0 > 0 }, "layer \(layer): \(counts)")
        }
    }

    @Test func storiesEnd() async throws {
        let model = try Model(path: BuiltInModel.path())
        let told = try await Told(model.makeSession().generate("Once upon a time", options: .greedy))
        #expect(told.reason == .endOfText)
        #expect(told.text.split(separator: " ").count > 50)
    }

    @Test func tellsWhatItIs() throws {
        let path = try BuiltInModel.path()
        let metadata = try GGUFFile(path: path).metadata
        for key in ["general.name", "general.license", "general.description", "tokenizer.chat_template"] {
            let value = try metadata.string(key) ?? ""
            #expect(!value.isEmpty, "\(key)")
        }
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? .max
        #expect(size <= 8_000_000)
    }
}
