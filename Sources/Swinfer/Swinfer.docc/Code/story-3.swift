import Swinfer

@main
struct Story {
    static func main() async throws {
        let model = try await Model.load(path: BuiltInModel.path())
        let session = try model.makeSession()
        var options = GenerationOptions()
        options.maxTokens = 80
        options.seed = 7
        options.stop = ["The end"]
        for try await event in try session.generate("Once upon a time", options: options) {
            if case .token(_, let text) = event { print(text, terminator: "") }
        }
    }
}
