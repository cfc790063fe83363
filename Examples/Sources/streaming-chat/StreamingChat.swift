import Swinfer

/// A conversation line by line, answers printed as they come. The whole conversation is given
/// each time, and what the session has read already is not read again.
///
///     streaming-chat [model.gguf]
@main
struct StreamingChat {
    static func main() async throws {
        let path = try CommandLine.arguments.dropFirst().first ?? BuiltInModel.path()
        let model = try await Model.load(path: path)
        let session = try model.makeSession()
        var options = GenerationOptions()
        options.maxTokens = 60
        options.seed = 1
        var text = ""
        while let line = readLine() {
            text += (text.isEmpty ? "" : "\n") + line
            let tokens = try model.tokenize(text)
            for try await event in try session.generate(conversation: tokens, options: options) {
                switch event {
                case .token(_, let piece):
                    text += piece
                    print(piece, terminator: "")
                case .finished(_, let statistics):
                    print("\n[\(statistics.reusedTokens) of \(tokens.count) tokens were there already]")
                default: break
                }
            }
        }
    }
}
