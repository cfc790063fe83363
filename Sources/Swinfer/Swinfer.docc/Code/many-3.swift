import Swinfer

@main
struct Many {
    static func main() async throws {
        var settings = ModelOptions()
        settings.cacheLimit = 64 << 20
        let model = try await Model.load(path: BuiltInModel.path(), options: settings)
        let schema = """
            {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12},
            "age": {"type": "integer"}}, "required": ["name", "age"]}
            """
        try await withThrowingTaskGroup(of: String.self) { group in
            for animal in ["fox", "cat", "bear"] {
                group.addTask { try await describe(model, animal, as: schema) }
            }
            for try await description in group { print(description) }
        }
        let statistics = await model.statistics()
        print("\(statistics.generatedTokens) tokens in \(statistics.batches) batches")
    }

    static func describe(_ model: Model, _ animal: String, as schema: String) async throws -> String {
        var text = ""
        var options = GenerationOptions()
        options.maxTokens = 60
        options.constraint = .jsonSchema(schema)
        let prompt = "Once upon a time, there was a little \(animal). "
        for try await event in try model.makeSession().generate(prompt, options: options) {
            if case .token(_, let piece) = event { text += piece }
        }
        return text
    }
}
