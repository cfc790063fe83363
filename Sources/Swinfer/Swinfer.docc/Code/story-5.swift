import Swinfer

@main
struct Story {
    static func main() async throws {
        do {
            try await tell("Once upon a time")
        } catch SwinferError.promptTooLong(let tokens, let contextLength) {
            print("\(tokens) tokens are too many for a context of \(contextLength)")
        } catch {
            print(error)
        }
    }

    static func tell(_ beginning: String) async throws {
        let model = try await Model.load(path: BuiltInModel.path())
        let session = try model.makeSession()
        var options = GenerationOptions()
        options.maxTokens = 80
        options.seed = 7
        options.stop = ["The end"]
        for try await event in try session.generate(beginning, options: options) {
            switch event {
            case .token(_, let text): print(text, terminator: "")
            case .finished(let reason, let statistics):
                print("\n[\(reason): \(statistics.generatedTokens) tokens]")
            default: break
            }
        }
    }
}
