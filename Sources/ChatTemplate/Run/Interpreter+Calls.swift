extension Interpreter {
    func makeMacro(_ macro: Macro, _ activation: Activation) throws(TemplateError) -> Value {
        guard case .macro(let info) = program.scopes[macro.id] else { throw fail("a macro without a scope") }
        if !activation.isRegistered {
            // A macro in a variable of the function it refers to: a cycle, to be broken at the end.
            activation.isRegistered = true
            register(activation)
        }
        return .object(MacroObject(macro, info, activation))
    }

    func call(_ block: CallBlock, _ activation: Activation) throws(TemplateError) {
        let body = try makeMacro(block.body, activation)
        guard let call = block.call, case .call(let callee, let arguments) = call.kind else {
            try writeText(try self.call(body, Arguments()))
            return
        }
        let function = try evaluate(callee, activation)
        var values = try evaluate(arguments, activation)
        guard !values.keywords.contains(where: { $0.name == "caller" }) else {
            throw call.at.error(.runtime, "got multiple values for keyword argument 'caller'")
        }
        values.keywords.append(Arguments.Keyword(name: "caller", value: body))
        at = call.at
        try writeText(try self.call(function, values))
    }

    func evaluate(_ arguments: CallArguments, _ activation: Activation) throws(TemplateError) -> Arguments {
        var result = Arguments()
        if arguments.isEmpty { return result }
        result.positional.reserveCapacity(arguments.positional.count)
        for argument in arguments.positional { result.positional.append(try evaluate(argument, activation)) }
        for (name, value) in arguments.keywords {
            result.keywords.append(Arguments.Keyword(name: name, value: try evaluate(value, activation)))
        }
        if let unpacked = arguments.unpacked {
            result.positional += try items(try evaluate(unpacked, activation))
        }
        if let unpacked = arguments.unpackedKeywords {
            guard case .dict(let dict) = try evaluate(unpacked, activation) else {
                throw fail("argument after ** must be a mapping")
            }
            // A dict's keys differ; only the keywords written out can clash with them.
            let written = result.keywords
            for index in dict.keys.indices {
                guard case .string(let key) = dict.keys[index] else { throw fail("keywords must be strings") }
                try charge(produced: key.count)
                let name = key.string
                guard !written.contains(where: { $0.name == name }) else {
                    throw fail("got multiple values for keyword argument '\(name)'")
                }
                result.keywords.append(Arguments.Keyword(name: name, value: dict.values[index], source: key))
            }
        }
        return result
    }

    func call(_ callee: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = callee { throw fail(undefined.message) }
        guard case .object(let object) = callee else {
            throw fail("'\(callee.typeName)' object is not callable")
        }
        switch object {
        case let method as MethodObject: return try callMethod(method, arguments)
        case let function as FunctionObject: return try function.body(self)(arguments)
        case let macro as MacroObject: return try call(macro, arguments)
        case let joiner as JoinerObject:
            try expectNoArguments(arguments, "joiner")
            return joiner.call()
        case let loop as LoopObject:
            guard let (body, activation) = loop.recursion else {
                throw fail("The loop must have the 'recursive' marker to be called recursively.")
            }
            guard let items = try bind(arguments, to: "loop", ["iterable"], required: 1)[0] else {
                return .none
            }
            return .string(try recurse(body, items, activation, depth0: loop.depth0 + 1))
        default: throw fail("'\(callee.typeName)' object is not callable")
        }
    }

    private func call(_ object: MacroObject, _ arguments: Arguments) throws(TemplateError) -> Value {
        try enterLevel()
        defer { depth -= 1 }
        let (macro, info) = (object.macro, object.info)
        let callPosition = at
        let activation = try makeActivation(info.slotCount, in: object.activation)
        var arguments = arguments
        var callerIsParameter = false
        for (index, slot) in info.parameterSlots.enumerated() {
            let name = macro.parameters[index].name
            try charge(inspected: arguments.keywords.count)
            if index < arguments.positional.count {
                activation.slots[slot] = arguments.positional[index]
            } else {
                activation.slots[slot] = arguments.takeKeyword(name)
                if name == "caller" { callerIsParameter = true }
            }
        }
        if arguments.positional.count >= info.parameterSlots.count {
            callerIsParameter = macro.parameters.contains { $0.name == "caller" }
        }
        if info.usesCaller, !callerIsParameter, let slot = info.callerSlot {
            activation.slots[slot] = arguments.takeKeyword("caller") ?? undefined("No caller defined")
        }
        let name = macro.name.map { "'\($0)'" } ?? "None"
        if let slot = info.keywordsSlot {
            var builder = DictBuilder()
            for keyword in arguments.keywords { builder.set(keyword.key, keyword.value) }
            activation.slots[slot] = try dict(builder)
        } else if let extra = arguments.keywords.first {
            throw fail("macro \(name) takes no keyword argument '\(extra.name)'")
        }
        let rest = arguments.positional.dropFirst(info.parameterSlots.count)
        if let slot = info.positionalSlot {
            activation.slots[slot] = try tuple(Array(rest))
        } else if !rest.isEmpty {
            throw fail("macro \(name) takes not more than \(info.parameterSlots.count) argument(s)")
        }
        try enter(info.scope, activation)
        for (index, slot) in info.parameterSlots.enumerated() where activation.slots[slot] == nil {
            let parameter = macro.parameters[index]
            if let initial = parameter.initial {
                activation.slots[slot] = try evaluate(initial, activation)
            } else {
                activation.slots[slot] = undefined("parameter '\(parameter.name)' was not provided")
            }
        }
        let (text, _) = try capture { () throws(TemplateError) in try execute(macro.body, activation) }
        at = callPosition
        return .string(text)
    }
}
