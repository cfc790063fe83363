/// One rule that splits text: what it matches are parts, and what lies between matches are parts.
enum SplitPass: Sendable {
    case gpt2
    case words(WordPattern)
    case casedWords(CasedWordPattern)
    case punctuatedWords(PunctuatedWordPattern)
    case phrases
    case kimi
    case runs(RunPattern)
    case lines
    case trailingWhitespace
    /// Digits in threes counted from the right; see ``splitDigitTriples(_:_:into:)``.
    case digitTriples
    /// Cuts before each three ASCII digits counted from the right.
    case asciiDigitTriples

    /// Appends the ends of all parts of a part of a text.
    func split(_ text: borrowing ScannedText, _ part: Range<Int>, into ends: inout [Int]) {
        switch self {
        case .gpt2: splitMatches(GPT2Pattern(), text, part, into: &ends)
        case .words(let pattern): splitMatches(pattern, text, part, into: &ends)
        case .casedWords(let pattern): splitMatches(pattern, text, part, into: &ends)
        case .punctuatedWords(let pattern): splitMatches(pattern, text, part, into: &ends)
        case .phrases: splitMatches(PhrasePattern(), text, part, into: &ends)
        case .kimi: splitMatches(KimiPattern(), text, part, into: &ends)
        case .runs(let pattern): splitMatches(pattern, text, part, into: &ends)
        case .lines: splitLines(text, part, into: &ends)
        case .trailingWhitespace: splitTrailingWhitespace(text, part, into: &ends)
        case .digitTriples: splitDigitTriples(text, part, into: &ends)
        case .asciiDigitTriples: splitASCIIDigitTriples(text, part, into: &ends)
        }
    }
}

/// What a pass matches at one place of a text.
protocol SplitPattern {
    /// Where the match that begins at `start` ends; `start` when there is none.
    ///
    /// Text before `start` and from `limit` on does not exist for the pattern. Calls come with rising
    /// `start`, so that a pattern may remember what it has seen.
    mutating func matchEnd(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int
}

private func splitMatches<Pattern: SplitPattern>(
    _ pattern: Pattern, _ text: borrowing ScannedText, _ part: Range<Int>, into ends: inout [Int]
) {
    var pattern = pattern
    var position = part.lowerBound
    var lastEnd = position
    while position < part.upperBound {
        let end = pattern.matchEnd(in: text, at: position, before: part.upperBound)
        if end > position {
            if lastEnd < position { ends.append(position) }
            ends.append(end)
            lastEnd = end
            position = end
        } else {
            position = text.scalar(at: position, before: part.upperBound).end
        }
    }
    if lastEnd < part.upperBound { ends.append(part.upperBound) }
}

/// `[^\n]+|[\n]+`
private func splitLines(_ text: borrowing ScannedText, _ part: Range<Int>, into ends: inout [Int]) {
    for position in part.dropFirst() {
        if (text.bytes[position] == 0x0A) != (text.bytes[position - 1] == 0x0A) { ends.append(position) }
    }
    if !part.isEmpty { ends.append(part.upperBound) }
}

/// `\s+$`, found from the end: from the start, a long run in the middle would be looked at once for each
/// of its scalars.
private func splitTrailingWhitespace(
    _ text: borrowing ScannedText, _ part: Range<Int>, into ends: inout [Int]
) {
    var cut = part.upperBound
    while cut > part.lowerBound {
        var start = cut - 1
        while start > part.lowerBound, text.bytes[start] & 0xC0 == 0x80 { start -= 1 }
        guard text.scalar(at: start, before: cut).isIn(.whitespace) else { break }
        cut = start
    }
    if cut > part.lowerBound { ends.append(cut) }
    if cut < part.upperBound { ends.append(part.upperBound) }
}

/// Groups of three of each run of `\p{N}`, the first one shorter where the count is no multiple of three.
///
/// As in llama.cpp, what precedes a run is not cut from the run's first group.
private func splitDigitTriples(_ text: borrowing ScannedText, _ part: Range<Int>, into ends: inout [Int]) {
    var position = part.lowerBound
    while position < part.upperBound {
        let scalar = text.scalar(at: position, before: part.upperBound)
        guard scalar.isIn(.number) else {
            position = scalar.end
            continue
        }
        var count = 0
        var end = position
        while case let digit = text.scalar(at: end, before: part.upperBound), digit.isIn(.number) {
            count += 1
            end = digit.end
        }
        while position < end {
            position = text.scalar(at: position, before: end).end
            count -= 1
            if count % 3 == 0 { ends.append(position) }
        }
    }
    if ends.last != part.upperBound { ends.append(part.upperBound) }
}

/// `(?=(\d{3})+(?!\d))`
private func splitASCIIDigitTriples(
    _ text: borrowing ScannedText, _ part: Range<Int>, into ends: inout [Int]
) {
    func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    var position = part.lowerBound
    while position < part.upperBound {
        guard isDigit(text.bytes[position]) else {
            position += 1
            continue
        }
        var end = position
        while end < part.upperBound, isDigit(text.bytes[end]) { end += 1 }
        let first = position + (end - position) % 3
        for cut in stride(from: first, to: end, by: 3) where cut > part.lowerBound { ends.append(cut) }
        position = end
    }
    ends.append(part.upperBound)
}
