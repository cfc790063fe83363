import Swinfer

@main
struct Story {
    static func main() async throws {
        let model = try await Model.load(path: BuiltInModel.path())
        let session = try model.makeSession()
        for try await event in try session.generate("Once upon a time") {
            if case .token(_, let text) = event { print(text, terminator: "") }
        }
    }
}
