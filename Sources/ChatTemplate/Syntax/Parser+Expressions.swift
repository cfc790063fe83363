extension Parser {
    mutating func parseExpression(allowsConditional: Bool = true) throws(TemplateError) -> Expression {
        try enter()
        defer { leave() }
        return allowsConditional ? try parseConditional() : try parseOr()
    }

    private mutating func parseConditional() throws(TemplateError) -> Expression {
        var at = current.at
        var result = try parseOr()
        while skip(name: "if") {
            let test = try parseOr()
            var otherwise: Expression?
            if skip(name: "else") { otherwise = try parseExpression() }
            result = try node(.conditional(test: test, then: result, otherwise: otherwise), at: at)
            at = current.at
        }
        return result
    }

    private mutating func parseOr() throws(TemplateError) -> Expression {
        var left = try parseAnd()
        while isName("or") {
            let at = advance().at
            left = try node(.or(left, try parseAnd()), at: at)
        }
        return left
    }

    private mutating func parseAnd() throws(TemplateError) -> Expression {
        var left = try parseNot()
        while isName("and") {
            let at = advance().at
            left = try node(.and(left, try parseNot()), at: at)
        }
        return left
    }

    private mutating func parseNot() throws(TemplateError) -> Expression {
        guard isName("not") else { return try parseCompare() }
        try enter()
        defer { leave() }
        let at = advance().at
        return try node(.not(try parseNot()), at: at)
    }

    private mutating func parseCompare() throws(TemplateError) -> Expression {
        let at = current.at
        let first = try parseSum()
        var rest: [(CompareOperator, Expression)] = []
        while let comparison = compareOperator() { rest.append((comparison, try parseSum())) }
        return rest.isEmpty ? first : try node(.compare(first, rest), at: at)
    }

    /// Takes a comparison operator off the tokens, if there is one.
    private mutating func compareOperator() -> CompareOperator? {
        var result: CompareOperator?
        switch current.kind {
        case .symbol(let symbol): result = CompareOperator(rawValue: symbol.rawValue)
        case .name("in"): result = .isIn
        case .name("not"):
            guard case .name("in") = next.kind else { return nil }
            advance()
            result = .isNotIn
        default: return nil
        }
        if result != nil { advance() }
        return result
    }

    private mutating func parseSum() throws(TemplateError) -> Expression {
        var left = try parseConcat()
        while case .symbol(let symbol) = current.kind, symbol == .add || symbol == .sub {
            let at = advance().at
            left = try node(.binary(symbol == .add ? .add : .sub, left, try parseConcat()), at: at)
        }
        return left
    }

    private mutating func parseConcat() throws(TemplateError) -> Expression {
        let at = current.at
        var parts = [try parseProduct()]
        while skip(.tilde) { parts.append(try parseProduct()) }
        return parts.count == 1 ? parts[0] : try node(.concat(parts), at: at)
    }

    private mutating func parseProduct() throws(TemplateError) -> Expression {
        var left = try parsePower()
        while case .symbol(let symbol) = current.kind {
            let operation: BinaryOperator
            switch symbol {
            case .mul: operation = .mul
            case .div: operation = .div
            case .floorDiv: operation = .floorDiv
            case .mod: operation = .mod
            default: return left
            }
            let at = advance().at
            left = try node(.binary(operation, left, try parsePower()), at: at)
        }
        return left
    }

    private mutating func parsePower() throws(TemplateError) -> Expression {
        var left = try parseUnary()
        while isSymbol(.pow) {
            let at = advance().at
            left = try node(.binary(.pow, left, try parseUnary()), at: at)
        }
        return left
    }

    private mutating func parseUnary(allowsFilter: Bool = true) throws(TemplateError) -> Expression {
        try enter()
        defer { leave() }
        let at = current.at
        var result: Expression
        if skip(.sub) {
            result = try node(.unary(.minus, try parseUnary(allowsFilter: false)), at: at)
        } else if skip(.add) {
            result = try node(.unary(.plus, try parseUnary(allowsFilter: false)), at: at)
        } else {
            result = try parsePrimary()
        }
        result = try parsePostfix(result)
        return allowsFilter ? try parseFilters(result) : result
    }

    func constant(_ name: String) -> Expression.Kind? {
        switch name {
        case "true", "True": .bool(true)
        case "false", "False": .bool(false)
        case "none", "None": Expression.Kind.none
        default: nil
        }
    }

    mutating func parsePrimary() throws(TemplateError) -> Expression {
        let token = current
        switch token.kind {
        case .name(let name):
            advance()
            if let constant = constant(name) { return try node(constant, at: token.at) }
            return try node(.name(name, reference: newReference()), at: token.at)
        case .string(let text):
            advance()
            guard case .string = current.kind else { return try node(.string(text), at: token.at) }
            var joined = TextBuilder()
            joined.append(text)
            while case .string(let more) = current.kind {
                joined.append(more)
                advance()
            }
            return try node(.string(joined.text()), at: token.at)
        case .integer(let value):
            advance()
            return try node(.integer(value), at: token.at)
        case .bigInteger(let digits):
            advance()
            return try node(.bigInteger(digits), at: token.at)
        case .float(let value):
            advance()
            return try node(.float(value), at: token.at)
        case .symbol(.leftParen):
            advance()
            let inner = try parseTuple(isParenthesized: true)
            try expect(.rightParen)
            return inner
        case .symbol(.leftBracket): return try parseList()
        case .symbol(.leftBrace): return try parseDict()
        default: throw token.at.error(.syntax, "unexpected '\(token.kind.description)'")
        }
    }

    /// One expression, or several with commas between them: a tuple.
    mutating func parseTuple(
        allowsConditional: Bool = true, endingAt endName: String? = nil, isParenthesized: Bool = false
    ) throws(TemplateError) -> Expression {
        let at = current.at
        var items: [Expression] = []
        var isTuple = false
        while true {
            if !items.isEmpty { try expect(.comma) }
            if isTupleEnd(endName) { break }
            items.append(try parseExpression(allowsConditional: allowsConditional))
            guard isSymbol(.comma) else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = items.first { return only }
            guard isParenthesized else {
                throw current.at.error(.syntax, "Expected an expression, got '\(current.kind.description)'")
            }
        }
        return try node(.tuple(items), at: at)
    }

    func isTupleEnd(_ endName: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(.rightParen): true
        case .name(let name): name == endName
        default: false
        }
    }

    private mutating func parseList() throws(TemplateError) -> Expression {
        let at = try expect(.leftBracket).at
        var items: [Expression] = []
        while !isSymbol(.rightBracket) {
            if !items.isEmpty { try expect(.comma) }
            if isSymbol(.rightBracket) { break }
            items.append(try parseExpression())
        }
        try expect(.rightBracket)
        return try node(.list(items), at: at)
    }

    private mutating func parseDict() throws(TemplateError) -> Expression {
        let at = try expect(.leftBrace).at
        var pairs: [(key: Expression, value: Expression)] = []
        while !isSymbol(.rightBrace) {
            if !pairs.isEmpty { try expect(.comma) }
            if isSymbol(.rightBrace) { break }
            let key = try parseExpression()
            try expect(.colon)
            pairs.append((key, try parseExpression()))
        }
        try expect(.rightBrace)
        return try node(.dict(pairs), at: at)
    }
}
