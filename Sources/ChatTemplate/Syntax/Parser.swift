/// Parses tokens into statements, as jinja2's parser does (its `parse_*` functions are these).
struct Parser {
    let limits: TemplateLimits
    private let tokens: [Token]
    private var index = 0
    private var depth = 0
    /// Name occurrences seen; each gets a number under which the resolver puts where it lives.
    private(set) var referenceCount = 0
    private(set) var scopeCount = 0
    /// Tags that are open, for messages, with the ends that would close them.
    var openTags: [(tag: String, ends: [String])] = []

    init(_ tokens: [Token], limits: TemplateLimits) {
        self.tokens = tokens
        self.limits = limits
    }

    // MARK: Tokens

    /// The lexer ends every stream with `.end`, beyond which `advance` does not go.
    var current: Token { tokens[index] }

    var next: Token { tokens[min(index + 1, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> Token {
        let token = tokens[index]
        if index + 1 < tokens.count { index += 1 }
        return token
    }

    func isName(_ name: String) -> Bool {
        if case .name(let value) = current.kind { value == name } else { false }
    }

    func isSymbol(_ symbol: Symbol) -> Bool {
        if case .symbol(let value) = current.kind { value == symbol } else { false }
    }

    mutating func skip(name: String) -> Bool {
        guard isName(name) else { return false }
        advance()
        return true
    }

    mutating func skip(_ symbol: Symbol) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    func unexpected(_ expected: String) -> TemplateError {
        if case .end = current.kind {
            return current.at.error(.syntax, "unexpected end of template, expected '\(expected)'.")
        }
        return current.at.error(.syntax, "expected token '\(expected)', got '\(current.kind.description)'")
    }

    @discardableResult
    mutating func expect(_ symbol: Symbol) throws(TemplateError) -> Token {
        guard isSymbol(symbol) else { throw unexpected(symbol.rawValue) }
        return advance()
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else { throw unexpected("name") }
        advance()
        return name
    }

    mutating func expect(name: String) throws(TemplateError) {
        guard isName(name) else { throw unexpected(name) }
        advance()
    }

    mutating func expectBlockEnd() throws(TemplateError) {
        guard case .blockEnd = current.kind else { throw unexpected("end of statement block") }
        advance()
    }

    // MARK: Nodes

    mutating func newReference() -> Int {
        referenceCount += 1
        return referenceCount - 1
    }

    mutating func newScope() -> Int {
        scopeCount += 1
        return scopeCount - 1
    }

    func node(_ kind: Expression.Kind, at position: Position) throws(TemplateError) -> Expression {
        let draft = Expression(kind, at: position, depth: 1)
        var depth = 1
        for child in draft.children { depth = max(depth, child.depth + 1) }
        guard depth <= limits.nesting else { throw tooDeep(position) }
        return depth == 1 ? draft : Expression(kind, at: position, depth: depth)
    }

    private func tooDeep(_ position: Position) -> TemplateError {
        position.error(.limit, "the template nests deeper than \(limits.nesting) levels")
    }

    /// Brackets a parsing function that may call itself.
    mutating func enter() throws(TemplateError) {
        depth += 1
        guard depth <= limits.nesting else { throw tooDeep(current.at) }
    }

    mutating func leave() {
        depth -= 1
    }
}
