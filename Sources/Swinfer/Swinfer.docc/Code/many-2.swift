import Swinfer

@main
struct Many {
    static func main() async throws {
        var settings = ModelOptions()
        settings.cacheLimit = 64 << 20
        let model = try await Model.load(path: BuiltInModel.path(), options: settings)
        try await withThrowingTaskGroup(of: String.self) { group in
            for animal in ["fox", "cat", "bear"] {
                group.addTask { try await story(model, about: animal) }
            }
            for try await story in group { print(story) }
        }
        let statistics = await model.statistics()
        print("\(statistics.generatedTokens) tokens in \(statistics.batches) batches")
    }

    static func story(_ model: Model, about animal: String) async throws -> String {
        var text = "Once upon a time, there was a little \(animal)"
        var options = GenerationOptions()
        options.maxTokens = 60
        for try await event in try model.makeSession().generate(text, options: options) {
            if case .token(_, let piece) = event { text += piece }
        }
        return text
    }
}
