extension Interpreter {
    func run(_ loop: ForLoop, _ activation: Activation) throws(TemplateError) -> Flow {
        let iterable = try evaluate(loop.iterable, activation)
        at = loop.iterable.at
        if loop.isRecursive {
            try write(try recurse(loop, iterable, activation, depth0: 0))
            return .normal
        }
        return try run(loop, over: iterable, activation, enclosing: activation, depth0: 0)
    }

    /// A recursive loop is a function; this is one call of it. `activation` is of the code around it.
    func recurse(
        _ loop: ForLoop, _ iterable: Value, _ activation: Activation, depth0: Int
    ) throws(TemplateError) -> Text {
        guard case .loop(let info) = program.scopes[loop.id] else { return .empty }
        try enterLevel()
        defer { depth -= 1 }
        let inner = try makeActivation(info.slotCount, in: activation)
        return try capture { () throws(TemplateError) in
            try run(loop, over: iterable, inner, enclosing: activation, depth0: depth0)
        }.0
    }

    private func run(
        _ loop: ForLoop, over iterable: Value, _ activation: Activation, enclosing: Activation, depth0: Int
    ) throws(TemplateError) -> Flow {
        guard case .loop(let info) = program.scopes[loop.id] else { return .normal }
        var iterator: ValueIterator
        var length = count(of: iterable)
        if let test = info.test {
            length = nil
            iterator = ValueIterator(try filtered(iterable, loop, test, enclosing))
        } else {
            iterator = try self.iterator(iterable)
        }
        var loopObject: LoopObject?
        if info.loopSlot != nil {
            let object = LoopObject(
                iterator, length: length, recursion: loop.isRecursive ? (loop, enclosing) : nil,
                depth0: depth0)
            register(object)
            loopObject = object
        }
        // As in jinja2, an iteration left by `continue` or `break` does not count here.
        var isEmpty = true
        loop: while true {
            try step()
            let item: Value?
            if let loopObject { item = try loopObject.next(self) } else { item = try iterator.next(self) }
            guard let item else { break }
            try assign(item, to: loop.target, activation)
            if let slot = info.loopSlot, let loopObject { activation.slots[slot] = .object(loopObject) }
            try enter(info.scope, activation)
            switch try execute(loop.body, activation) {
            case .normal: isEmpty = false
            case .continueLoop: continue
            case .breakLoop: break loop
            }
        }
        leave(info.scope, activation)
        guard isEmpty, !loop.otherwise.isEmpty else { return .normal }
        try enter(info.otherwise, activation)
        let flow = try execute(loop.otherwise, activation)
        leave(info.otherwise, activation)
        return flow
    }

    /// The items of a loop that pass its `if`.
    private func filtered(
        _ iterable: Value, _ loop: ForLoop, _ test: LoopTest, _ enclosing: Activation
    ) throws(TemplateError) -> GeneratorObject {
        guard let condition = loop.test else { throw fail("a loop's filter is missing") }
        let activation = try makeActivation(test.slotCount, in: enclosing)
        var iterator: ValueIterator?
        let generator = GeneratorObject(depth: iterable.depth + 1) {
            [self] () throws(TemplateError) -> Value? in
            if iterator == nil {
                try enter(test.scope, activation)
                iterator = try self.iterator(iterable)
            }
            while let item = try iterator?.next(self) {
                try step()
                try assign(item, to: test.target, activation)
                guard try isTrue(try evaluate(condition, activation)) else { continue }
                return try rebuilt(item, as: test.target, activation)
            }
            return nil
        }
        register(generator)
        return generator
    }

    /// What Python yields for a target list: a tuple of the targets' values.
    private func rebuilt(
        _ item: Value, as target: Target, _ activation: Activation
    ) throws(TemplateError) -> Value {
        switch target {
        case .name, .attribute: return item
        case .tuple(let targets, _):
            var values: [Value] = []
            for target in targets {
                switch target {
                case .name(_, let reference):
                    let place = program.references[reference]
                    values.append(activation.owner(place.hops).slots[place.slot] ?? .none)
                case .tuple: values.append(try rebuilt(.none, as: target, activation))
                case .attribute: break
                }
            }
            return try tuple(values)
        }
    }
}
