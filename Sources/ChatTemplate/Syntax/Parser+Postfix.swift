// What may follow an operand: subscripts, calls, filters, tests.
extension Parser {
    mutating func parsePostfix(_ operand: Expression) throws(TemplateError) -> Expression {
        var result = operand
        while case .symbol(let symbol) = current.kind {
            switch symbol {
            case .dot: result = try parseAttribute(of: result)
            case .leftBracket: result = try parseItem(of: result)
            case .leftParen: result = try parseCall(of: result)
            default: return result
            }
        }
        return result
    }

    mutating func parseFilters(_ operand: Expression) throws(TemplateError) -> Expression {
        var result = operand
        while true {
            if isSymbol(.pipe) {
                advance()
                result = try parseFilter(result)
            } else if isName("is") {
                result = try parseTest(result)
            } else if isSymbol(.leftParen) {
                result = try parseCall(of: result)
            } else {
                return result
            }
        }
    }

    private mutating func parseAttribute(of object: Expression) throws(TemplateError) -> Expression {
        let at = advance().at
        let token = advance()
        switch token.kind {
        case .name(let name): return try node(.attribute(object, name), at: at)
        case .integer(let index):
            return try node(.item(object, try node(.integer(index), at: token.at)), at: at)
        default: throw token.at.error(.syntax, "expected name or number")
        }
    }

    private mutating func parseItem(of object: Expression) throws(TemplateError) -> Expression {
        let at = advance().at
        var keys: [Expression] = []
        while !isSymbol(.rightBracket) {
            if !keys.isEmpty { try expect(.comma) }
            var start: Expression?
            if !isSymbol(.colon) { start = try parseExpression() }
            guard isSymbol(.colon) else {
                if let start { keys.append(start) }
                continue
            }
            let slice = try parseSlice(of: object, from: start, at: at)
            guard keys.isEmpty, isSymbol(.rightBracket) else {
                throw current.at.error(.syntax, "a slice cannot be one of several subscripts")
            }
            advance()
            return slice
        }
        try expect(.rightBracket)
        let key = keys.count == 1 ? keys[0] : try node(.tuple(keys), at: at)
        return try node(.item(object, key), at: at)
    }

    private mutating func parseSlice(
        of object: Expression, from start: Expression?, at: Position
    ) throws(TemplateError) -> Expression {
        try expect(.colon)
        var stop: Expression?
        var step: Expression?
        if !isSymbol(.colon), !isSymbol(.rightBracket), !isSymbol(.comma) { stop = try parseExpression() }
        if skip(.colon), !isSymbol(.rightBracket), !isSymbol(.comma) { step = try parseExpression() }
        return try node(.slice(object, start: start, stop: stop, step: step), at: at)
    }

    mutating func parseCall(of callee: Expression) throws(TemplateError) -> Expression {
        let at = current.at
        return try node(.call(callee, try parseArguments()), at: at)
    }

    mutating func parseArguments() throws(TemplateError) -> CallArguments {
        let at = try expect(.leftParen).at
        var arguments = CallArguments()
        var needsComma = false
        var names: Set<String> = []
        func ensure(_ condition: Bool) throws(TemplateError) {
            guard condition else { throw at.error(.syntax, "invalid syntax for function call expression") }
        }
        while !isSymbol(.rightParen) {
            if needsComma {
                try expect(.comma)
                if isSymbol(.rightParen) { break }
            }
            if skip(.mul) {
                try ensure(arguments.unpacked == nil && arguments.unpackedKeywords == nil)
                arguments.unpacked = try parseExpression()
            } else if skip(.pow) {
                try ensure(arguments.unpackedKeywords == nil)
                arguments.unpackedKeywords = try parseExpression()
            } else if case .name(let name) = current.kind, case .symbol(.assign) = next.kind {
                try ensure(arguments.unpackedKeywords == nil)
                guard names.insert(name).inserted else {
                    throw current.at.error(.syntax, "keyword argument repeated: \(name)")
                }
                advance()
                advance()
                arguments.keywords.append((name, try parseExpression()))
            } else {
                try ensure(
                    arguments.unpacked == nil && arguments.unpackedKeywords == nil
                        && arguments.keywords.isEmpty)
                arguments.positional.append(try parseExpression())
            }
            needsComma = true
        }
        try expect(.rightParen)
        return arguments
    }

    private mutating func dottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while skip(.dot) { name += "." + (try expectName()) }
        return name
    }

    /// A filter's name and arguments, after the `|`.
    mutating func parseFilter(_ operand: Expression?) throws(TemplateError) -> Expression {
        let at = current.at
        let name = try dottedName()
        let arguments = isSymbol(.leftParen) ? try parseArguments() : CallArguments()
        return try node(.filter(operand, name, arguments), at: at)
    }

    private mutating func parseTest(_ operand: Expression) throws(TemplateError) -> Expression {
        let at = advance().at
        let isNegated = skip(name: "not")
        let name = try dottedName()
        var arguments = CallArguments()
        if isSymbol(.leftParen) {
            arguments = try parseArguments()
        } else if try startsTestArgument() {
            arguments.positional = [try parsePostfix(try parsePrimary())]
        }
        let test = try node(.test(operand, name, arguments), at: at)
        return isNegated ? try node(.not(test), at: at) : test
    }

    private func startsTestArgument() throws(TemplateError) -> Bool {
        switch current.kind {
        case .name("else"), .name("or"), .name("and"): return false
        case .name("is"): throw current.at.error(.syntax, "You cannot chain multiple tests with is")
        case .name, .string, .integer, .bigInteger, .float, .symbol(.leftBracket), .symbol(.leftBrace):
            return true
        default: return false
        }
    }
}
