/// Reads the regular part of ECMA-262 patterns, which JSON Schema uses: no look-around, back-references,
/// word boundaries and property classes.
struct RegexParser {
    private let text: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    private init(_ pattern: String) { text = Array(pattern.unicodeScalars) }

    /// - Throws: ``GrammarError`` without a place, its message with the offset in the pattern.
    static func parse(_ pattern: String) throws(GrammarError) -> RegexNode {
        var parser = RegexParser(pattern)
        let node = try parser.parseChoice()
        guard parser.index == parser.text.count else { throw parser.error("')' without '('") }
        return node
    }

    private mutating func parseChoice() throws(GrammarError) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw error("groups nest too deep", .limit) }
        var parts = [try parseSequence()]
        while peek == "|" {
            index += 1
            parts.append(try parseSequence())
        }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func parseSequence() throws(GrammarError) -> RegexNode {
        var parts: [RegexNode] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            let start = index
            let atom = try parseAtom(scalar)
            parts.append(try parseQuantifier(atom, start))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func parseAtom(_ scalar: Unicode.Scalar) throws(GrammarError) -> RegexNode {
        index += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .set(Self.lineEnds.complement)
        case "(": return try parseGroup()
        case "[": return .set(try parseClass())
        case "\\": return .set(try parseEscape(inClass: false))
        case "*", "+", "?":
            index -= 1
            throw error("nothing to repeat before '\(scalar)'")
        case "{":
            index -= 1
            throw error("'{' is literal only as \\{")
        default: return .set(ScalarSet(scalar.value))
        }
    }

    private mutating func parseGroup() throws(GrammarError) -> RegexNode {
        let start = index - 1
        if peek == "?" {
            switch peek(1) {
            case ":": index += 2
            case "<" where peek(2) != "=" && peek(2) != "!":
                while let scalar = peek, scalar != ">" { index += 1 }
                index += 1
            default: throw error("look-around and flags are not supported", .unsupported, at: start)
            }
        }
        let node = try parseChoice()
        guard peek == ")" else { throw error("'(' without ')'", at: start) }
        index += 1
        return node
    }

    private mutating func parseQuantifier(
        _ atom: RegexNode, _ start: Int
    ) throws(GrammarError) -> RegexNode {
        let least: Int
        let most: Int?
        switch peek {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{":
            let open = index
            index += 1
            guard let first = parseCount() else { throw error("a number is expected after '{'", at: open) }
            least = first
            if peek == "," {
                index += 1
                most = parseCount()
            } else {
                most = first
            }
            guard peek == "}" else { throw error("'}' is expected", at: open) }
            if let most, most < least { throw error("the quantifier runs backwards", at: open) }
            guard max(least, most ?? 0) <= 10_000 else {
                throw error("more than 10000 repetitions", .limit, at: open)
            }
        default: return atom
        }
        index += 1
        switch atom {
        case .start, .end: throw error("an anchor cannot be repeated", at: start)
        default: break
        }
        // A lazy quantifier matches the same texts.
        if peek == "?" { index += 1 }
        if peek == "*" || peek == "+" || peek == "{" { throw error("nothing to repeat") }
        return .repeated(atom, least: least, most: most)
    }

    private mutating func parseCount() -> Int? {
        var value: Int?
        while let digit = peek, "0"..."9" ~= digit {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), 1 << 30)
            index += 1
        }
        return value
    }

    private mutating func parseClass() throws(GrammarError) -> ScalarSet {
        let start = index - 1
        let negated = peek == "^"
        if negated { index += 1 }
        var set = ScalarSet.none
        while peek != "]" {
            guard let low = try parseClassAtom(start) else { throw error("'[' without ']'", at: start) }
            guard peek == "-", let after = peek(1), after != "]" else {
                set = set.union(low)
                continue
            }
            let place = index
            index += 1
            guard let high = try parseClassAtom(start) else { throw error("'[' without ']'", at: start) }
            guard let first = low.single, let last = high.single, first <= last else {
                throw error("the range is none", at: place)
            }
            set = set.union(ScalarSet([first...last]))
        }
        index += 1
        return negated ? set.complement : set
    }

    private mutating func parseClassAtom(_ start: Int) throws(GrammarError) -> ScalarSet? {
        guard let scalar = peek else { return nil }
        index += 1
        return scalar == "\\" ? try parseEscape(inClass: true) : ScalarSet(scalar.value)
    }

    // MARK: Text

    private var peek: Unicode.Scalar? { peek(0) }

    private func peek(_ offset: Int) -> Unicode.Scalar? {
        index + offset < text.count ? text[index + offset] : nil
    }

    private func error(
        _ message: String, _ kind: GrammarError.Kind = .syntax, at place: Int? = nil
    ) -> GrammarError {
        var pattern = ""
        pattern.unicodeScalars.append(contentsOf: text)
        return GrammarError(kind, "pattern \(pattern): \(message) (character \((place ?? index) + 1))")
    }
}

