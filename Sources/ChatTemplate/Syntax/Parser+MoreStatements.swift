// Statements that chat templates seldom use.
extension Parser {
    mutating func parseWith() throws(TemplateError) -> With {
        let at = advance().at
        var targets: [Target] = []
        var values: [Expression] = []
        while true {
            if case .blockEnd = current.kind { break }
            if case .end = current.kind { break }
            if !targets.isEmpty { try expect(.comma) }
            let nameAt = current.at
            let name = try expectName()
            guard constant(name) == nil else { throw nameAt.error(.syntax, "can't assign to 'const'") }
            targets.append(.name(name, reference: newReference()))
            try expect(.assign)
            values.append(try parseExpression())
        }
        let body = try parseBlock(until: "endwith", tag: "with")
        return With(id: newScope(), at: at, targets: targets, values: values, body: body)
    }

    /// Escaping is off and stays off; `{% autoescape false %}` is a scope and nothing else.
    mutating func parseAutoescape() throws(TemplateError) -> Statement {
        let at = advance().at
        let mode = try parseExpression()
        guard case .bool(false) = mode.kind else {
            throw at.error(.syntax, "autoescape is not supported: chat templates are not HTML")
        }
        let body = try parseBlock(until: "endautoescape", tag: "autoescape")
        return .with(With(id: newScope(), at: at, targets: [], values: [], body: body))
    }

    mutating func parsePrint() throws(TemplateError) -> Statement {
        advance()
        var parts: [OutputPart] = []
        while true {
            if case .blockEnd = current.kind { break }
            if !parts.isEmpty { try expect(.comma) }
            parts.append(.value(try parseExpression()))
        }
        return .output(parts)
    }

    mutating func parseNamedBlock() throws(TemplateError) -> Block {
        let at = advance().at
        let name = try expectName()
        let isScoped = skip(name: "scoped")
        guard !skip(name: "required") else {
            throw at.error(.syntax, "required blocks need another template, and there is none")
        }
        let body = try parseBlock(until: "endblock", tag: "block")
        _ = skip(name: name)
        return Block(id: newScope(), at: at, name: name, isScoped: isScoped, body: body)
    }

    /// Tags that load another template. There is none to load, so reaching one is an error.
    mutating func parseOtherTemplate(_ tag: String) throws(TemplateError) -> Statement {
        let at = advance().at
        while true {
            switch current.kind {
            case .blockEnd: return .unsupported("no loader for this environment specified", at)
            case .end: throw unexpected("end of statement block")
            default: advance()
            }
        }
    }
}
