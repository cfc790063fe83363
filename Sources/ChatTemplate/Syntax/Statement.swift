/// What an assignment, a loop or a parameter list writes to.
indirect enum Target: Sendable {
    case name(String, reference: Int)
    /// `namespace.attribute`
    case attribute(String, reference: Int, attribute: String, at: Position)
    case tuple([Target], at: Position)
}

/// A statement of a template. Numbers called `id` lead to what the resolver found out about the
/// variables in there.
enum Statement: Sendable {
    case output([OutputPart])
    case forLoop(ForLoop)
    case conditional([(test: Expression, body: [Statement])], otherwise: [Statement])
    case macro(Macro)
    case callBlock(CallBlock)
    case filterBlock(FilterBlock)
    case set(Assignment)
    case setBlock(BlockAssignment)
    case with(With)
    case block(Block)
    case breakLoop(Position)
    case continueLoop(Position)
    /// Something that needs other templates; an error when it is reached.
    case unsupported(String, Position)
}

enum OutputPart: Sendable {
    case text(Text)
    case value(Expression)
}

final class ForLoop: Sendable {
    let id: Int
    let at: Position
    let target: Target
    let iterable: Expression
    let test: Expression?
    let body: [Statement]
    let otherwise: [Statement]
    let isRecursive: Bool

    init(
        id: Int, at: Position, target: Target, iterable: Expression, test: Expression?, body: [Statement],
        otherwise: [Statement], isRecursive: Bool
    ) {
        self.id = id
        self.at = at
        self.target = target
        self.iterable = iterable
        self.test = test
        self.body = body
        self.otherwise = otherwise
        self.isRecursive = isRecursive
    }
}

struct Parameter: Sendable {
    var name: String
    var reference: Int
    var initial: Expression?
    var at: Position
}

/// A macro, or the body of a call block, which is a macro without a name.
final class Macro: Sendable {
    let id: Int
    let at: Position
    let name: String?
    /// Where a named macro is stored.
    let reference: Int
    let parameters: [Parameter]
    let body: [Statement]

    init(id: Int, at: Position, name: String?, reference: Int, parameters: [Parameter], body: [Statement]) {
        self.id = id
        self.at = at
        self.name = name
        self.reference = reference
        self.parameters = parameters
        self.body = body
    }
}

final class CallBlock: Sendable {
    let at: Position
    /// The call that gets the body as `caller`; nil for `{% generation %}`, which only renders it.
    let call: Expression?
    let body: Macro

    init(at: Position, call: Expression?, body: Macro) {
        self.at = at
        self.call = call
        self.body = body
    }
}

final class FilterBlock: Sendable {
    let id: Int
    let at: Position
    let filter: Expression
    let body: [Statement]

    init(id: Int, at: Position, filter: Expression, body: [Statement]) {
        self.id = id
        self.at = at
        self.filter = filter
        self.body = body
    }
}

final class Assignment: Sendable {
    let at: Position
    let target: Target
    let value: Expression

    init(at: Position, target: Target, value: Expression) {
        self.at = at
        self.target = target
        self.value = value
    }
}

final class BlockAssignment: Sendable {
    let id: Int
    let at: Position
    let target: Target
    let filter: Expression?
    let body: [Statement]

    init(id: Int, at: Position, target: Target, filter: Expression?, body: [Statement]) {
        self.id = id
        self.at = at
        self.target = target
        self.filter = filter
        self.body = body
    }
}

/// `{% with %}`, and the scope of `{% autoescape false %}`.
final class With: Sendable {
    let id: Int
    let at: Position
    let targets: [Target]
    let values: [Expression]
    let body: [Statement]

    init(id: Int, at: Position, targets: [Target], values: [Expression], body: [Statement]) {
        self.id = id
        self.at = at
        self.targets = targets
        self.values = values
        self.body = body
    }
}

final class Block: Sendable {
    let id: Int
    let at: Position
    let name: String
    let isScoped: Bool
    let body: [Statement]

    init(id: Int, at: Position, name: String, isScoped: Bool, body: [Statement]) {
        self.id = id
        self.at = at
        self.name = name
        self.isScoped = isScoped
        self.body = body
    }
}