// MARK: Escapes

extension RegexParser {
    static let lineEnds = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])
    static let digits = ScalarSet([0x30...0x39])
    static let words = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let spaces = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])

    /// What follows a backslash.
    private mutating func parseEscape(inClass: Bool) throws(GrammarError) -> ScalarSet {
        let start = index - 1
        guard let scalar = peek else { throw error("the pattern ends in '\\'", at: start) }
        index += 1
        switch scalar {
        case "d": return Self.digits
        case "D": return Self.digits.complement
        case "w": return Self.words
        case "W": return Self.words.complement
        case "s": return Self.spaces
        case "S": return Self.spaces.complement
        case "t": return ScalarSet(9)
        case "n": return ScalarSet(10)
        case "v": return ScalarSet(11)
        case "f": return ScalarSet(12)
        case "r": return ScalarSet(13)
        case "b" where inClass: return ScalarSet(8)
        case "0" where peek.map { !("0"..."9" ~= $0) } ?? true: return ScalarSet(0)
        case "x": return ScalarSet(try parseHex(2, start))
        case "u": return ScalarSet(try parseUnicode(start))
        case "c":
            guard let letter = peek, "a"..."z" ~= letter || "A"..."Z" ~= letter else {
                throw error("a letter is expected after \\c", at: start)
            }
            index += 1
            return ScalarSet(letter.value & 31)
        case "a"..."z", "A"..."Z", "0"..."9":
            throw error("\\\(scalar) is not supported", .unsupported, at: start)
        default: return ScalarSet(scalar.value)
        }
    }

    private mutating func parseHex(_ count: Int, _ start: Int) throws(GrammarError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = peek, scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
                throw error("\(count) hexadecimal digits are expected", at: start)
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    /// `\u` and four hexadecimal digits, a pair of that, or `\u{...}`.
    private mutating func parseUnicode(_ start: Int) throws(GrammarError) -> UInt32 {
        var value: UInt32 = 0
        if peek == "{" {
            index += 1
            var count = 0
            while let scalar = peek, scalar.isASCII, let digit = Character(scalar).hexDigitValue, count < 8 {
                value = value << 4 | UInt32(digit)
                index += 1
                count += 1
            }
            guard peek == "}", count > 0 else { throw error("\\u{ without }", at: start) }
            index += 1
        } else {
            value = try parseHex(4, start)
            if value & 0xFC00 == 0xD800, peek == "\\", peek(1) == "u" {
                index += 2
                let low = try parseHex(4, start)
                guard low & 0xFC00 == 0xDC00 else { throw error("half of a character", at: start) }
                value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
            }
        }
        guard Unicode.Scalar(value) != nil else { throw error("no character", at: start) }
        return value
    }
}

extension ScalarSet {
    /// The only scalar of the set.
    fileprivate var single: UInt32? {
        ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil
    }
}
