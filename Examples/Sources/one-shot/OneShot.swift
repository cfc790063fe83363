import Swinfer

/// Continues a text with the built-in model, or with the GGUF file that is named second.
///
///     one-shot "Once upon a time" [model.gguf]
@main
struct OneShot {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let prompt = arguments.first ?? "Once upon a time"
        let path = try arguments.dropFirst().first ?? BuiltInModel.path()

        let model = try await Model.load(path: path)
        let session = try model.makeSession()
        var options = GenerationOptions()
        options.maxTokens = 120
        options.seed = 1

        print(prompt, terminator: "")
        for try await event in try session.generate(prompt, options: options) {
            switch event {
            case .token(_, let text): print(text, terminator: "")
            case .finished(let reason, let statistics):
                print("\n[\(reason), \(statistics.generatedTokens) tokens]")
            default: break
            }
        }
    }
}
