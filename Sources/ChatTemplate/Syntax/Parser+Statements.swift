extension Parser {
    mutating func parseTemplate() throws(TemplateError) -> [Statement] {
        try parseBody(until: [])
    }

    /// Statements up to one of the tags in `ends`, which stays the current token; without `ends`,
    /// up to the end of the template.
    private mutating func parseBody(until ends: [String]) throws(TemplateError) -> [Statement] {
        try enter()
        defer { leave() }
        var body: [Statement] = []
        var output: [OutputPart] = []
        func flush() {
            if !output.isEmpty { body.append(.output(output)) }
            output = []
        }
        while true {
            switch current.kind {
            case .data(let text):
                output.append(.text(text))
                advance()
            case .variableBegin:
                advance()
                output.append(.value(try parseTuple()))
                guard case .variableEnd = current.kind else { throw unexpected("end of print statement") }
                advance()
            case .blockBegin:
                flush()
                advance()
                if case .name(let name) = current.kind, ends.contains(name) { return body }
                body.append(try parseStatement())
                try expectBlockEnd()
            default:
                flush()
                guard ends.isEmpty else { throw wrongTag(nil) }
                return body
            }
        }
    }

    /// The rest of an opening tag and the body after it, up to one of `ends`.
    mutating func parseBlock(until ends: [String], tag: String) throws(TemplateError) -> [Statement] {
        _ = skip(.colon)
        openTags.append((tag, ends))
        defer { openTags.removeLast() }
        try expectBlockEnd()
        return try parseBody(until: ends)
    }

    /// As `parseBlock`, with the end tag taken off the tokens.
    mutating func parseBlock(until end: String, tag: String) throws(TemplateError) -> [Statement] {
        let body = try parseBlock(until: [end], tag: tag)
        advance()
        return body
    }

    private func wrongTag(_ name: String?) -> TemplateError {
        var message = name.map { "Encountered unknown tag '\($0)'." } ?? "Unexpected end of template."
        if let open = openTags.last {
            let ends = open.ends.map { "'\($0)'" }.joined(separator: " or ")
            if let name, openTags.contains(where: { $0.ends.contains(name) }) {
                message +=
                    " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for \(ends)."
            } else {
                message += " Jinja was looking for the following tags: \(ends)."
            }
            message += " The innermost block that needs to be closed is '\(open.tag)'."
        }
        return current.at.error(.syntax, message)
    }

    private mutating func parseStatement() throws(TemplateError) -> Statement {
        let at = current.at
        guard case .name(let tag) = current.kind else { throw at.error(.syntax, "tag name expected") }
        switch tag {
        case "for": return .forLoop(try parseFor())
        case "if": return try parseIf()
        case "set": return try parseSet()
        case "macro": return .macro(try parseMacro())
        case "call": return .callBlock(try parseCallBlock())
        case "filter": return .filterBlock(try parseFilterBlock())
        case "with": return .with(try parseWith())
        case "block": return .block(try parseNamedBlock())
        case "print": return try parsePrint()
        case "generation": return .callBlock(try parseGeneration())
        case "autoescape": return try parseAutoescape()
        case "break":
            advance()
            return .breakLoop(at)
        case "continue":
            advance()
            return .continueLoop(at)
        case "include", "import", "from", "extends": return try parseOtherTemplate(tag)
        default: throw wrongTag(tag)
        }
    }

    private mutating func parseFor() throws(TemplateError) -> ForLoop {
        let at = advance().at
        let target = try parseTarget(allowsAttribute: false, endingAt: "in")
        try expect(name: "in")
        let iterable = try parseTuple(allowsConditional: false, endingAt: "recursive")
        var test: Expression?
        if skip(name: "if") { test = try parseExpression() }
        let isRecursive = skip(name: "recursive")
        let body = try parseBlock(until: ["endfor", "else"], tag: "for")
        var otherwise: [Statement] = []
        if case .name("else") = advance().kind { otherwise = try parseBlock(until: "endfor", tag: "for") }
        return ForLoop(
            id: newScope(), at: at, target: target, iterable: iterable, test: test, body: body,
            otherwise: otherwise,
            isRecursive: isRecursive)
    }

    private mutating func parseIf() throws(TemplateError) -> Statement {
        advance()
        var branches: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try parseTuple(allowsConditional: false)
            branches.append((test, try parseBlock(until: ["elif", "else", "endif"], tag: "if")))
            switch advance().kind {
            case .name("elif"): continue
            case .name("else"):
                return .conditional(branches, otherwise: try parseBlock(until: "endif", tag: "if"))
            default: return .conditional(branches, otherwise: [])
            }
        }
    }

    private mutating func parseSet() throws(TemplateError) -> Statement {
        let at = advance().at
        let target = try parseTarget(allowsAttribute: true, endingAt: nil)
        if skip(.assign) {
            return .set(Assignment(at: at, target: target, value: try parseTuple()))
        }
        var filter: Expression?
        while skip(.pipe) { filter = try parseFilter(filter) }
        let body = try parseBlock(until: "endset", tag: "set")
        return .setBlock(BlockAssignment(id: newScope(), at: at, target: target, filter: filter, body: body))
    }

    /// A name, `namespace.attribute`, or several of them: what can be assigned to.
    private mutating func parseTarget(
        allowsAttribute: Bool, endingAt endName: String?, isParenthesized: Bool = false
    ) throws(TemplateError) -> Target {
        try enter()
        defer { leave() }
        let at = current.at
        var items: [Target] = []
        var isTuple = false
        while true {
            if !items.isEmpty { try expect(.comma) }
            if isTupleEnd(endName) { break }
            items.append(try parseSingleTarget(allowsAttribute: allowsAttribute))
            guard isSymbol(.comma) else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = items.first { return only }
            guard isParenthesized else {
                throw current.at.error(.syntax, "Expected an expression, got '\(current.kind.description)'")
            }
        }
        return .tuple(items, at: at)
    }

    private mutating func parseSingleTarget(allowsAttribute: Bool) throws(TemplateError) -> Target {
        let token = advance()
        switch token.kind {
        case .name(let name):
            if allowsAttribute, skip(.dot) {
                let attribute = try expectName()
                return .attribute(name, reference: newReference(), attribute: attribute, at: token.at)
            }
            guard constant(name) == nil else { throw token.at.error(.syntax, "can't assign to 'const'") }
            return .name(name, reference: newReference())
        case .symbol(.leftParen):
            let inner = try parseTarget(allowsAttribute: false, endingAt: nil, isParenthesized: true)
            try expect(.rightParen)
            return inner
        default: throw token.at.error(.syntax, "can't assign to '\(token.kind.description)'")
        }
    }

    private mutating func parseParameters() throws(TemplateError) -> [Parameter] {
        try expect(.leftParen)
        var parameters: [Parameter] = []
        var names: Set<String> = []
        while !isSymbol(.rightParen) {
            if !parameters.isEmpty { try expect(.comma) }
            let at = current.at
            let name = try expectName()
            guard constant(name) == nil else { throw at.error(.syntax, "can't assign to 'const'") }
            guard names.insert(name).inserted else {
                throw at.error(.syntax, "duplicate argument '\(name)' in function definition")
            }
            let reference = newReference()
            var initial: Expression?
            if skip(.assign) {
                initial = try parseExpression()
            } else if parameters.last?.initial != nil {
                throw current.at.error(.syntax, "non-default argument follows default argument")
            }
            parameters.append(Parameter(name: name, reference: reference, initial: initial, at: at))
        }
        try expect(.rightParen)
        return parameters
    }

    private mutating func parseMacro() throws(TemplateError) -> Macro {
        let at = advance().at
        let name = try expectName()
        guard constant(name) == nil else { throw at.error(.syntax, "can't assign to 'const'") }
        let reference = newReference()
        let parameters = try parseParameters()
        let body = try parseBlock(until: "endmacro", tag: "macro")
        return Macro(
            id: newScope(), at: at, name: name, reference: reference, parameters: parameters, body: body)
    }

    private mutating func parseCallBlock() throws(TemplateError) -> CallBlock {
        let at = advance().at
        let parameters = isSymbol(.leftParen) ? try parseParameters() : []
        let call = try parseExpression()
        guard case .call = call.kind else { throw at.error(.syntax, "expected call") }
        let body = try parseBlock(until: "endcall", tag: "call")
        let macro = Macro(
            id: newScope(), at: at, name: nil, reference: newReference(), parameters: parameters, body: body)
        return CallBlock(at: at, call: call, body: macro)
    }

    private mutating func parseGeneration() throws(TemplateError) -> CallBlock {
        let at = advance().at
        let body = try parseBlock(until: "endgeneration", tag: "generation")
        let macro = Macro(
            id: newScope(), at: at, name: nil, reference: newReference(), parameters: [], body: body)
        return CallBlock(at: at, call: nil, body: macro)
    }

    private mutating func parseFilterBlock() throws(TemplateError) -> FilterBlock {
        let at = advance().at
        var filter = try parseFilter(nil)
        while skip(.pipe) { filter = try parseFilter(filter) }
        let body = try parseBlock(until: "endfilter", tag: "filter")
        return FilterBlock(id: newScope(), at: at, filter: filter, body: body)
    }
}
