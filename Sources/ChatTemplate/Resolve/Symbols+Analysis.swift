// jinja2's `FrameSymbolVisitor`: which names a scope uses, not looking into inner scopes.
extension Symbols {
    func analyze(_ statements: [Statement]) {
        for statement in statements { analyze(statement) }
    }

    func analyze(_ expression: Expression) {
        if case .name(let name, _) = expression.kind { load(name) }
        for child in expression.children { analyze(child) }
    }

    func analyze(_ target: Target, asParameter: Bool = false) {
        switch target {
        case .name(let name, _):
            if asParameter { declareParameter(name) } else { store(name) }
        case .attribute(let name, _, _, _): load(name)
        case .tuple(let items, _):
            for item in items { analyze(item, asParameter: asParameter) }
        }
    }

    private func analyze(_ statement: Statement) {
        switch statement {
        case .output(let parts):
            for case .value(let expression) in parts { analyze(expression) }
        case .forLoop(let loop): analyze(loop.iterable)
        case .conditional(let branches, let otherwise): analyze(branches: branches[...], otherwise: otherwise)
        case .macro(let macro): if let name = macro.name { store(name) }
        case .callBlock(let block): if let call = block.call { analyze(call) }
        case .filterBlock(let block): analyze(block.filter)
        case .set(let assignment):
            analyze(assignment.value)
            analyze(assignment.target)
        case .setBlock(let assignment): analyze(assignment.target)
        case .with(let with):
            for value in with.values { analyze(value) }
        case .block, .breakLoop, .continueLoop, .unsupported: break
        }
    }

    private func analyze(branches: ArraySlice<(test: Expression, body: [Statement])>, otherwise: [Statement])
    {
        guard let first = branches.first else { return }
        analyze(first.test)
        let body = branch()
        body.analyze(first.body)
        // Every `elif` is a conditional of its own, all in one branch.
        let elseIfs = branch()
        for elseIf in branches.dropFirst() { elseIfs.analyze(branches: [elseIf], otherwise: []) }
        let last = branch()
        last.analyze(otherwise)
        join([body, elseIfs, last])
    }
}

/// jinja2's `UndeclaredNameVisitor`: whether `name` is used in there before it is assigned. It
/// does look into inner scopes.
struct UndeclaredSearch {
    private let name: String
    private(set) var isFound = false
    private var isStopped = false

    static func finds(_ name: String, in statements: [Statement]) -> Bool {
        var search = UndeclaredSearch(name: name)
        search.visit(statements)
        return search.isFound
    }

    private init(name: String) {
        self.name = name
    }

    private mutating func visit(_ statements: [Statement]) {
        for statement in statements where !isStopped { visit(statement) }
    }

    private mutating func visit(_ expression: Expression) {
        if isStopped { return }
        if case .name(let used, _) = expression.kind, used == name {
            isFound = true
            isStopped = true
        }
        for child in expression.children { visit(child) }
    }

    private mutating func visit(_ target: Target) {
        switch target {
        case .name(let assigned, _): if assigned == name { isStopped = true }
        case .attribute: break
        case .tuple(let items, _):
            for item in items { visit(item) }
        }
    }

    private mutating func visit(_ macro: Macro) {
        for parameter in macro.parameters where parameter.name == name { isStopped = true }
        for parameter in macro.parameters { if let initial = parameter.initial { visit(initial) } }
        visit(macro.body)
    }

    private mutating func visit(_ statement: Statement) {
        switch statement {
        case .output(let parts):
            for case .value(let expression) in parts { visit(expression) }
        case .forLoop(let loop):
            visit(loop.target)
            visit(loop.iterable)
            visit(loop.body)
            visit(loop.otherwise)
            if let test = loop.test { visit(test) }
        case .conditional(let branches, let otherwise):
            for branch in branches {
                visit(branch.test)
                visit(branch.body)
            }
            visit(otherwise)
        case .macro(let macro): visit(macro)
        case .callBlock(let block):
            if let call = block.call { visit(call) }
            visit(block.body)
        case .filterBlock(let block):
            visit(block.body)
            visit(block.filter)
        case .set(let assignment):
            visit(assignment.target)
            visit(assignment.value)
        case .setBlock(let assignment):
            visit(assignment.target)
            if let filter = assignment.filter { visit(filter) }
            visit(assignment.body)
        case .with(let with):
            for target in with.targets { visit(target) }
            for value in with.values { visit(value) }
            visit(with.body)
        case .block, .breakLoop, .continueLoop, .unsupported: break
        }
    }
}

extension [Statement] {
    /// Whether anything in here assigns to `name`.
    func assign(to name: String) -> Bool {
        contains { statement in
            switch statement {
            case .forLoop(let loop):
                loop.target.contains(name) || loop.body.assign(to: name) || loop.otherwise.assign(to: name)
            case .conditional(let branches, let otherwise):
                branches.contains { $0.body.assign(to: name) } || otherwise.assign(to: name)
            case .macro(let macro): macro.body.assign(to: name)
            case .callBlock(let block): block.body.body.assign(to: name)
            case .filterBlock(let block): block.body.assign(to: name)
            case .set(let assignment): assignment.target.contains(name)
            case .setBlock(let assignment):
                assignment.target.contains(name) || assignment.body.assign(to: name)
            case .with(let with): with.body.assign(to: name)
            case .block(let block): block.body.assign(to: name)
            case .output, .breakLoop, .continueLoop, .unsupported: false
            }
        }
    }
}

extension Target {
    func contains(_ name: String) -> Bool {
        switch self {
        case .name(let assigned, _): assigned == name
        case .attribute: false
        case .tuple(let items, _): items.contains { $0.contains(name) }
        }
    }
}
