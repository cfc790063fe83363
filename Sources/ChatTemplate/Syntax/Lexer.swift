/// Splits a template into tokens, with the whitespace rules of jinja2 under `trim_blocks` and
/// `lstrip_blocks`, which is how transformers sets it up.
struct Lexer {
    let source: [Unicode.Scalar]
    var index = 0
    var tokens: [Token] = []
    /// Whether what was matched last ended a line: then a tag that follows may be stripped on its left.
    private var lineStarting = true
    // Positions only move forward, so one cursor finds them all in a single pass.
    private var cursor = 0
    private var cursorLine: Int32 = 1
    private var cursorLineStart = 0

    private init(_ source: [Unicode.Scalar]) {
        self.source = source
    }

    static func tokenize(_ source: String, limits: TemplateLimits) throws(TemplateError) -> [Token] {
        var lexer = Lexer(normalizeLines(source))
        guard lexer.source.count <= limits.sourceLength else {
            throw Position.start.error(
                .limit, "the template is longer than \(limits.sourceLength) characters")
        }
        while lexer.index < lexer.source.count { try lexer.root() }
        lexer.emit(.end, at: lexer.source.count)
        return lexer.tokens
    }

    /// `\r\n` and `\r` become `\n`, and one line end at the very end goes.
    private static func normalizeLines(_ source: String) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(source.utf8.count)
        var afterReturn = false
        for scalar in source.unicodeScalars {
            if scalar == "\n" && afterReturn {
                afterReturn = false
                continue
            }
            afterReturn = scalar == "\r"
            result.append(scalar == "\r" ? "\n" : scalar)
        }
        if result.last == "\n" { result.removeLast() }
        return result
    }

    mutating func position(_ offset: Int) -> Position {
        while cursor < offset {
            if source[cursor] == "\n" {
                cursorLine += 1
                cursorLineStart = cursor + 1
            }
            cursor += 1
        }
        return Position(line: cursorLine, column: Int32(clamping: offset - cursorLineStart + 1))
    }

    mutating func emit(_ kind: TokenKind, at offset: Int) {
        tokens.append(Token(kind: kind, at: position(offset)))
    }

    func peek(_ offset: Int) -> Unicode.Scalar? {
        offset < source.count ? source[offset] : nil
    }

    func skipSpace(_ offset: Int) -> Int {
        var offset = offset
        while offset < source.count, source[offset].isPythonSpace { offset += 1 }
        return offset
    }

    func matches(_ word: StaticString, at offset: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard offset + count <= source.count else { return false }
        return word.withUTF8Buffer { bytes in
            for position in 0..<count where source[offset + position].value != UInt32(unsafe bytes[position])
            {
                return false
            }
            return true
        }
    }

    // MARK: Text between tags

    private enum Opening {
        case variable, block, comment
        case raw(bodyStart: Int)
    }

    private mutating func root() throws(TemplateError) {
        let start = index
        var tag = start
        var opening: Opening?
        while tag + 1 < source.count {
            if source[tag] == "{" {
                switch source[tag + 1] {
                case "{": opening = .variable
                case "#": opening = .comment
                case "%": opening = rawBegin(at: tag).map { .raw(bodyStart: $0) } ?? .block
                default: break
                }
                if opening != nil { break }
            }
            tag += 1
        }
        guard let opening else {
            emit(.data(Text(Array(source[start...]))), at: start)
            index = source.count
            return
        }
        let sign = peek(tag + 2)
        let isSigned = sign == "-" || sign == "+"
        var isVariable = false
        if case .variable = opening { isVariable = true }
        emitText(start..<tag, sign: isSigned ? sign : nil, strippable: !isVariable)
        index = tag + (isSigned ? 3 : 2)
        switch opening {
        case .variable:
            emit(.variableBegin, at: tag)
            lineStarting = false
            try tagBody(isBlock: false)
        case .block:
            emit(.blockBegin, at: tag)
            lineStarting = false
            try tagBody(isBlock: true)
        case .comment: try comment(from: tag)
        case .raw(let bodyStart):
            index = bodyStart
            lineStarting = source[index - 1] == "\n"
            try raw(from: tag)
        }
    }

    /// Text before a tag, stripped as the tag's sign and `lstrip_blocks` ask.
    private mutating func emitText(_ range: Range<Int>, sign: Unicode.Scalar?, strippable: Bool) {
        var end = range.upperBound
        if sign == "-" {
            while end > range.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
        } else if sign == nil && strippable {
            var lineStart = range.upperBound
            while lineStart > range.lowerBound, source[lineStart - 1] != "\n" { lineStart -= 1 }
            if lineStart > range.lowerBound || lineStarting {
                if source[lineStart..<range.upperBound].allSatisfy(\.isPythonSpace) { end = lineStart }
            }
        }
        if end > range.lowerBound {
            emit(.data(Text(Array(source[range.lowerBound..<end]))), at: range.lowerBound)
        }
    }

    private mutating func comment(from tag: Int) throws(TemplateError) {
        var end = index
        while end < source.count {
            if let next = closing("#}", at: end) {
                index = next
                lineStarting = source[next - 1] == "\n"
                return
            }
            end += 1
        }
        throw position(tag).error(.syntax, "Missing end of comment tag")
    }

    /// Where the text after an end tag (`#}` or `%}`, with its sign) at `offset` begins.
    func closing(_ mark: StaticString, at offset: Int) -> Int? {
        switch source[offset] {
        case "+": return matches(mark, at: offset + 1) ? offset + 3 : nil
        case "-": return matches(mark, at: offset + 1) ? skipSpace(offset + 3) : nil
        default:
            guard matches(mark, at: offset) else { return nil }
            return peek(offset + 2) == "\n" ? offset + 3 : offset + 2
        }
    }

    // MARK: Raw blocks

    private func rawBegin(at tag: Int) -> Int? {
        var offset = tag + 2
        if let sign = peek(offset), sign == "-" || sign == "+" { offset += 1 }
        offset = skipSpace(offset)
        guard matches("raw", at: offset) else { return nil }
        offset = skipSpace(offset + 3)
        if matches("-%}", at: offset) { return skipSpace(offset + 3) }
        return matches("%}", at: offset) ? offset + 2 : nil
    }

    private mutating func raw(from tag: Int) throws(TemplateError) {
        let start = index
        var end = start
        while end < source.count {
            if matches("{%", at: end) {
                var offset = end + 2
                var sign = peek(offset)
                if sign == "-" || sign == "+" { offset += 1 } else { sign = nil }
                offset = skipSpace(offset)
                if matches("endraw", at: offset) {
                    offset = skipSpace(offset + 6)
                    if offset < source.count, let next = closing("%}", at: offset) {
                        emitText(start..<end, sign: sign, strippable: true)
                        index = next
                        lineStarting = source[next - 1] == "\n"
                        return
                    }
                }
            }
            end += 1
        }
        throw position(tag).error(.syntax, "Missing end of raw directive")
    }

    // MARK: Inside a tag

    private mutating func tagBody(isBlock: Bool) throws(TemplateError) {
        var open: [Symbol] = []
        while index < source.count {
            if open.isEmpty, try endTag(isBlock: isBlock) { return }
            let scalar = source[index]
            if scalar.isPythonSpace {
                index = skipSpace(index)
            } else if scalar.isASCIIDigit {
                try number()
            } else if scalar.isIdentifierPart {
                try name()
            } else if scalar == "'" || scalar == "\"" {
                try string()
            } else {
                try symbol(&open)
            }
        }
    }

    private mutating func endTag(isBlock: Bool) throws(TemplateError) -> Bool {
        let start = index
        if isBlock {
            guard let next = closing("%}", at: start) else { return false }
            index = next
            emit(.blockEnd, at: start)
        } else {
            if matches("-}}", at: start) {
                index = skipSpace(start + 3)
            } else if matches("}}", at: start) {
                index = start + 2
            } else {
                return false
            }
            emit(.variableEnd, at: start)
        }
        lineStarting = source[index - 1] == "\n"
        return true
    }

    private mutating func name() throws(TemplateError) {
        let start = index
        while index < source.count, source[index].isIdentifierPart { index += 1 }
        guard source[start].isIdentifierStart else {
            throw position(start).error(.syntax, "Invalid character in identifier")
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: source[start..<index])
        emit(.name(String(view)), at: start)
    }

    private mutating func symbol(_ open: inout [Symbol]) throws(TemplateError) {
        let start = index
        var symbol: Symbol?
        if start + 1 < source.count {
            var pair = String.UnicodeScalarView()
            pair.append(source[start])
            pair.append(source[start + 1])
            symbol = Symbol(rawValue: String(pair))
        }
        if symbol != nil {
            index += 2
        } else {
            symbol = Symbol(rawValue: String(Character(source[start])))
            index += 1
        }
        guard let symbol else {
            throw position(start).error(.syntax, "unexpected char \(pythonRepr(of: [source[start]]))")
        }
        if let closing = symbol.closing {
            open.append(closing)
        } else if symbol == .rightBrace || symbol == .rightParen || symbol == .rightBracket {
            guard let expected = open.popLast() else {
                throw position(start).error(.syntax, "unexpected '\(symbol.rawValue)'")
            }
            guard expected == symbol else {
                throw position(start).error(
                    .syntax, "unexpected '\(symbol.rawValue)', expected '\(expected.rawValue)'")
            }
        }
        emit(.symbol(symbol), at: start)
    }
}
