/// One rendering of a template.
final class Interpreter {
    let program: Program
    let limits: TemplateLimits
    let context: [String: Value]
    let now: TemplateDate?
    /// Where the template is being evaluated, for errors.
    var at = Position.start
    /// What is being written to: the template's output, or what a macro or a block captures.
    var buffer = TextBuilder()
    private var steps = 0
    var depth = 0
    private var changing: [any Clearable] = []
    var rootActivation: Activation

    /// Expressions and statements inside each other while running. A macro call nests about six.
    private let depthLimit: Int

    init(_ program: Program, limits: TemplateLimits, context: [String: Value], now: TemplateDate?) {
        self.program = program
        self.limits = limits
        self.context = context
        self.now = now
        depthLimit = limits.nesting * 4
        rootActivation = Activation(slotCount: program.rootSlots, parent: nil)
    }

    func run() throws(TemplateError) -> Text {
        defer { clear() }
        try enter(program.root, rootActivation)
        _ = try execute(program.body, rootActivation)
        return buffer.text()
    }

    private func clear() {
        for object in changing { object.clear() }
        changing = []
        rootActivation.clear()
    }

    /// Must be called for every object that can change after it was made.
    func register(_ object: any Clearable) {
        changing.append(object)
    }

    // MARK: Errors and limits

    func fail(_ message: String) -> TemplateError {
        at.error(.runtime, message)
    }

    func exceeded(_ message: String) -> TemplateError {
        at.error(.limit, message)
    }

    func step() throws(TemplateError) {
        steps += 1
        if steps > limits.steps { throw exceeded("the template takes more than \(limits.steps) steps") }
    }

    func charge(produced count: Int) throws(TemplateError) {
        steps += count >> 3 + 1
        if steps > limits.steps { throw exceeded("the template takes more than \(limits.steps) steps") }
    }

    func charge(inspected count: Int) throws(TemplateError) {
        steps += count >> 4
        if steps > limits.steps { throw exceeded("the template takes more than \(limits.steps) steps") }
    }

    func enterLevel() throws(TemplateError) {
        depth += 1
        if depth > depthLimit {
            throw exceeded("the template nests or recurses deeper than \(depthLimit) levels")
        }
    }

    func checkLength(_ count: Int) throws(TemplateError) {
        try guardLength(count)
        try charge(produced: count)
    }

    /// As `checkLength` for something unfinished, to be charged for once it is done.
    func guardLength(_ count: Int) throws(TemplateError) {
        guard count <= limits.valueLength else {
            throw exceeded("a value of more than \(limits.valueLength) elements")
        }
    }

    /// Variables for one run of a function.
    func makeActivation(_ slotCount: Int, in parent: Activation?) throws(TemplateError) -> Activation {
        try charge(produced: slotCount)
        return Activation(slotCount: slotCount, parent: parent)
    }

    // MARK: Values

    func text(_ text: Text) throws(TemplateError) -> Value {
        try checkLength(text.count)
        return .string(text)
    }

    func list(_ items: [Value]) throws(TemplateError) -> Value {
        .list(try listObject(items))
    }

    func tuple(_ items: [Value]) throws(TemplateError) -> Value {
        .tuple(try listObject(items))
    }

    func listObject(_ items: [Value], fields: [String] = []) throws(TemplateError) -> ListObject {
        try checkLength(items.count)
        var depth = 0
        for item in items { depth = max(depth, item.depth) }
        try checkDepth(depth + 1)
        return ListObject(items, depth: depth + 1, fields: fields)
    }

    func dict(_ builder: DictBuilder) throws(TemplateError) -> Value {
        // Entries cost more than the items of a list.
        try checkLength(builder.count)
        try charge(produced: builder.count * 7)
        let dict = builder.dict()
        try checkDepth(dict.depth)
        return .dict(dict)
    }

    func generator(
        _ kind: String = "generator", over depth: Int, _ pull: @escaping GeneratorObject.Pull
    ) throws(TemplateError) -> Value {
        try checkDepth(depth + 1)
        let generator = GeneratorObject(kind, depth: depth + 1, pull: pull)
        register(generator)
        return .object(generator)
    }

    func checkDepth(_ depth: Int) throws(TemplateError) {
        guard depth <= limits.nesting else {
            throw exceeded("values nest deeper than \(limits.nesting) levels")
        }
    }

    func iterator(_ value: Value) throws(TemplateError) -> ValueIterator {
        guard let iterator = ValueIterator(value) else {
            throw fail("'\(value.typeName)' object is not iterable")
        }
        return iterator
    }

    /// All items of an iterable.
    func items(_ value: Value) throws(TemplateError) -> [Value] {
        if case .list(let list) = value { return list.items }
        if case .tuple(let list) = value { return list.items }
        var iterator = try iterator(value)
        var items: [Value] = []
        while let item = try iterator.next(self) {
            try checkLength(1)
            items.append(item)
        }
        try checkLength(items.count)
        return items
    }

    func undefined(_ message: String) -> Value {
        .undefined(UndefinedValue(message))
    }

    // MARK: Output

    func write(_ text: Text) throws(TemplateError) {
        try charge(produced: text.count)
        guard buffer.count + text.count <= limits.outputLength else {
            throw exceeded("more than \(limits.outputLength) characters of output")
        }
        buffer.append(text)
    }

    /// Runs statements and returns what they write; nil if a `break` or `continue` leaves them.
    func capture(_ body: () throws(TemplateError) -> Flow) throws(TemplateError) -> (Text, Flow) {
        let saved = buffer
        buffer = TextBuilder()
        let flow = try body()
        let text = buffer.text()
        buffer = saved
        try checkLength(text.count)
        return (text, flow)
    }
}

/// How a statement ended.
enum Flow {
    case normal, breakLoop, continueLoop
}
