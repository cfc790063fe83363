/// Gives every name of a template its slot, walking the tree as jinja2's code generator does.
struct Resolver {
    private struct Frame {
        var symbols: Symbols
        /// Inside `if`, where a filter that does not exist is an error only when it is reached.
        var isSoft = false
        /// Inside a loop of the same function.
        var canBreak = false

        func inner() -> Frame {
            Frame(symbols: Symbols(parent: symbols, function: symbols.function), canBreak: canBreak)
        }

        func innerFunction() -> Frame {
            let function = FunctionScope(depth: symbols.function.depth + 1)
            return Frame(symbols: Symbols(parent: symbols, function: function))
        }

        func soft() -> Frame {
            var frame = self
            frame.isSoft = true
            return frame
        }
    }

    private var references: [Reference]
    private var scopes: [ScopeInfo]
    private let root: Symbols
    private var blockNames: Set<String> = []

    static func resolve(_ body: [Statement], parser: Parser) throws(TemplateError) -> Program {
        let function = FunctionScope(depth: 0)
        let root = Symbols(parent: nil, function: function)
        root.analyze(body)
        var resolver = Resolver(
            references: Array(repeating: Reference(hops: 0, slot: 0), count: parser.referenceCount),
            scopes: Array(repeating: .unused, count: parser.scopeCount), root: root)
        try resolver.resolve(body, Frame(symbols: root))
        return Program(
            body: body, references: resolver.references, scopes: resolver.scopes, root: root.scope(),
            rootSlots: function.slotCount)
    }

    private init(references: [Reference], scopes: [ScopeInfo], root: Symbols) {
        self.references = references
        self.scopes = scopes
        self.root = root
    }

    private mutating func bind(_ name: String, _ reference: Int, _ frame: Frame) {
        // Analysis has seen every name; one that it missed would be looked up in the context.
        frame.symbols.load(name)
        guard let variable = frame.symbols.find(name) else { return }
        references[reference] = self.reference(to: variable, from: frame.symbols)
    }

    private func reference(to variable: Variable, from symbols: Symbols) -> Reference {
        Reference(hops: symbols.function.depth - variable.depth, slot: variable.slot)
    }

    private mutating func resolve(_ target: Target, _ frame: Frame) {
        switch target {
        case .name(let name, let reference), .attribute(let name, let reference, _, _):
            bind(name, reference, frame)
        case .tuple(let items, _):
            for item in items { resolve(item, frame) }
        }
    }

    private mutating func resolve(_ expression: Expression, _ frame: Frame) throws(TemplateError) {
        switch expression.kind {
        case .name(let name, let reference): bind(name, reference, frame)
        case .filter(_, let name, _):
            guard frame.isSoft || Builtins.filters[name] != nil else {
                throw expression.at.error(.syntax, "No filter named '\(name)'.")
            }
        case .test(_, let name, _):
            guard frame.isSoft || Builtins.tests[name] != nil else {
                throw expression.at.error(.syntax, "No test named '\(name)'.")
            }
        default: break
        }
        var inner = frame
        if case .conditional = expression.kind { inner = frame.soft() }
        for child in expression.children { try resolve(child, inner) }
    }

    private mutating func resolve(_ statements: [Statement], _ frame: Frame) throws(TemplateError) {
        for statement in statements { try resolve(statement, frame) }
    }

    private mutating func resolve(_ statement: Statement, _ frame: Frame) throws(TemplateError) {
        switch statement {
        case .output(let parts):
            for case .value(let expression) in parts { try resolve(expression, frame) }
        case .forLoop(let loop): try resolve(loop, frame)
        case .conditional(let branches, let otherwise):
            let soft = frame.soft()
            for branch in branches {
                try resolve(branch.test, soft)
                try resolve(branch.body, soft)
            }
            try resolve(otherwise, soft)
        case .macro(let macro):
            try resolve(macro, frame)
            if let name = macro.name { bind(name, macro.reference, frame) }
        case .callBlock(let block):
            try resolve(block.body, frame)
            if let call = block.call { try resolve(call, frame) }
        case .filterBlock(let block):
            let inner = frame.inner()
            inner.symbols.analyze(block.body)
            inner.symbols.analyze(block.filter)
            try resolve(block.body, inner)
            try resolve(block.filter, inner)
            scopes[block.id] = .plain(inner.symbols.scope())
        case .set(let assignment):
            try resolve(assignment.value, frame)
            resolve(assignment.target, frame)
        case .setBlock(let assignment):
            let inner = frame.inner()
            inner.symbols.analyze(assignment.body)
            if let filter = assignment.filter { inner.symbols.analyze(filter) }
            try resolve(assignment.body, inner)
            if let filter = assignment.filter { try resolve(filter, inner) }
            resolve(assignment.target, frame)
            scopes[assignment.id] = .plain(inner.symbols.scope())
        case .with(let with):
            let inner = frame.inner()
            for target in with.targets { inner.symbols.analyze(target, asParameter: true) }
            inner.symbols.analyze(with.body)
            for value in with.values { try resolve(value, frame) }
            for target in with.targets { resolve(target, inner) }
            try resolve(with.body, inner)
            scopes[with.id] = .plain(inner.symbols.scope())
        case .block(let block): try resolve(block, frame)
        case .breakLoop(let at):
            guard frame.canBreak else { throw at.error(.syntax, "'break' outside loop") }
        case .continueLoop(let at):
            guard frame.canBreak else { throw at.error(.syntax, "'continue' not properly in loop") }
        case .unsupported: break
        }
    }

