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
            switch event {
            case .token(_, let text): print(text, terminator: "")
            case .finished(let reason, let statistics):
                print("\n[\(reason): \(statistics.generatedTokens) tokens]")
            default: break
            }
        }
    }
}
