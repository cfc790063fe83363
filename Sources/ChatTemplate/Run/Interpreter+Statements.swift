extension Interpreter {
    func execute(_ statements: [Statement], _ activation: Activation) throws(TemplateError) -> Flow {
        for statement in statements {
            let flow = try execute(statement, activation)
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func execute(_ statement: Statement, _ activation: Activation) throws(TemplateError) -> Flow {
        try step()
        try enterLevel()
        defer { depth -= 1 }
        switch statement {
        case .output(let parts): try output(parts, activation)
        case .conditional(let branches, let otherwise):
            for branch in branches where try isTrue(try evaluate(branch.test, activation)) {
                return try execute(branch.body, activation)
            }
            return try execute(otherwise, activation)
        case .forLoop(let loop): return try run(loop, activation)
        case .set(let assignment):
            try checkNamespaces(assignment.target, activation)
            try assign(try evaluate(assignment.value, activation), to: assignment.target, activation)
        case .setBlock(let assignment): return try set(assignment, activation)
        case .macro(let macro):
            store(try makeMacro(macro, activation), program.references[macro.reference], activation)
        case .callBlock(let block): try call(block, activation)
        case .filterBlock(let block): return try filter(block, activation)
        case .with(let with): return try run(with, activation)
        case .block(let block): try run(block, activation)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        case .unsupported(let message, let position): throw position.error(.runtime, message)
        }
        return .normal
    }

    private func output(_ parts: [OutputPart], _ activation: Activation) throws(TemplateError) {
        for part in parts {
            switch part {
            case .text(let text): try write(text)
            case .value(let expression):
                let value = try evaluate(expression, activation)
                try write(try str(value))
            }
        }
    }

    /// What a block is replaced with must be text already, as in jinja2.
    func writeText(_ value: Value) throws(TemplateError) {
        guard case .string(let text) = value else {
            throw fail("sequence item: expected str instance, \(value.typeName) found")
        }
        try write(text)
    }

    // MARK: Variables

    func enter(_ scope: Scope, _ activation: Activation) throws(TemplateError) {
        try charge(inspected: scope.loads.count * 8)
        for load in scope.loads {
            switch load {
            case .resolve(let slot, let name): activation.slots[slot] = resolve(name)
            case .alias(let slot, let from):
                activation.slots[slot] = activation.owner(from.hops).slots[from.slot]
            case .clear(let slot): activation.slots[slot] = nil
            }
        }
    }

    func leave(_ scope: Scope, _ activation: Activation) {
        for slot in scope.slots { activation.slots[slot] = nil }
    }

    /// A variable of the context, or a function of the environment.
    private func resolve(_ name: String) -> Value? {
        if let value = context[name] { return value }
        if name == "strftime_now", now == nil { return nil }
        return Builtins.functions[name].map { .object(FunctionObject(name, $0)) }
    }

    private func store(_ value: Value, _ reference: Reference, _ activation: Activation) {
        activation.owner(reference.hops).slots[reference.slot] = value
    }

    /// Attributes can only be set on namespaces; jinja2 checks that before it evaluates the value.
    private func checkNamespaces(_ target: Target, _ activation: Activation) throws(TemplateError) {
        switch target {
        case .name: break
        case .tuple(let items, _):
            for item in items { try checkNamespaces(item, activation) }
        case .attribute(_, let reference, _, let position): _ = try namespace(reference, position, activation)
        }
    }

    private func namespace(
        _ reference: Int, _ position: Position, _ activation: Activation
    ) throws(TemplateError) -> NamespaceObject {
        let place = program.references[reference]
        guard case .object(let object) = activation.owner(place.hops).slots[place.slot],
            let namespace = object as? NamespaceObject
        else { throw position.error(.runtime, "cannot assign attribute on non-namespace object") }
        return namespace
    }

    func assign(_ value: Value, to target: Target, _ activation: Activation) throws(TemplateError) {
        switch target {
        case .name(_, let reference): store(value, program.references[reference], activation)
        case .attribute(_, let reference, let name, let position):
            let namespace = try namespace(reference, position, activation)
            at = position
            try set(Text(name), value, on: namespace)
        case .tuple(let targets, let position):
            at = position
            guard var iterator = ValueIterator(value) else {
                throw fail("cannot unpack non-iterable \(value.typeName) object")
            }
            var values: [Value] = []
            while values.count <= targets.count, let item = try iterator.next(self) { values.append(item) }
            guard values.count >= targets.count else {
                throw fail("not enough values to unpack (expected \(targets.count), got \(values.count))")
            }
            guard values.count == targets.count else {
                throw fail("too many values to unpack (expected \(targets.count))")
            }
            for index in targets.indices { try assign(values[index], to: targets[index], activation) }
        }
    }

    func set(_ name: Text, _ value: Value, on namespace: NamespaceObject) throws(TemplateError) {
        guard name.scalars.first != "_" else {
            throw fail(
                "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '\(name.string)'. Please rename the attribute."
            )
        }
        try checkLength(1)
        namespace.attributes.set(.string(name), value)
    }

    // MARK: Blocks

    private func plainScope(_ id: Int) -> Scope {
        if case .plain(let scope) = program.scopes[id] { scope } else { Scope() }
    }

    private func set(_ assignment: BlockAssignment, _ activation: Activation) throws(TemplateError) -> Flow {
        let scope = plainScope(assignment.id)
        try enter(scope, activation)
        let (text, flow) = try capture { () throws(TemplateError) in try execute(assignment.body, activation)
        }
        guard flow == .normal else { return flow }
        var value = Value.string(text)
        if let filter = assignment.filter { value = try apply(filter, to: value, activation) }
        try checkNamespaces(assignment.target, activation)
        try assign(value, to: assignment.target, activation)
        leave(scope, activation)
        return .normal
    }

    private func filter(_ block: FilterBlock, _ activation: Activation) throws(TemplateError) -> Flow {
        let scope = plainScope(block.id)
        try enter(scope, activation)
        let (text, flow) = try capture { () throws(TemplateError) in try execute(block.body, activation) }
        guard flow == .normal else { return flow }
        try writeText(try apply(block.filter, to: .string(text), activation))
        leave(scope, activation)
        return .normal
    }

    private func run(_ with: With, _ activation: Activation) throws(TemplateError) -> Flow {
        let scope = plainScope(with.id)
        try enter(scope, activation)
        for index in with.targets.indices {
            try assign(try evaluate(with.values[index], activation), to: with.targets[index], activation)
        }
        let flow = try execute(with.body, activation)
        leave(scope, activation)
        return flow
    }

    private func run(_ block: Block, _ activation: Activation) throws(TemplateError) {
        guard case .block(let info) = program.scopes[block.id] else { return }
        let inner = try makeActivation(info.slotCount, in: nil)
        try enter(info.scope, inner)
        // The block's names come from the context, in which the template's variables are by now.
        var visible: [String: Value] = [:]
        for (name, slot) in info.rootVisible { visible[name] = rootActivation.slots[slot] }
        for (name, from) in info.visible {
            if let value = activation.owner(from.hops).slots[from.slot] { visible[name] = value }
        }
        for case .resolve(let slot, let name) in info.scope.loads {
            if let value = visible[name] { inner.slots[slot] = value }
        }
        _ = try execute(block.body, inner)
    }
}