    private mutating func resolve(_ loop: ForLoop, _ frame: Frame) throws(TemplateError) {
        guard !loop.target.contains("loop"), !loop.body.assign(to: "loop"), !loop.otherwise.assign(to: "loop")
        else {
            throw loop.at.error(.syntax, "Can't assign to special loop variable in for-loop target")
        }
        var inner = loop.isRecursive ? frame.innerFunction() : frame.inner()
        inner.canBreak = true
        var otherwise =
            loop.isRecursive
            ? Frame(symbols: Symbols(parent: frame.symbols, function: inner.symbols.function)) : frame.inner()
        otherwise.canBreak = !loop.isRecursive && frame.canBreak
        var info = LoopInfo(scope: Scope(), otherwise: Scope(), loopSlot: nil, slotCount: 0, test: nil)
        if loop.isRecursive || UndeclaredSearch.finds("loop", in: loop.body) || loop.body.containsScopedBlock
        {
            info.loopSlot = inner.symbols.declareParameter("loop")
        }
        inner.symbols.analyze(loop.target, asParameter: true)
        inner.symbols.analyze(loop.body)
        otherwise.symbols.analyze(loop.otherwise)
        try resolve(loop.iterable, frame)
        if let test = loop.test {
            let testFrame = frame.innerFunction()
            testFrame.symbols.analyze(loop.target, asParameter: true)
            testFrame.symbols.analyze(test)
            let target = copy(loop.target)
            resolve(target, testFrame)
            try resolve(test, testFrame)
            info.test = LoopTest(
                target: target, scope: testFrame.symbols.scope(),
                slotCount: testFrame.symbols.function.slotCount)
        }
        resolve(loop.target, inner)
        try resolve(loop.body, inner)
        try resolve(loop.otherwise, otherwise)
        info.scope = inner.symbols.scope()
        info.otherwise = otherwise.symbols.scope()
        info.slotCount = inner.symbols.function.slotCount
        scopes[loop.id] = .loop(info)
    }

    /// The same target with references of its own.
    private mutating func copy(_ target: Target) -> Target {
        switch target {
        case .tuple(let items, let at):
            var copies: [Target] = []
            for item in items { copies.append(copy(item)) }
            return .tuple(copies, at: at)
        case .name(let name, _):
            references.append(Reference(hops: 0, slot: 0))
            return .name(name, reference: references.count - 1)
        case .attribute: return target
        }
    }

    private mutating func resolve(_ macro: Macro, _ frame: Frame) throws(TemplateError) {
        let inner = frame.innerFunction()
        let symbols = inner.symbols
        var info = MacroInfo(scope: Scope(), slotCount: 0, parameterSlots: [], usesCaller: false)
        for parameter in macro.parameters {
            info.parameterSlots.append(symbols.declareParameter(parameter.name))
        }
        func isParameter(_ name: String) -> Bool { macro.parameters.contains { $0.name == name } }
        if UndeclaredSearch.finds("caller", in: macro.body) {
            info.usesCaller = true
            if let caller = macro.parameters.first(where: { $0.name == "caller" }) {
                guard caller.initial != nil else {
                    throw macro.at.error(
                        .syntax,
                        "When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default."
                    )
                }
            } else {
                info.callerSlot = symbols.declareParameter("caller")
            }
        }
        if UndeclaredSearch.finds("kwargs", in: macro.body), !isParameter("kwargs") {
            info.keywordsSlot = symbols.declareParameter("kwargs")
        }
        if UndeclaredSearch.finds("varargs", in: macro.body), !isParameter("varargs") {
            info.positionalSlot = symbols.declareParameter("varargs")
        }
        for parameter in macro.parameters { if let initial = parameter.initial { symbols.analyze(initial) } }
        symbols.analyze(macro.body)
        for parameter in macro.parameters {
            bind(parameter.name, parameter.reference, inner)
            if let initial = parameter.initial { try resolve(initial, inner) }
        }
        try resolve(macro.body, inner)
        info.scope = symbols.scope()
        info.slotCount = symbols.function.slotCount
        scopes[macro.id] = .macro(info)
    }

    /// A block is a function that sees the context and the top level's variables only.
    private mutating func resolve(_ block: Block, _ frame: Frame) throws(TemplateError) {
        guard blockNames.insert(block.name).inserted else {
            throw block.at.error(.syntax, "block '\(block.name)' defined twice")
        }
        let inner = Frame(symbols: Symbols(parent: nil, function: FunctionScope(depth: 0)))
        inner.symbols.analyze(block.body)
        try resolve(block.body, inner)
        var info = BlockInfo(
            scope: inner.symbols.scope(), slotCount: inner.symbols.function.slotCount, visible: [],
            rootVisible: [])
        for name in root.stores.sorted() {
            if let variable = root.references[name] { info.rootVisible.append((name, variable.slot)) }
        }
        if block.isScoped {
            var symbols: Symbols? = frame.symbols
            var seen: Set<String> = []
            while let level = symbols {
                for name in level.stores.sorted() where seen.insert(name).inserted {
                    guard let variable = frame.symbols.find(name) else { continue }
                    info.visible.append((name, reference(to: variable, from: frame.symbols)))
                }
                symbols = level.parent
            }
        }
        scopes[block.id] = .block(info)
    }
}

extension [Statement] {
    /// jinja2 looks for these in the whole loop; directly in its body is where they are used.
    fileprivate var containsScopedBlock: Bool {
        contains { if case .block(let block) = $0 { block.isScoped } else { false } }
    }
}
