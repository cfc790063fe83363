/// How a byte pair vocabulary splits text into words, and what goes with that choice.
///
/// Files name it in `tokenizer.ggml.pre`. Names, rules and settings are llama.cpp's, so that both split
/// the same text at the same places.
package struct PreTokenizer: Sendable {
    /// Applied one after the other, each to all the parts that the one before left.
    var passes: [SplitPass]

    /// Whether a word that is a token is that token, whatever the merges would make of it.
    var ignoresMerges = false
    /// Whether text begins with BOS when the file does not say.
    var addsBOS = false
    /// Whether text begins with BOS even if the file denies it.
    var alwaysAddsBOS = false
    var addsSEP = false
    /// Whether decoding takes spaces before punctuation and contractions away.
    var cleansSpaces = false
    /// Whether words are merged from the characters of ``ByteLevel``, not from those of the text.
    var isByteLevel = true
    /// Whether a run of line feeds that is a token is that token.
    var keepsLineFeedRuns = false
    /// Whether token 11 is BOS when the file does not say.
    var hasDefaultBOS = true
    /// Whether a file without merges is complete.
    var mayLackMerges = false

    init(_ passes: SplitPass..., configure: (inout PreTokenizer) -> Void = { _ in }) {
        self.passes = passes
        configure(&self)
    }

    /// Whether text is merged with ▁ in place of spaces.
    var marksSpaces: Bool { !isByteLevel }

    /// Splits a part of a text into words and appends where each ends. All of the part is covered.
    func split(_ text: borrowing ScannedText, _ part: Range<Int>, into ends: inout [Int]) {
        guard !part.isEmpty else { return }
        guard passes.count > 1 else {
            passes.first?.split(text, part, into: &ends)
            return
        }
        var parts = [part.upperBound]
        for pass in passes {
            var next: [Int] = []
            next.reserveCapacity(parts.count)
            var start = part.lowerBound
            for end in parts {
                pass.split(text, start..<end, into: &next)
                start = end
            }
            parts = next
        }
        ends += parts
    }
}

extension PreTokenizer {
    /// The words of a text.
    package func words(in text: String) -> [String] {
        let bytes = Array(text.utf8)
        let classes = ScalarClass.table
        var ends: [Int] = []
        split(ScannedText(bytes.span, classes: classes.span), 0..<bytes.count, into: &ends)
        var start = 0
        return ends.map { end in
            defer { start = end }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
    }
}
