import Tokenizer

/// Makes text of generated tokens, up to a stop text.
///
/// Text that may be the beginning of a stop text is held back until it is certain what it is.
struct GeneratedText {
    private var detokenizer: StreamingDetokenizer
    private let stops: [[UInt8]]
    private var pending: [UInt8] = []
    /// A stop text was found; it and what follows it are not told.
    private(set) var isStopped = false

    /// - Parameter previous: the tokens before; with none, a space that begins the text may be dropped.
    init(_ tokenizer: Tokenizer, _ options: GenerationOptions, previous: ArraySlice<Int32> = []) {
        detokenizer = StreamingDetokenizer(tokenizer, rendered: options.renderedTokens, previous: previous)
        stops = options.stop.map { Array($0.utf8) }
    }

    /// Whether some text waits to become certain.
    var isHolding: Bool { !pending.isEmpty || detokenizer.isHolding }

    /// The text that is certain with this token.
    mutating func append(_ token: Int32) -> String { add(detokenizer.append(token)) }

    /// The text that is left when no more tokens come.
    mutating func finish() -> String {
        guard !isStopped else { return "" }
        let text = add(detokenizer.finish())
        guard !isStopped else { return text }
        defer { pending = [] }
        return text + String(decoding: pending, as: UTF8.self)
    }

    private mutating func add(_ text: String) -> String {
        guard !stops.isEmpty else { return text }
        guard !isStopped else { return "" }
        pending += text.utf8
        var position = 0
        while position < pending.count {
            for stop in stops where stop[0] == pending[position] {
                let available = min(stop.count, pending.count - position)
                guard pending[position..<position + available].elementsEqual(stop[..<available]) else {
                    continue
                }
                if available == stop.count { isStopped = true }
                return take(position)
            }
            position += 1
        }
        return take(position)
    }

    /// The first bytes of what waits; they end where a character does.
    private mutating func take(_ count: Int) -> String {
        defer { pending.removeFirst(count) }
        return String(decoding: pending[..<count], as: UTF8.self)
    }
}
