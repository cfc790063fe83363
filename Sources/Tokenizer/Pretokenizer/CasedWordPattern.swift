/// Words that end where a capital follows a small letter: what came with GPT-4o.
///
/// `[^\r\n\p{L}\p{N}]?U*L+('s|..)?|[^\r\n\p{L}\p{N}]?U+L*('s|..)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|`
/// `\s*[\r\n]+|\s+(?!\S)|\s+`, where U is a letter other than a-z and L one other than A-Z: outside of
/// ASCII, llama.cpp does not tell capitals from small letters.
struct CasedWordPattern: SplitPattern {
    /// Of what words consist: `\p{L}`, or `[\p{L}\p{M}]`.
    var letters: ScalarClass = .letter
    /// The most digits of one part.
    var digits = 3
    /// Whether the English endings after an apostrophe belong to the word.
    var contractions = true
    /// Whether case matters at all.
    var isCased = true

    func matchEnd(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int {
        let word = endOfWord(in: text, at: start, before: limit)
        if word > start {
            return contractions ? text.endOfContraction(at: word, before: limit, anyCase: true) : word
        }
        let first = text.scalar(at: start, before: limit)
        if first.isIn(.number) {
            return text.endOfRun(.number, from: start, before: limit, atMost: digits)
        }
        let others = ScalarClass.any.subtracting([.whitespace, .number, .letter])
        let head = first.value == 0x20 ? text.scalar(at: first.end, before: limit) : first
        if head.isIn(others) {
            let end = text.endOfRun(others, from: head.end, before: limit)
            return text.endOfLineBreaks(from: end, before: limit, slash: true)
        }
        return text.endOfWhitespace(at: start, before: limit)
    }

    /// The four ways to begin and end a word, in the order in which a backtracking matcher tries them.
    private func endOfWord(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int {
        let first = text.scalar(at: start, before: limit)
        let mayLead = !first.isLineBreak && !first.isIn([.letter, .number])
        let mayBegin = first.isIn(letters)
        guard isCased else {
            let end = mayBegin || mayLead ? text.endOfRun(letters, from: first.end, before: limit) : start
            return mayBegin || end > first.end ? end : start
        }
        let led = mayLead ? capitalsAndSmall(in: text, from: first.end, before: limit) : .none
        if led.small > first.end { return led.small }
        let plain = mayBegin ? capitalsAndSmall(in: text, from: start, before: limit) : .none
        if plain.small > start { return plain.small }
        if led.capitals > first.end { return led.capitals }
        return max(plain.capitals, start)
    }

    /// Where `U*L+` and `U+L*` end.
    private struct WordEnds {
        static let none = WordEnds(small: -1, capitals: -1)
        var small: Int
        var capitals: Int
    }

    private func capitalsAndSmall(
        in text: borrowing ScannedText, from start: Int, before limit: Int
    ) -> WordEnds {
        var end = start
        var afterLastCaseless = -1
        while true {
            let scalar = text.scalar(at: end, before: limit)
            guard scalar.isIn(letters) else {
                // `L+` takes the last letter that may be small back from `U*`.
                return WordEnds(small: afterLastCaseless, capitals: end)
            }
            if scalar.value &- 0x61 < 26 { break }
            end = scalar.end
            if scalar.value >= 0x80 { afterLastCaseless = end }
        }
        while case let scalar = text.scalar(at: end, before: limit), scalar.isIn(letters),
            scalar.value &- 0x41 >= 26
        {
            end = scalar.end
        }
        return WordEnds(small: end, capitals: end)
    }
}

/// Kimi's words: runs of Chinese characters, words of other letters with one character before them.
struct KimiPattern: SplitPattern {
    func matchEnd(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int {
        let first = text.scalar(at: start, before: limit)
        if isHan(first) {
            var end = first.end
            while case let scalar = text.scalar(at: end, before: limit), isHan(scalar) { end = scalar.end }
            return end
        }
        let second = text.scalar(at: first.end, before: limit)
        let leads = !first.isLineBreak && !first.isIn([.letter, .number])
        if first.isIn(.letter) || (leads && isWordLetter(second)) {
            var end = first.end
            while case let scalar = text.scalar(at: end, before: limit), isWordLetter(scalar) {
                end = scalar.end
            }
            return text.endOfContraction(at: end, before: limit, anyCase: true)
        }
        if first.isIn(.number) {
            return text.endOfRun(.number, from: start, before: limit, atMost: 3)
        }
        let others = ScalarClass.any.subtracting([.whitespace, .number, .letter])
        let head = first.value == 0x20 ? second : first
        if head.isIn(others) {
            let end = text.endOfRun(others, from: head.end, before: limit)
            return text.endOfLineBreaks(from: end, before: limit)
        }
        return text.endOfWhitespace(at: start, before: limit)
    }

    private func isWordLetter(_ scalar: ScannedScalar) -> Bool {
        scalar.isIn(.letter) && !isHan(scalar)
    }

    private func isHan(_ scalar: ScannedScalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2EBEF,
            0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
