import GGUF

/// The chat templates of a model file, in Jinja.
public struct ChatTemplates: Sendable, Equatable {
    /// `tokenizer.chat_template`.
    public let standard: String?
    /// `tokenizer.chat_template.NAME`, by name. `tool_use` takes the place of the standard one when
    /// tools are offered.
    public let named: [String: String]

    /// - Throws: `GGUFError` when a template is no text.
    init(metadata: GGUFMetadata) throws {
        standard = try metadata.string("tokenizer.chat_template")
        var named: [String: String] = [:]
        let prefix = "tokenizer.chat_template."
        for key in metadata.keys where key.hasPrefix(prefix) {
            named[String(key.dropFirst(prefix.count))] = try metadata.string(key)
        }
        self.named = named
    }

    package init(standard: String?, named: [String: String] = [:]) {
        self.standard = standard
        self.named = named
    }

    /// Templates that come with the library, by name.
    public static let builtIn: [String: String] = ["chatml": chatML, "plain": plain]

    /// Turns between `<|im_start|>` and `<|im_end|>`.
    static let chatML = """
        {%- for message in messages -%}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
        {%- endfor -%}
        {%- if add_generation_prompt -%}
        {{- '<|im_start|>assistant\\n' -}}
        {%- endif -%}
        """

    /// All messages as one text, which the model continues.
    static let plain = "{% for message in messages %}{{ message.content }}{% endfor %}"
}
