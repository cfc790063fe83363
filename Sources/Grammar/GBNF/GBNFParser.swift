/// Reads GBNF, llama.cpp's notation for grammars: rules `name ::= ...` of literals, character classes,
/// rule names, groups, repetitions and tokens. What it matches is the rule `root`.
///
/// Every error has its line and column. Unlike llama.cpp, names may contain `_`; a rule defined twice, an
/// empty class, a range that runs backwards and an escape of what is no character are errors.
struct GBNFParser {
    let text: [Unicode.Scalar]
    var index = 0
    /// The number of the token that a text in angle brackets names, nil when there is none.
    let resolve: (String) -> Int32?

    private(set) var rules: [GrammarExpression?] = []
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]
    /// Where each rule is defined or, until then, first used.
    private(set) var places: [Int] = []
    var depth = 0

    /// Bytes that a grammar's text may have.
    static let longest = 1 << 22
    static let deepest = 200

    init(_ text: String, resolve: @escaping (String) -> Int32?) throws(GrammarError) {
        guard text.utf8.count <= Self.longest else {
            throw GrammarError(.limit, "the grammar has more than \(Self.longest) bytes")
        }
        self.text = Array(text.unicodeScalars)
        self.resolve = resolve
    }

    mutating func parse() throws(GrammarError) -> (RuleSet, root: Int) {
        skipSpace(newlines: true)
        while index < text.count { try parseRule() }
        var result = RuleSet(deepest: 2000)
        for (number, rule) in rules.enumerated() {
            guard let rule else {
                throw GrammarError(
                    .undefinedRule, "the rule \(names[number]) is used but not defined",
                    at: place(places[number]))
            }
            result.add(rule, names[number], at: place(places[number]))
        }
        guard let root = numbers["root"] else {
            throw GrammarError(.undefinedRule, "there is no rule root; it says what the whole text is")
        }
        return (result, root)
    }

    /// `name ::= alternates`, up to the end of the line.
    private mutating func parseRule() throws(GrammarError) {
        let start = index
        let name = parseName()
        if name.isEmpty { throw error("a rule's name is expected, not \(found)") }
        skipSpace(newlines: false)
        for scalar in "::=".unicodeScalars {
            guard peek == scalar else { throw error("::= is expected after the rule's name \(name)") }
            index += 1
        }
        skipSpace(newlines: true)
        let number = number(of: name, at: start)
        guard rules[number] == nil else { throw error("the rule \(name) is defined twice", at: start) }
        places[number] = start
        rules[number] = try parseAlternates(nested: false)
        guard index == text.count || isNewline(text[index]) else {
            throw error("the end of the line is expected, not \(found)")
        }
        skipSpace(newlines: true)
    }

    mutating func number(of name: String, at start: Int) -> Int {
        if let number = numbers[name] { return number }
        numbers[name] = rules.count
        rules.append(nil)
        names.append(name)
        places.append(start)
        return rules.count - 1
    }

    // MARK: Text

    var peek: Unicode.Scalar? { index < text.count ? text[index] : nil }

    func peek(_ offset: Int) -> Unicode.Scalar? {
        index + offset < text.count ? text[index + offset] : nil
    }

    var found: String { peek.map { "'\($0)'" } ?? "the end" }

    func isNewline(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }

    /// Blanks and comments.
    mutating func skipSpace(newlines: Bool) {
        while let scalar = peek {
            if scalar == "#" {
                while let next = peek, !isNewline(next) { index += 1 }
            } else if scalar == " " || scalar == "\t" || (newlines && isNewline(scalar)) {
                index += 1
            } else {
                return
            }
        }
    }

    mutating func parseName() -> String {
        let start = index
        while let scalar = peek, Self.isNamePart(scalar) { index += 1 }
        var name = ""
        name.unicodeScalars.append(contentsOf: text[start..<index])
        return name
    }

    static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }

    func error(_ message: String, at offset: Int? = nil) -> GrammarError {
        GrammarError(.syntax, message, at: place(offset ?? index))
    }

    func place(_ offset: Int) -> GrammarError.Place {
        var line = 1
        var start = 0
        for (index, scalar) in text[..<min(offset, text.count)].enumerated() {
            let isEnd =
                scalar == "\n" || (scalar == "\r" && (index + 1 >= text.count || text[index + 1] != "\n"))
            if isEnd {
                line += 1
                start = index + 1
            }
        }
        return .text(line: line, column: offset - start + 1)
    }
}

extension GrammarProgram {
    /// Compiles a GBNF grammar.
    ///
    /// - Parameters:
    ///   - gbnf: the grammar; what it matches is its rule `root`.
    ///   - token: the number of the token that a text in angle brackets, such as `<think>`, names.
    /// - Throws: ``GrammarError`` with line and column: what is no grammar, an undefined rule, left
    ///   recursion, a root that nothing can satisfy, or a grammar that is too large.
    public init(gbnf: String, token: @escaping (String) -> Int32? = { _ in nil }) throws(GrammarError) {
        var parser = try GBNFParser(gbnf, resolve: token)
        let (rules, root) = try parser.parse()
        try self.init(rules, root: root)
    }
}
