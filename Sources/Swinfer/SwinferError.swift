/// Everything that the library throws. Each text says what went wrong, where, and what to do.
public enum SwinferError: Error, Sendable, CustomStringConvertible {
    /// The file cannot be read as a model that this engine runs.
    case model(String)
    /// The vocabulary cannot turn this text into tokens, or these tokens into text.
    case tokenizer(String)
    /// Memory was refused, or a limit of the engine was passed.
    case compute(String)
    /// The memory that may be used does not hold the model.
    case memory(String)
    /// The prompt leaves no room for an answer.
    case promptTooLong(tokens: Int, contextLength: Int)
    /// There is nothing to continue.
    case emptyPrompt
    /// A session generates one text at a time.
    case sessionBusy
    /// An option outside what it can be.
    case invalidOption(name: String, reason: String)
    /// The grammar or schema of the output cannot be used; the text says where and why.
    case invalidConstraint(String)
    /// The constraint on the output allows no token of the vocabulary here.
    case nothingAllowed
    /// A saved session that cannot be written or used.
    case sessionFile(path: String, reason: String)
    /// The chat template is not valid, or refuses the conversation.
    case chatTemplate(String)
    /// The model file has no chat template.
    case noChatTemplate
    /// The model that comes with the package was not found.
    case noBuiltInModel(searched: [String])

    /// One line: what went wrong, where, and what to do.
    public var description: String {
        switch self {
        case .model(let text), .tokenizer(let text), .compute(let text), .memory(let text),
            .invalidConstraint(let text):
            text
        case .promptTooLong(let tokens, let contextLength):
            "the prompt has \(tokens) tokens and the context holds \(contextLength); use a shorter prompt or a larger context (-c)"
        case .emptyPrompt: "the prompt is empty and the vocabulary has no token to begin with; give some text"
        case .sessionBusy: "the session is still generating; cancel that or wait for its end"
        case .invalidOption(let name, let reason): "option \(name): \(reason)"
        case .nothingAllowed:
            "the grammar or schema allows no token of this vocabulary here; relax it, or use another model"
        case .sessionFile(let path, let reason): "\(path): the session: \(reason)"
        case .chatTemplate(let text): "chat template: \(text)"
        case .noChatTemplate:
            "the model has no chat template; give one with --chat-template-file FILE or --chat-template NAME, or continue plain text with 'swinfer run'"
        case .noBuiltInModel(let searched):
            "the built-in model was not found (looked in \(searched.joined(separator: ", "))); name a model file, or set SWINFER_BUILTIN_MODEL"
        }
    }
}
