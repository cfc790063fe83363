import Swinfer

/// Eight stories at once: sessions of one model share its batches, and the beginning that they
/// have in common is read once.
///
///     eight-sessions [model.gguf]
@main
struct EightSessions {
    static func main() async throws {
        let path = try CommandLine.arguments.dropFirst().first ?? BuiltInModel.path()
        let model = try await Model.load(path: path)
        let animals = ["fox", "cat", "dog", "bird", "frog", "bear", "mouse", "rabbit"]
        let stories = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, animal) in animals.enumerated() {
                group.addTask { (index, try await story(model, about: animal, seed: UInt64(index))) }
            }
            var stories = [String](repeating: "", count: animals.count)
            for try await (index, story) in group { stories[index] = story }
            return stories
        }
        for story in stories { print(story, terminator: "\n\n") }
        let statistics = await model.statistics()
        print("[\(statistics.generatedTokens) tokens in \(statistics.batches) batches]")
    }

    static func story(_ model: Model, about animal: String, seed: UInt64) async throws -> String {
        var options = GenerationOptions()
        options.maxTokens = 80
        options.seed = seed
        var text = "Once upon a time, there was a little \(animal)"
        for try await event in try model.makeSession().generate(text, options: options) {
            if case .token(_, let piece) = event { text += piece }
        }
        return text
    }
}
