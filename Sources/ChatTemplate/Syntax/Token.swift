enum TokenKind: Sendable {
    case data(Text)
    case variableBegin, variableEnd
    case blockBegin, blockEnd
    case name(String)
    case string(Text)
    case integer(Int)
    /// Decimal digits of an integer beyond `Int`.
    case bigInteger(Text)
    case float(Double)
    case symbol(Symbol)
    case end

    /// How messages name the token.
    var description: String {
        switch self {
        case .data: "template data / text"
        case .variableBegin: "begin of print statement"
        case .variableEnd: "end of print statement"
        case .blockBegin: "begin of statement block"
        case .blockEnd: "end of statement block"
        case .name(let name): name
        case .string: "string"
        case .integer, .bigInteger: "integer"
        case .float: "float"
        case .symbol(let symbol): symbol.rawValue
        case .end: "end of template"
        }
    }
}

enum Symbol: String, Sendable {
    case add = "+"
    case sub = "-"
    case div = "/"
    case floorDiv = "//"
    case mul = "*"
    case mod = "%"
    case pow = "**"
    case tilde = "~"
    case leftBracket = "["
    case rightBracket = "]"
    case leftParen = "("
    case rightParen = ")"
    case leftBrace = "{"
    case rightBrace = "}"
    case equal = "=="
    case notEqual = "!="
    case greater = ">"
    case greaterEqual = ">="
    case less = "<"
    case lessEqual = "<="
    case assign = "="
    case dot = "."
    case colon = ":"
    case pipe = "|"
    case comma = ","
    case semicolon = ";"

    var closing: Symbol? {
        switch self {
        case .leftBrace: .rightBrace
        case .leftParen: .rightParen
        case .leftBracket: .rightBracket
        default: nil
        }
    }
}

struct Token: Sendable {
    var kind: TokenKind
    var at: Position
}
