import ArgumentParser
import Foundation
import Swinfer

/// How a conversation is put to the model; shared by the commands that hold one.
struct ChatArguments: ParsableArguments {
    enum ReasoningFormat: String, ExpressibleByArgument, CaseIterable {
        case none, auto
    }

    @Option(
        name: [.customLong("sys", withSingleDash: true), .customLong("system-prompt")],
        help: ArgumentHelp("System message: how the model shall behave.", valueName: "text"))
    var system: String?

    @Option(
        name: .customLong("chat-template"),
        help: ArgumentHelp(
            "Chat template in place of the model's: chatml, plain, or the text of one in Jinja.",
            valueName: "template"))
    var template: String?

    @Option(
        name: .customLong("chat-template-file"),
        help: ArgumentHelp("File with such a template.", valueName: "file"), completion: .file())
    var templateFile: String?

    @Option(
        name: .customLong("chat-template-kwargs"),
        help: ArgumentHelp(
            "JSON object of variables for the template, such as {\"reasoning_effort\": \"high\"}.",
            valueName: "json"))
    var templateArguments: String?

    @Option(
        help: ArgumentHelp(
            "auto: thinking is told apart from the answer; none: it is part of it, as the model wrote it.",
            valueName: "format"))
    var reasoningFormat = ReasoningFormat.auto

    @Flag(
        inversion: .prefixedNo,
        help: "Let the model think before it answers, or not, where its template lets choose.")
    var think: Bool?

    @Option(
        help: ArgumentHelp(
            "JSON file with definitions of functions that the model may call; its calls are printed as JSON.",
            valueName: "file"), completion: .file())
    var tools: String?

    @Flag(
        help: "Hold calls to the functions of --tools: to their names and to the schemas of their parameters."
    )
    var constrainTools = false

    func validate() throws {
        if constrainTools, tools == nil { throw ValidationError("--constrain-tools needs --tools") }
        if template != nil, templateFile != nil {
            throw ValidationError(
                "give the template once: with --chat-template or with --chat-template-file")
        }
    }

    /// Whether anything here asks for a conversation.
    var isUsed: Bool {
        system != nil || template != nil || templateFile != nil || templateArguments != nil || think != nil
            || tools != nil
    }

    /// - Throws: `CommandError` for files that cannot be read.
    func session(_ model: Model) throws -> ChatSession {
        var options = ChatOptions()
        options.enableThinking = think
        options.constrainsTools = constrainTools
        options.separatesReasoning = reasoningFormat == .auto
        options.template = try templateFile.map { try readText($0, "the template") } ?? template
        if let templateArguments { options.templateArguments = templateArguments }
        let tools = try tools.map { path in
            let json = try readText(path, "the definitions")
            do { return try ToolDefinition.list(json: json) } catch {
                throw CommandError("\(path): \(error)")
            }
        }
        return try ChatSession(
            model, messages: system.map { [.system($0)] } ?? [], tools: tools ?? [], options: options)
    }
}

/// The text of a file; `-` is standard input.
///
/// - Throws: `CommandError` naming the file and what was wanted of it.
func readText(_ path: String, _ what: String) throws(CommandError) -> String {
    do {
        let data =
            path == "-"
            ? try FileHandle.standardInput.readToEnd() ?? Data()
            : try Data(contentsOf: URL(fileURLWithPath: path))
        return String(decoding: data, as: UTF8.self)
    } catch {
        throw CommandError("\(path): cannot read \(what): \(error.localizedDescription)")
    }
}
