import Swinfer

@main
struct Chat {
    static func main() async throws {
        let model = try await Model.load(path: BuiltInModel.path())
        let chat = try ChatSession(model, messages: [.system("You are a friendly storyteller.")])
        var options = GenerationOptions()
        options.maxTokens = 60
        while let line = readLine() {
            for try await event in try chat.respond(to: line, options: options) {
                switch event {
                case .text(let text): print(text, terminator: "")
                case .finished(_, let statistics):
                    print("\n[\(statistics.reusedTokens) tokens were read before]")
                default: break
                }
            }
        }
    }
}
