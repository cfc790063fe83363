extension GBNFParser {
    /// `sequence | sequence ...`; within parentheses over several lines.
    mutating func parseAlternates(nested: Bool) throws(GrammarError) -> GrammarExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            throw GrammarError(.limit, "more than \(Self.deepest) nested groups", at: place(index))
        }
        var alternates = [try parseSequence(nested: nested)]
        while peek == "|" {
            index += 1
            skipSpace(newlines: true)
            alternates.append(try parseSequence(nested: nested))
        }
        return alternates.count == 1 ? alternates[0] : .choice(alternates)
    }

    private mutating func parseSequence(nested: Bool) throws(GrammarError) -> GrammarExpression {
        var items: [GrammarExpression] = []
        while let scalar = peek {
            let start = index
            switch scalar {
            case "\"": items.append(try parseLiteral())
            case "[": items.append(.scalars(try parseClass()))
            case ".":
                index += 1
                items.append(.scalars(.all))
            case "<", "!": items.append(try parseToken())
            case "(":
                index += 1
                skipSpace(newlines: true)
                items.append(try parseAlternates(nested: true))
                guard peek == ")" else { throw error("')' is expected, not \(found)") }
                index += 1
            case "*", "+", "?", "{":
                guard let item = items.popLast() else {
                    throw error("there is nothing before '\(scalar)' to repeat")
                }
                items.append(try parseRepetition(of: item, nested: nested))
            default:
                guard Self.isNamePart(scalar) else {
                    return items.count == 1 ? items[0] : .sequence(items)
                }
                items.append(.rule(number(of: parseName(), at: start)))
            }
            skipSpace(newlines: nested)
        }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func parseLiteral() throws(GrammarError) -> GrammarExpression {
        let start = index
        index += 1
        var bytes: [UInt8] = []
        while peek != "\"" {
            if peek == nil { throw error("the literal has no end", at: start) }
            bytes += ScalarSet.utf8(try parseCharacter())
        }
        index += 1
        return .literal(bytes)
    }

    private mutating func parseClass() throws(GrammarError) -> ScalarSet {
        let start = index
        index += 1
        let negated = peek == "^"
        if negated { index += 1 }
        var ranges: [ClosedRange<UInt32>] = []
        while peek != "]" {
            if peek == nil { throw error("the character class has no end", at: start) }
            let place = index
            let low = try parseCharacter()
            var high = low
            if peek == "-", peek(1) != "]" {
                index += 1
                if peek == nil { throw error("the character class has no end", at: start) }
                high = try parseCharacter()
            }
            guard low <= high else { throw error("the range runs backwards", at: place) }
            ranges.append(low...high)
        }
        index += 1
        if ranges.isEmpty { throw error("the character class is empty", at: start) }
        let set = ScalarSet(ranges)
        return negated ? set.complement : set
    }

    /// A character of a literal or a class.
    private mutating func parseCharacter() throws(GrammarError) -> UInt32 {
        let start = index
        let scalar = text[index]
        index += 1
        guard scalar == "\\" else { return scalar.value }
        guard let escape = peek else { throw error("the escape has no end", at: start) }
        index += 1
        switch escape {
        case "x": return try parseHex(2, start)
        case "u": return try parseHex(4, start)
        case "U": return try parseHex(8, start)
        case "t": return 9
        case "n": return 10
        case "r": return 13
        case "\\", "\"", "[", "]", "-": return escape.value
        default: throw error("the escape \\\(escape) is unknown", at: start)
        }
    }

    private mutating func parseHex(_ count: Int, _ start: Int) throws(GrammarError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = peek.flatMap({ Character($0).hexDigitValue }), peek?.isASCII == true else {
                throw error("\(count) hexadecimal digits are expected", at: start)
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        guard Unicode.Scalar(value) != nil else {
            throw error("U+\(String(value, radix: 16, uppercase: true)) is no character", at: start)
        }
        return value
    }

    /// `*`, `+`, `?`, `{m}`, `{m,}`, `{m,n}`.
    private mutating func parseRepetition(
        of item: GrammarExpression, nested: Bool
    ) throws(GrammarError) -> GrammarExpression {
        let start = index
        index += 1
        switch text[start] {
        case "*": return .repeated(item, least: 0, most: nil)
        case "+": return .repeated(item, least: 1, most: nil)
        case "?": return .optional(item)
        default: break
        }
        skipSpace(newlines: nested)
        let least = try parseCount()
        var most: Int? = least
        skipSpace(newlines: nested)
        if peek == "," {
            index += 1
            skipSpace(newlines: nested)
            most = peek == "}" ? nil : try parseCount()
            skipSpace(newlines: nested)
        }
        guard peek == "}" else { throw error("'}' is expected, not \(found)") }
        index += 1
        if let most, most < least {
            throw error("{\(least),\(most)} asks for more at least than at most", at: start)
        }
        return .repeated(item, least: least, most: most)
    }

    private mutating func parseCount() throws(GrammarError) -> Int {
        let start = index
        var value = 0
        while let scalar = peek, "0"..."9" ~= scalar {
            value = value * 10 + Int(scalar.value - 48)
            index += 1
            if value > GrammarProgram.largest {
                throw GrammarError(
                    .limit, "more than \(GrammarProgram.largest) repetitions", at: place(start))
            }
        }
        if index == start { throw error("a number is expected, not \(found)") }
        return value
    }

    /// `<[number]>` or `<text>`, with `!` before it any other token.
    private mutating func parseToken() throws(GrammarError) -> GrammarExpression {
        let negated = peek == "!"
        if negated { index += 1 }
        let start = index
        guard peek == "<" else { throw error("'<' is expected, not \(found)") }
        index += 1
        var name = ""
        while let scalar = peek, scalar != ">" {
            name.unicodeScalars.append(scalar)
            index += 1
        }
        guard peek == ">" else { throw error("the token has no '>'", at: start) }
        index += 1
        if name.hasPrefix("["), name.hasSuffix("]") {
            guard let number = Int32(name.dropFirst().dropLast()), number >= 0 else {
                throw error("\(name) is no token number", at: start)
            }
            return .token(number, negated: negated)
        }
        guard let number = resolve("<\(name)>") else {
            throw error("<\(name)> is not one token of the vocabulary", at: start)
        }
        return .token(number, negated: negated)
    }
}
