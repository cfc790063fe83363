/// A chat template in the Jinja language, as models carry them: parsed once, rendered often.
///
/// It renders what jinja2 renders under Hugging Face transformers' settings: `trim_blocks`,
/// `lstrip_blocks`, the immutable sandbox, `break` and `continue`, `{% generation %}`, and the
/// functions `raise_exception`, `strftime_now` and `tojson` as defined there.
public struct ChatTemplate: Sendable {
    /// The text that it was made of.
    public let source: String
    private let limits: TemplateLimits
    private let program: Program

    /// Parses a template.
    ///
    /// - Throws: `TemplateError` of kind `.syntax`, or `.limit` if it is too long or nests too deep.
    public init(_ source: String, limits: TemplateLimits = .default) throws(TemplateError) {
        self.source = source
        self.limits = limits
        var parser = Parser(try Lexer.tokenize(source, limits: limits), limits: limits)
        let body = try parser.parseTemplate()
        program = try Resolver.resolve(body, parser: parser)
    }

    /// The text for a context such as `["messages": ..., "add_generation_prompt": true]`.
    ///
    /// - Parameter now: what `strftime_now` tells; without it that function is not defined.
    /// - Throws: `TemplateError`; of kind `.raised` if the template refuses its input.
    public func render(
        _ context: [String: TemplateValue], now: TemplateDate? = nil
    ) throws(TemplateError) -> String {
        try run(context, now: now, trust: nil).string
    }

    /// As `render`, but in pieces that tell the template's text from the caller's data, so that
    /// no text of a message can become a special token. See `TemplateSegment` for how to
    /// tokenize them.
    ///
    /// - Parameter trust: what in the context counts as the template's own.
    public func renderSegments(
        _ context: [String: TemplateValue], now: TemplateDate? = nil, trust: TemplateTrust = .default
    ) throws(TemplateError) -> [TemplateSegment] {
        let text = try run(context, now: now, trust: trust)
        var segments: [TemplateSegment] = []
        var position = 0
        func append(_ range: Range<Int>, _ origin: TemplateSegment.Origin) {
            guard !range.isEmpty else { return }
            segments.append(TemplateSegment(text: text.slice(range).string, origin: origin))
        }
        for run in text.tainted {
            append(position..<run.lowerBound, .template)
            append(run, .data)
            position = run.upperBound
        }
        append(position..<text.count, .template)
        return segments
    }

    private func run(
        _ context: [String: TemplateValue], now: TemplateDate?, trust: TemplateTrust?
    ) throws(TemplateError) -> Text {
        let importer = ContextImporter(trust: trust, nesting: limits.nesting)
        return try Interpreter(program, limits: limits, context: try importer.values(context), now: now).run()
    }
}
