import Swinfer

@main
struct Story {
    static func main() async throws {
        let model = try await Model.load(path: BuiltInModel.path())
        print(model.information.architecture, model.information.parameterCount)
    }
}
