import ChatTemplate
import Glibc
import Logging
package import Tokenizer

/// Turns conversations into tokens with a model's chat template.
///
/// Special tokens come from the template's own words only: no text of a message can become one.
public struct ChatRenderer: Sendable {
    /// The template in use, in Jinja.
    public var template: String { parsed.source }
    /// How the answers are to be read.
    public let format: ChatOutputFormat

    private let parsed: ChatTemplate
    private let tokenizer: Tokenizer
    private let options: ChatOptions
    private let context: [String: TemplateValue]
    private let argumentsAreText: Bool

    /// The template of a model, or the one that the options name.
    ///
    /// - Throws: `SwinferError.noChatTemplate`, `.chatTemplate` when the template is not valid,
    ///   `.invalidOption` for tools and arguments that are no JSON objects.
    public init(
        _ model: Model, tools: [ToolDefinition] = [], options: ChatOptions = ChatOptions()
    ) throws(SwinferError) {
        try self.init(model.chatTemplates, model.tokenizer, tools: tools, options: options)
        if options.template == nil, model.chatTemplates.standard == nil, template == ChatTemplates.chatML {
            model.logger.warning(
                "the model has no chat template; ChatML is used, as its vocabulary has the marks of it")
        }
    }

    package init(
        _ templates: ChatTemplates, _ tokenizer: Tokenizer, tools: [ToolDefinition] = [],
        options: ChatOptions = ChatOptions()
    ) throws(SwinferError) {
        let source = try Self.source(templates, tokenizer.vocabulary, options, hasTools: !tools.isEmpty)
        do { parsed = try ChatTemplate(source) } catch { throw .chatTemplate(error.description) }
        self.tokenizer = tokenizer
        self.options = options
        let format = ChatOutputFormat(template: source)
        self.format = options.separatesReasoning ? format : format.keepingReasoning()
        var context: [String: TemplateValue] = [:]
        let vocabulary = tokenizer.vocabulary
        for (name, token) in [
            ("bos_token", vocabulary.bos), ("eos_token", vocabulary.eos), ("pad_token", vocabulary.pad),
            ("unk_token", vocabulary.unk),
        ] { context[name] = .string(token.map(vocabulary.text(of:)) ?? "") }
        if !tools.isEmpty {
            var values: [TemplateValue] = []
            for tool in tools { values.append(try tool.templateValue()) }
            context["tools"] = .array(values)
        }
        if let thinking = options.enableThinking {
            context["enable_thinking"] = .bool(thinking)
            context["thinking"] = .bool(thinking)
        }
        for entry in try Self.arguments(options) { context[entry.key] = entry.value }
        self.context = context
        argumentsAreText = Self.wantsText(parsed, context)
    }

    /// The conversation as text.
    public func text(_ messages: [ChatMessage]) throws(SwinferError) -> String {
        try segments(messages).map(\.text).joined()
    }

    /// The conversation as tokens, with the begin token once if the vocabulary asks for it.
    public func tokens(_ messages: [ChatMessage]) throws(SwinferError) -> [Int32] {
        try prompt(messages).tokens
    }

    /// The conversation as tokens, and the words of the template that end it.
    func prompt(_ messages: [ChatMessage]) throws(SwinferError) -> (tokens: [Int32], end: String) {
        let segments = try segments(messages)
        var tokens: [Int32]
        do {
            tokens = try tokenizer.encode(
                parts: segments.map { TextPart($0.text, isTrusted: $0.origin == .template) })
        } catch { throw .tokenizer(error.description) }
        if tokenizer.vocabulary.addsBOS, let bos = tokenizer.vocabulary.bos, tokens.first != bos {
            tokens.insert(bos, at: 0)
        }
        let end = segments.last.map { $0.origin == .template ? $0.text : "" } ?? ""
        return (tokens, end)
    }

    var constrainsTools: Bool { options.constrainsTools }

    /// Control tokens whose names the reader of answers has to see.
    var markers: Set<Int32> { Set(format.markers.compactMap(tokenizer.vocabulary.token(withText:))) }

    private func segments(_ messages: [ChatMessage]) throws(SwinferError) -> [TemplateSegment] {
        do {
            return try render(messages)
        } catch {
            // Some templates refuse a system message; then it goes before the first user's.
            if error.kind == .raised, let merged = Self.withoutSystem(messages),
                let segments = try? render(merged)
            {
                return segments
            }
            throw .chatTemplate(error.description)
        }
    }

    private func render(_ messages: [ChatMessage]) throws(TemplateError) -> [TemplateSegment] {
        var context = context
        context["messages"] = .array(
            messages.map { $0.value(argumentsAreText: argumentsAreText, isHarmony: format.isHarmony) })
        context["add_generation_prompt"] = .bool(options.addGenerationPrompt)
        return try parsed.renderSegments(context, now: options.now ?? .local)
    }

    private static func withoutSystem(_ messages: [ChatMessage]) -> [ChatMessage]? {
        guard let first = messages.first, first.role == .system,
            let user = messages.firstIndex(where: { $0.role == .user })
        else { return nil }
        var merged = messages
        merged[user].content = first.content + "\n\n" + merged[user].content
        merged.removeFirst()
        return merged
    }

    /// Which template to use.
    private static func source(
        _ templates: ChatTemplates, _ vocabulary: Vocabulary, _ options: ChatOptions, hasTools: Bool
    ) throws(SwinferError) -> String {
        if let template = options.template { return ChatTemplates.builtIn[template] ?? template }
        if hasTools, let template = templates.named["tool_use"] { return template }
        if let template = templates.standard ?? templates.named["default"] { return template }
        let marks = ["<|im_start|>", "<|im_end|>"]
        guard marks.allSatisfy({ vocabulary.token(withText: $0) != nil }) else { throw .noChatTemplate }
        return ChatTemplates.chatML
    }

    private static func arguments(_ options: ChatOptions) throws(SwinferError) -> [TemplateObject.Entry] {
        let value: TemplateValue
        do { value = try TemplateValue(json: options.templateArguments) } catch {
            throw .invalidOption(name: "templateArguments", reason: error.description)
        }
        guard case .object(let object) = value else {
            throw .invalidOption(name: "templateArguments", reason: "no JSON object")
        }
        return object.entries
    }

    /// Whether the template wants arguments of calls as text: given an object, it fails or writes
    /// Python's form of it.
    private static func wantsText(_ template: ChatTemplate, _ context: [String: TemplateValue]) -> Bool {
        guard template.source.contains("tool_calls") else { return false }
        let call = ToolCall(id: "call00000", name: "f", arguments: #"{"probed": "x"}"#)
        let messages = [
            ChatMessage.user("x"), ChatMessage(.assistant, "", toolCalls: [call]), .result(of: call, "x"),
        ]
        func rendered(_ argumentsAreText: Bool) -> String? {
            var context = context
            context["messages"] = .array(messages.map { $0.value(argumentsAreText: argumentsAreText) })
            return try? template.render(context, now: .local)
        }
        if let text = rendered(false), !text.contains("'probed'") { return false }
        return rendered(true) != nil
    }
}

extension TemplateDate {
    /// The local time.
    static var local: TemplateDate {
        var seconds = time(nil)
        var fields = unsafe tm()
        unsafe localtime_r(&seconds, &fields)
        return unsafe TemplateDate(
            year: Int(fields.tm_year) + 1900, month: Int(fields.tm_mon) + 1, day: Int(fields.tm_mday),
            hour: Int(fields.tm_hour), minute: Int(fields.tm_min), second: Int(fields.tm_sec))
    }
}
