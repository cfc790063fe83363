/// An expression of a template.
final class Expression: Sendable {
    let kind: Kind
    let at: Position
    /// Nodes on the longest way down; bounded by the parser, so that recursion over the tree is too.
    let depth: Int

    init(_ kind: Kind, at: Position, depth: Int) {
        self.kind = kind
        self.at = at
        self.depth = depth
    }

    enum Kind: Sendable {
        case none
        case bool(Bool)
        case integer(Int)
        case bigInteger(Text)
        case float(Double)
        case string(Text)
        /// A variable; `reference` is its place in `Program.references`.
        case name(String, reference: Int)
        case list([Expression])
        case tuple([Expression])
        case dict([(key: Expression, value: Expression)])
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
        case call(Expression, CallArguments)
        /// Without an operand inside filter blocks: the block's text.
        case filter(Expression?, String, CallArguments)
        case test(Expression, String, CallArguments)
        case not(Expression)
        case unary(UnaryOperator, Expression)
        case binary(BinaryOperator, Expression, Expression)
        case and(Expression, Expression)
        case or(Expression, Expression)
        case compare(Expression, [(CompareOperator, Expression)])
        case concat([Expression])
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
    }

    /// Sub-expressions in the order in which jinja2 visits them.
    var children: [Expression] {
        switch kind {
        case .none, .bool, .integer, .bigInteger, .float, .string, .name: []
        case .list(let items), .tuple(let items), .concat(let items): items
        case .dict(let pairs): pairs.flatMap { [$0.key, $0.value] }
        case .attribute(let object, _): [object]
        case .item(let object, let key): [object, key]
        case .slice(let object, let start, let stop, let step):
            [object, start, stop, step].compactMap(\.self)
        case .call(let callee, let arguments): [callee] + arguments.children
        case .filter(let operand, _, let arguments): (operand.map { [$0] } ?? []) + arguments.children
        case .test(let operand, _, let arguments): [operand] + arguments.children
        case .not(let operand), .unary(_, let operand): [operand]
        case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right):
            [left, right]
        case .compare(let first, let rest): [first] + rest.map(\.1)
        case .conditional(let test, let then, let otherwise): [test, then] + (otherwise.map { [$0] } ?? [])
        }
    }
}

struct CallArguments: Sendable {
    var positional: [Expression] = []
    var keywords: [(name: String, value: Expression)] = []
    /// `*args`
    var unpacked: Expression?
    /// `**kwargs`
    var unpackedKeywords: Expression?

    var isEmpty: Bool {
        positional.isEmpty && keywords.isEmpty && unpacked == nil && unpackedKeywords == nil
    }

    var children: [Expression] {
        positional + keywords.map(\.value) + [unpacked, unpackedKeywords].compactMap(\.self)
    }
}

enum UnaryOperator: String, Sendable {
    case plus = "+"
    case minus = "-"
}

enum BinaryOperator: String, Sendable {
    case add = "+"
    case sub = "-"
    case mul = "*"
    case div = "/"
    case floorDiv = "//"
    case mod = "%"
    case pow = "** or pow()"
}

enum CompareOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessEqual = "<="
    case greater = ">"
    case greaterEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
}
