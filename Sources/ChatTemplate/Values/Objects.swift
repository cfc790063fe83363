/// A value that is neither a scalar nor a plain container.
class Object {
    var typeName: String { "object" }
    /// Whether Python's own module defines the type (shows in messages).
    var isBuiltin: Bool { true }
    /// As `ListObject.depth`.
    var depth: Int { 0 }
    var isCallable: Bool { false }

    /// A Python attribute, or nil if there is none of that name.
    func attribute(_ name: String, _ interpreter: Interpreter) throws(TemplateError) -> Value? { nil }
}

/// An object that can come to refer to itself, or to a chain of any length, because it changes
/// after it was made. The interpreter empties all of them at its end, one by one: so nothing
/// leaks, and nothing is freed by a recursion of unbounded depth.
protocol Clearable: AnyObject {
    func clear()
}

/// The variables of one run of a function.
final class Activation: Clearable {
    /// nil: not assigned (yet).
    var slots: [Value?]
    let parent: Activation?
    var isRegistered = false

    init(slotCount: Int, parent: Activation?) {
        slots = Array(repeating: nil, count: slotCount)
        self.parent = parent
    }

    func owner(_ hops: Int) -> Activation {
        var result = self
        for _ in 0..<hops { if let parent = result.parent { result = parent } }
        return result
    }

    func clear() {
        slots = []
    }
}

final class NamespaceObject: Object, Clearable {
    var attributes = DictBuilder()

    override var typeName: String { "Namespace" }
    override var isBuiltin: Bool { false }
    override var depth: Int { 1 }

    override func attribute(_ name: String, _ interpreter: Interpreter) throws(TemplateError) -> Value? {
        attributes.value(.string(Text(name)))
    }

    func clear() {
        attributes = DictBuilder()
    }
}

final class RangeObject: Object {
    let start: Int
    let step: Int
    let count: Int
    let stop: Int

    init(start: Int, stop: Int, step: Int, count: Int) {
        self.start = start
        self.stop = stop
        self.step = step
        self.count = count
    }

    override var typeName: String { "range" }

    /// The item at a valid index; inside the bounds that were checked when the range was made.
    subscript(index: Int) -> Int { start &+ index &* step }

    override func attribute(_ name: String, _ interpreter: Interpreter) throws(TemplateError) -> Value? {
        switch name {
        case "start": .int(start)
        case "stop": .int(stop)
        case "step": .int(step)
        case "count", "index": .object(MethodObject(.object(self), name))
        default: nil
        }
    }
}

/// `dict.keys()` and its like.
final class DictViewObject: Object {
    enum Kind: String {
        case keys = "dict_keys"
        case values = "dict_values"
        case items = "dict_items"
    }

    let kind: Kind
    let dict: DictObject

    init(_ kind: Kind, of dict: DictObject) {
        self.kind = kind
        self.dict = dict
    }

    override var typeName: String { kind.rawValue }
    override var depth: Int { dict.depth + 1 }

    subscript(index: Int) -> Value {
        switch kind {
        case .keys: dict.keys[index]
        case .values: dict.values[index]
        case .items:
            .tuple(
                ListObject(
                    [dict.keys[index], dict.values[index]],
                    depth: max(dict.keys[index].depth, dict.values[index].depth) + 1))
        }
    }
}

/// A Python generator: items are computed when they are asked for, and only once.
final class GeneratorObject: Object, Clearable {
    typealias Pull = () throws(TemplateError) -> Value?

    private var pull: Pull?
    private let containedDepth: Int
    private let kind: String

    init(_ kind: String = "generator", depth: Int, pull: @escaping Pull) {
        self.kind = kind
        self.pull = pull
        containedDepth = depth
    }

    override var typeName: String { kind }
    override var depth: Int { containedDepth }

    func next() throws(TemplateError) -> Value? {
        guard let pull else { return nil }
        if let value = try pull() { return value }
        self.pull = nil
        return nil
    }

    func clear() {
        pull = nil
    }
}

final class MethodObject: Object {
    let receiver: Value
    let name: String

    init(_ receiver: Value, _ name: String) {
        self.receiver = receiver
        self.name = name
    }

    override var typeName: String { "builtin_function_or_method" }
    override var depth: Int { receiver.depth + 1 }
    override var isCallable: Bool { true }
}

/// A function of the environment: `range`, `raise_exception`, ...
final class FunctionObject: Object {
    let name: String
    let body: Builtins.Function

    init(_ name: String, _ body: @escaping Builtins.Function) {
        self.name = name
        self.body = body
    }

    override var typeName: String { "function" }
    override var isCallable: Bool { true }

    override func attribute(_ attribute: String, _ interpreter: Interpreter) throws(TemplateError) -> Value? {
        name == "dict" && attribute == "fromkeys"
            ? .object(FunctionObject("fromkeys", Interpreter.functionFromKeys)) : nil
    }
}

final class MacroObject: Object {
    let macro: Macro
    let info: MacroInfo
    let activation: Activation

    init(_ macro: Macro, _ info: MacroInfo, _ activation: Activation) {
        self.macro = macro
        self.info = info
        self.activation = activation
    }

    override var typeName: String { "Macro" }
    override var isBuiltin: Bool { false }
    override var depth: Int { 1 }
    override var isCallable: Bool { true }

    override func attribute(_ name: String, _ interpreter: Interpreter) throws(TemplateError) -> Value? {
        switch name {
        case "name": macro.name.map { .string($0) } ?? Value.none
        case "arguments": .tuple(ListObject(macro.parameters.map { .string($0.name) }, depth: 1))
        case "catch_kwargs": .bool(info.keywordsSlot != nil)
        case "catch_varargs": .bool(info.positionalSlot != nil)
        case "caller": .bool(info.usesCaller)
        default: nil
        }
    }
}

final class CyclerObject: Object {
    let items: ListObject
    private var position = 0

    init(_ items: ListObject) {
        self.items = items
    }

    override var typeName: String { "Cycler" }
    override var isBuiltin: Bool { false }
    override var depth: Int { items.depth + 1 }

    override func attribute(_ name: String, _ interpreter: Interpreter) throws(TemplateError) -> Value? {
        switch name {
        case "items": .tuple(items)
        case "pos": .int(position)
        case "current": items.items[position]
        case "next", "reset": .object(MethodObject(.object(self), name))
        default: nil
        }
    }

    func next() -> Value {
        let item = items.items[position]
        position = (position + 1) % items.items.count
        return item
    }

    func reset() {
        position = 0
    }
}

final class JoinerObject: Object {
    let separator: Value
    private var isUsed = false

    init(_ separator: Value) {
        self.separator = separator
    }

    override var typeName: String { "Joiner" }
    override var isBuiltin: Bool { false }
    override var depth: Int { separator.depth + 1 }
    override var isCallable: Bool { true }

    override func attribute(_ name: String, _ interpreter: Interpreter) throws(TemplateError) -> Value? {
        switch name {
        case "sep": separator
        case "used": .bool(isUsed)
        default: nil
        }
    }

    func call() -> Value {
        defer { isUsed = true }
        return isUsed ? separator : .string(.empty)
    }
}
