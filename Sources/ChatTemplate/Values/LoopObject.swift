/// The variable `loop`: walks over the items, one ahead where a template asks for what follows.
final class LoopObject: Object, Clearable {
    private var iterator: ValueIterator
    private var knownLength: Int?
    private(set) var index0 = -1
    private var current: Value?
    private var before: Value?
    private var after: Value?
    private var lastChanged: [Value]?
    /// Renders the loop's body over other items, for recursive loops.
    private(set) var recursion: (loop: ForLoop, activation: Activation)?
    let depth0: Int

    init(_ iterator: ValueIterator, length: Int?, recursion: (ForLoop, Activation)?, depth0: Int) {
        self.iterator = iterator
        knownLength = length
        self.recursion = recursion
        self.depth0 = depth0
    }

    override var typeName: String { "LoopContext" }
    override var isBuiltin: Bool { false }
    override var depth: Int { 1 }
    override var isCallable: Bool { true }

    func clear() {
        iterator = ValueIterator()
        current = nil
        before = nil
        after = nil
        lastChanged = nil
        recursion = nil
    }

    func next(_ interpreter: Interpreter) throws(TemplateError) -> Value? {
        let item: Value
        if let ahead = after {
            item = ahead
            after = nil
        } else if let fresh = try iterator.next(interpreter) {
            item = fresh
        } else {
            return nil
        }
        index0 += 1
        before = current
        current = item
        return item
    }

    private func peek(_ interpreter: Interpreter) throws(TemplateError) -> Value? {
        if after == nil { after = try iterator.next(interpreter) }
        return after
    }

    /// Items in all. Those of a generator are computed for it.
    func length(_ interpreter: Interpreter) throws(TemplateError) -> Int {
        if let knownLength { return knownLength }
        var rest: [Value] = []
        while let item = try iterator.next(interpreter) {
            rest.append(item)
            try interpreter.charge(produced: 1)
        }
        iterator = ValueIterator(rest)
        let length = rest.count + index0 + 1 + (after == nil ? 0 : 1)
        knownLength = length
        return length
    }

    override func attribute(_ name: String, _ interpreter: Interpreter) throws(TemplateError) -> Value? {
        switch name {
        case "index": return .int(index0 + 1)
        case "index0": return .int(index0)
        case "first": return .bool(index0 == 0)
        case "last": return .bool(try peek(interpreter) == nil)
        case "length": return .int(try length(interpreter))
        case "revindex": return .int(try length(interpreter) - index0)
        case "revindex0": return .int(try length(interpreter) - index0 - 1)
        case "depth": return .int(depth0 + 1)
        case "depth0": return .int(depth0)
        case "previtem":
            guard index0 != 0, let before else {
                return .undefined(UndefinedValue("there is no previous item"))
            }
            return before
        case "nextitem":
            return try peek(interpreter) ?? .undefined(UndefinedValue("there is no next item"))
        case "cycle", "changed": return .object(MethodObject(.object(self), name))
        default: return nil
        }
    }

    func changed(_ values: [Value], _ interpreter: Interpreter) throws(TemplateError) -> Bool {
        if let lastChanged, try interpreter.equalItems(lastChanged, values) { return false }
        lastChanged = values
        return true
    }
}
