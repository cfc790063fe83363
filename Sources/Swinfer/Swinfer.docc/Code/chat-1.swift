import Swinfer

@main
struct Chat {
    static func main() async throws {
        let model = try await Model.load(path: BuiltInModel.path())
        let chat = try ChatSession(model, messages: [.system("You are a friendly storyteller.")])
        for try await event in try chat.respond(to: "Hello") {
            if case .text(let text) = event { print(text, terminator: "") }
        }
        print()
    }
}
