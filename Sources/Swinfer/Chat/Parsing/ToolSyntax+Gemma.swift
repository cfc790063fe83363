import ChatTemplate

/// The tokens of Gemma's formats.
struct GemmaTags: Sendable, Equatable {
    var start: String
    var end: String
    /// Around strings, which are not escaped otherwise.
    var quote: String

    static let gemma4 = GemmaTags(start: "<|tool_call>", end: "<tool_call|>", quote: "<|\"|>")
    static let functionGemma = GemmaTags(
        start: "<start_function_call>", end: "<end_function_call>", quote: "<escape>")
}

extension BlockReader {
    /// `<|tool_call>call:f{p:<|"|>text<|"|>,q:1}<tool_call|>`.
    mutating func gemmaCall(_ tags: GemmaTags) throws(BlockStop) {
        try literal(tags.start)
        skipSpace()
        try literal("call:")
        let name = try name()
        skipSpace()
        let arguments = try literalObject(.gemma(quote: tags.quote), depth: 0)
        emit(ToolCall(name: name, arguments: arguments.json))
        let end = position
        skipSpace()
        if try !optional(tags.end) { back(to: end) }
    }
}
