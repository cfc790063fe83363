/// One of the Python functions that jinja2 would compile a template to.
final class FunctionScope {
    let depth: Int
    private(set) var slotCount = 0

    init(depth: Int) {
        self.depth = depth
    }

    func newSlot() -> Int {
        slotCount += 1
        return slotCount - 1
    }
}

struct Variable: Hashable {
    /// Depth of the function that owns the slot.
    var depth: Int
    var slot: Int
}

/// The names of one scope, after jinja2's `idtracking.Symbols`: it decides at compile time which
/// variable a name means, and templates depend on its decisions.
final class Symbols {
    enum Load {
        case parameter
        case resolve(String)
        case alias(Variable)
        case undefined
    }

    /// Slots by name, shared by the copies made for the branches of an `if`.
    private final class Slots {
        var byName: [String: Int] = [:]
    }

    let parent: Symbols?
    let function: FunctionScope
    /// In a branch of an `if`: the names as they were before it. The branch holds only what it adds.
    private let base: Symbols?
    private let slots: Slots
    private(set) var references: [String: Variable] = [:]
    private(set) var loads: [Variable: Load] = [:]
    private(set) var stores: Set<String> = []

    init(parent: Symbols?, function: FunctionScope) {
        self.parent = parent
        self.function = function
        base = nil
        slots = Slots()
    }

    private init(branchOf other: Symbols) {
        parent = other.parent
        function = other.function
        base = other
        slots = other.slots
    }

    /// The names for one branch of an `if`.
    func branch() -> Symbols {
        Symbols(branchOf: self)
    }

    private func define(_ name: String, _ load: Load) {
        let slot: Int
        if let known = slots.byName[name] {
            slot = known
        } else {
            slot = function.newSlot()
            slots.byName[name] = slot
        }
        let variable = Variable(depth: function.depth, slot: slot)
        references[name] = variable
        loads[variable] = load
    }

    func find(_ name: String) -> Variable? {
        own(name) ?? parent?.find(name)
    }

    private func own(_ name: String) -> Variable? {
        references[name] ?? base?.own(name)
    }

    private func hasStored(_ name: String) -> Bool {
        stores.contains(name) || (base?.hasStored(name) ?? false)
    }

    func load(_ name: String) {
        if find(name) == nil { define(name, .resolve(name)) }
    }

    func store(_ name: String) {
        stores.insert(name)
        guard own(name) == nil else { return }
        define(name, parent?.find(name).map { .alias($0) } ?? .undefined)
    }

    @discardableResult
    func declareParameter(_ name: String) -> Int {
        stores.insert(name)
        define(name, .parameter)
        return references[name]?.slot ?? 0
    }

    /// Joins what the branches of an `if` did: what only some of them assign starts with the
    /// value it would have had without the `if`.
    func join(_ branches: [Symbols]) {
        var assigned: Set<String> = []
        for branch in branches { assigned.formUnion(branch.stores) }
        assigned = assigned.filter { !hasStored($0) }
        for branch in branches {
            references.merge(branch.references) { $1 }
            loads.merge(branch.loads) { $1 }
            stores.formUnion(branch.stores)
        }
        for name in assigned {
            guard let target = find(name) else { continue }
            loads[target] = parent?.find(name).map { .alias($0) } ?? .resolve(name)
        }
    }

    /// What to do on entering and leaving this scope, in the function that it belongs to.
    func scope() -> Scope {
        var scope = Scope()
        for (variable, load) in loads.sorted(by: { $0.key.slot < $1.key.slot }) {
            scope.slots.append(variable.slot)
            switch load {
            case .parameter: break
            case .resolve(let name): scope.loads.append(.resolve(slot: variable.slot, name: name))
            case .alias(let outer):
                let from = Reference(hops: function.depth - outer.depth, slot: outer.slot)
                scope.loads.append(.alias(slot: variable.slot, from: from))
            case .undefined: scope.loads.append(.clear(slot: variable.slot))
            }
        }
        return scope
    }
}
