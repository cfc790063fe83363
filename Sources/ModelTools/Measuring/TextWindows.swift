import Compute
public import Swinfer

/// A text cut into windows of tokens, of each of which the second half is scored: llama.cpp's way to
/// measure perplexity. A window begins with the begin token in place of its own first.
public struct TextWindows: Sendable {
    /// Tokens of a window.
    public let length: Int
    /// All windows' tokens as in the text.
    let tokens: [Int32]
    let beginToken: Int32?

    public var count: Int { tokens.count / length }

    /// The first token of a window whose prediction of the next one is scored.
    var first: Int { length / 2 }
    /// Predictions that a window gives.
    public var scoredPerWindow: Int { length - 1 - first }

    /// - Parameters:
    ///   - length: tokens of a window
    ///   - limit: windows to take, nil: all that are whole
    /// - Throws: ``ToolError`` when the text has fewer than two windows, `SwinferError` when it
    ///   cannot be tokenized.
    public init(_ text: String, model: Model, length: Int, limit: Int? = nil) throws {
        let all = try model.tokenize(text, addSpecial: true, parseSpecial: false)
        guard all.count >= 2 * length else {
            throw ToolError(
                "the text has \(all.count) tokens, two windows of \(length) need \(2 * length); give a longer text or a smaller context (-c)"
            )
        }
        let windows = min(limit ?? .max, all.count / length)
        self.init(tokens: Array(all.prefix(windows * length)), length: length, beginToken: model.beginToken)
    }

    package init(tokens: [Int32], length: Int, beginToken: Int32?) {
        self.tokens = tokens
        self.length = length
        self.beginToken = beginToken
    }

    /// A window as it goes into the model.
    func input(_ window: Int) -> [Int32] {
        var input = Array(tokens[window * length..<(window + 1) * length])
        if let beginToken { input[0] = beginToken }
        return input
    }

    /// The tokens that follow the scored ones from `position` on, `count` of them.
    func targets(_ window: Int, from position: Int, count: Int) -> ArraySlice<Int32> {
        let start = window * length + position + 1
        return tokens[start..<start + count]
    }
}
