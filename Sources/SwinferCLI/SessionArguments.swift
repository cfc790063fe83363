import ArgumentParser
import Foundation
import Swinfer

/// Where a session comes from and goes to, and what happens when its context is full.
struct SessionArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Go on from the session in this file if it is there, and save it there at the end.",
            valueName: "file"))
    var session: String?

    @Option(
        help: ArgumentHelp(
            "Keep what the model made of the prompt in this file: a later prompt that begins alike is read from where they part.",
            valueName: "file"))
    var promptCache: String?

    @Flag(help: "When the context is full, drop tokens behind the first --keep ones and go on.")
    var contextShift = false

    @Option(
        help: ArgumentHelp("Tokens that a context shift keeps at the start; -1: the prompt.", valueName: "n"))
    var keep = 0

    /// Whether a file was named.
    var isUsed: Bool { session != nil || promptCache != nil }

    func validate() throws {
        if session != nil, promptCache != nil {
            throw ValidationError("--session and --prompt-cache exclude each other")
        }
        if keep < -1 { throw ValidationError("--keep \(keep) is below -1") }
    }

    /// The session to go on with, and the stream of what it generates.
    func start(
        _ model: Model, _ text: String, _ options: GenerationOptions
    ) async throws -> (Session, AsyncThrowingStream<GenerationEvent, any Error>) {
        let path = session ?? promptCache
        let exists = path.map { FileManager.default.fileExists(atPath: $0) } ?? false
        let start = exists ? try await model.restoreSession(from: path ?? "") : try model.makeSession()
        let whole = promptCache != nil
        let tokens = try model.tokenize(text, addSpecial: whole || start.tokens.isEmpty)
        var options = options
        if contextShift {
            let prompt = whole ? tokens.count : start.tokens.count + tokens.count
            options.contextPolicy = .shift(keep: keep < 0 ? prompt : keep)
        }
        let stream =
            try whole
            ? start.generate(conversation: tokens, options: options)
            : start.generate(tokens: tokens, options: options)
        return (start, stream)
    }

    /// Saves what is to be saved; after an interrupt as well.
    func finish(_ session: Session) async throws {
        if let path = self.session ?? promptCache { try await session.save(to: path) }
    }
}
