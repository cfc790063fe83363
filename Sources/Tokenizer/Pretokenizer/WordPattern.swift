/// Words with one character before them, numbers, punctuation, whitespace: what came with GPT-4.
///
/// `'s|..|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
struct WordPattern: SplitPattern {
    /// How whitespace without line breaks is split.
    enum Spaces: Sendable {
        case run
        /// The longest of 512, 256 .. 2, 1 that leaves one before a word.
        case powersOfTwo
    }

    /// Of what words consist: `\p{L}`, or `[\p{L}\p{M}]`.
    var letters: ScalarClass = .letter
    /// The most digits of one part.
    var digits = 3
    var contractions = true
    /// Whether line breaks that follow punctuation belong to it.
    var joinsLineBreaks = true
    var spaces = Spaces.run

    /// Up to where whitespace is known to have no line break.
    private var spacesEnd = 0

    init(
        letters: ScalarClass = .letter, digits: Int = 3, contractions: Bool = true,
        joinsLineBreaks: Bool = true, spaces: Spaces = .run
    ) {
        self.letters = letters
        self.digits = digits
        self.contractions = contractions
        self.joinsLineBreaks = joinsLineBreaks
        self.spaces = spaces
    }

    mutating func matchEnd(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int {
        if contractions {
            let end = text.endOfContraction(at: start, before: limit, anyCase: true)
            if end > start { return end }
        }
        let first = text.scalar(at: start, before: limit)
        if first.isIn(letters) {
            return text.endOfRun(letters, from: first.end, before: limit)
        }
        if first.isIn(.number) {
            return text.endOfRun(.number, from: start, before: limit, atMost: digits)
        }
        let second = text.scalar(at: first.end, before: limit)
        if !first.isLineBreak, second.isIn(letters) {
            return text.endOfRun(letters, from: second.end, before: limit)
        }
        let others = ScalarClass.any.subtracting([.whitespace, .number]).subtracting(letters)
        if first.isIn(others) || (first.value == 0x20 && second.isIn(others)) {
            let end = text.endOfRun(others, from: first.end, before: limit)
            return joinsLineBreaks ? text.endOfLineBreaks(from: end, before: limit) : end
        }
        switch spaces {
        case .run: return text.endOfWhitespace(at: start, before: limit)
        case .powersOfTwo: return endOfPowerOfTwo(in: text, at: start, before: limit)
        }
    }

    /// `\s*[\r\n]+|\s{512}(?!\S)|..|\s{4}(?!\S)|\s{1,2}(?!\S)|\s`
    private mutating func endOfPowerOfTwo(in text: borrowing ScannedText, at start: Int, before limit: Int)
        -> Int
    {
        if start >= spacesEnd {
            var end = start
            var afterLineBreak = start
            while case let scalar = text.scalar(at: end, before: limit), scalar.isIn(.whitespace) {
                end = scalar.end
                if scalar.isLineBreak { afterLineBreak = end }
            }
            if afterLineBreak > start { return afterLineBreak }
            spacesEnd = end
        }
        // One more than the largest power decides which one fits.
        var count = 0
        var end = start
        while count <= 512, end < spacesEnd {
            end = text.scalar(at: end, before: limit).end
            count += 1
        }
        let available = end == limit ? count : count - 1
        var power = 512
        while power > max(available, 1) { power /= 2 }
        return text.endOfRun(.whitespace, from: start, before: limit, atMost: power)
    }
}

/// GPT-2's words: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
struct GPT2Pattern: SplitPattern {
    func matchEnd(in text: borrowing ScannedText, at start: Int, before limit: Int) -> Int {
        let contraction = text.endOfContraction(at: start, before: limit, anyCase: false)
        if contraction > start { return contraction }
        let first = text.scalar(at: start, before: limit)
        let head = first.value == 0x20 ? text.scalar(at: first.end, before: limit) : first
        if head.kind.isEmpty || head.isIn(.whitespace) {
            return text.endOfSpaces(at: start, before: limit)
        }
        let others = ScalarClass.any.subtracting([.letter, .number, .whitespace])
        let kinds = head.isIn(others) ? others : head.kind
        return text.endOfRun(kinds, from: head.end, before: limit)
    }
}
