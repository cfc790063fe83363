/// Words with the punctuation or character before them, as DeepSeek-V3 and later have them.
///
/// ``[!-/:-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|``
/// ``\s+(?!\S)|\s+``. Numbers and what is of no other class match nothing.
struct PunctuatedWordPattern: SplitPattern {
    /// Whether line breaks join: those after punctuation to it, those after spaces to them. If not, a line
    /// break is a part of its own.
    var joinsLineBreaks = true

    func matchEnd(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int {
        let first = text.scalar(at: start, before: limit)
        let second = text.scalar(at: first.end, before: limit)
        let marks: ScalarClass = [.punctuation, .symbol]
        let letters: ScalarClass = [.letter, .mark]
        if first.value < 0x80, first.isIn(marks), isASCIILetter(second) {
            var end = second.end
            while case let scalar = text.scalar(at: end, before: limit), isASCIILetter(scalar) {
                end = scalar.end
            }
            return end
        }
        let leads = !first.isLineBreak && !first.isIn(marks)
        if first.isIn(letters) || (leads && second.isIn(letters)) {
            return text.endOfRun(letters, from: first.end, before: limit)
        }
        let head = first.value == 0x20 ? second : first
        if head.isIn(marks) {
            let end = text.endOfRun(marks, from: head.end, before: limit)
            return joinsLineBreaks ? text.endOfLineBreaks(from: end, before: limit) : end
        }
        if joinsLineBreaks {
            return text.endOfWhitespace(at: start, before: limit)
        }
        return first.isLineBreak ? first.end : text.endOfSpaces(at: start, before: limit)
    }

    private func isASCIILetter(_ scalar: ScannedScalar) -> Bool {
        scalar.lowercased &- 0x61 < 26
    }
}

/// EXAONE's phrases: words of letters with single spaces between them are one part.
///
/// `'s|..|[^\r\n\p{L}\p{N}]?(\p{L}\p{M}*( \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|`
/// `\s+(?!\S)|\s+`
struct PhrasePattern: SplitPattern {
    func matchEnd(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int {
        let contraction = text.endOfContraction(at: start, before: limit, anyCase: true)
        if contraction > start { return contraction }
        let first = text.scalar(at: start, before: limit)
        if first.isIn(.number) { return first.end }
        let second = text.scalar(at: first.end, before: limit)
        if first.isIn(.letter) || (!first.isLineBreak && second.isIn(.letter)) {
            return endOfPhrase(in: text, from: first.isIn(.letter) ? first.end : second.end, before: limit)
        }
        let others = ScalarClass.any.subtracting([.whitespace, .number, .letter])
        let head = first.value == 0x20 ? second : first
        if head.isIn(others) {
            let end = text.endOfRun(others, from: head.end, before: limit)
            return min(end + 1, text.endOfLineBreaks(from: end, before: limit, slash: true))
        }
        return text.endOfWhitespace(at: start, before: limit)
    }

    private func endOfPhrase(in text: borrowing ScannedText, from start: Int, before limit: Int) -> Int {
        var end = start
        while true {
            let next = text.scalar(at: end, before: limit)
            if next.isIn([.letter, .mark]) {
                end = next.end
            } else if next.value == 0x20, case let letter = text.scalar(at: next.end, before: limit),
                letter.isIn(.letter)
            {
                end = letter.end
            } else {
                return end
            }
        }
    }
}
