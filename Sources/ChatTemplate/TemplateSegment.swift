/// A piece of rendered text and where it came from.
///
/// The pieces of a rendering, joined in order, are the rendered text. A caller that tokenizes
/// them should look for special tokens inside `.template` pieces only, and then tokenize the
/// ordinary text between two special tokens **joined across pieces**: borders of pieces are not
/// borders of tokens.
public struct TemplateSegment: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
        /// Text and literals of the template, and what the template computed from them.
        case template
        /// Strings the caller passed in (messages, tools, documents, ...), and whatever was
        /// computed from them by an operation that does not keep track of single characters.
        case data
    }

    public var text: String
    public var origin: Origin

    public init(text: String, origin: Origin) {
        self.text = text
        self.origin = origin
    }
}

/// Which parts of a rendering's context count as the template's own words.
public struct TemplateTrust: Sendable {
    /// Top-level names whose strings may become special tokens. All others are data.
    public var names: Set<String>
    /// Values of `messages[i].role` that count as the template's own words: some templates build
    /// a token from the role (`'<|' + role + '|>'`). Any other role is data.
    public var roles: Set<String>

    public init(
        names: Set<String> = [
            "bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token",
            "image_token",
            "audio_token", "video_token",
        ],
        roles: Set<String> = [
            "system", "user", "assistant", "tool", "developer", "function", "ipython", "model", "observation",
            "tool_response", "tool_call",
        ]
    ) {
        self.names = names
        self.roles = roles
    }

    public static let `default` = TemplateTrust()
}
