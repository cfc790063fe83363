// Methods of everything but strings.
extension Interpreter {
    func callMethod(_ method: MethodObject, _ arguments: Arguments) throws(TemplateError) -> Value {
        let name = method.name
        switch method.receiver {
        case .string(let text): return try stringMethod(text, name, arguments)
        case .dict(let dict): return try dictMethod(dict, name, arguments)
        case .list(let list), .tuple(let list):
            if name == "copy" {
                try expectNoArguments(arguments, name)
                return .list(try listObject(list.items))
            }
            return try itemMethod(list.items, name, arguments)
        case .float(let value):
            try expectNoArguments(arguments, name)
            return .bool(value.isFinite && value == value.rounded())
        case .object(let range as RangeObject):
            return try itemMethod(try items(.object(range)), name, arguments)
        case .object(let cycler as CyclerObject):
            try expectNoArguments(arguments, name)
            if name == "next" { return cycler.next() }
            cycler.reset()
            return .none
        case .object(let loop as LoopObject):
            guard arguments.keywords.isEmpty else { throw fail("\(name)() takes no keyword arguments") }
            if name == "changed" {
                for value in arguments.positional { try charge(produced: value.text?.count ?? 1) }
                return .bool(try loop.changed(arguments.positional, self))
            }
            guard !arguments.positional.isEmpty else { throw fail("no items for cycling given") }
            // Before the first item the index is -1, which in Python is the last.
            let count = arguments.positional.count
            return arguments.positional[(loop.index0 % count + count) % count]
        default: throw fail("'\(method.receiver.typeName)' object has no method '\(name)'")
        }
    }

    private func dictMethod(_ dict: DictObject, _ name: String, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        switch name {
        case "get":
            guard arguments.keywords.isEmpty else { throw fail("dict.get() takes no keyword arguments") }
            let bound = try bind(arguments, to: "get", ["key", "default"], required: 1)
            guard let key = bound[0] else { return .none }
            try checkHashable(key)
            return dict[key] ?? bound[1] ?? .none
        case "fromkeys": return try functionFromKeys(arguments)
        default:
            try expectNoArguments(arguments, name)
            switch name {
            case "items": return .object(DictViewObject(.items, of: dict))
            case "keys": return .object(DictViewObject(.keys, of: dict))
            case "values": return .object(DictViewObject(.values, of: dict))
            default:
                try charge(produced: dict.count)
                return .dict(DictBuilder(dict).dict())
            }
        }
    }

    private func itemMethod(_ items: [Value], _ name: String, _ arguments: Arguments) throws(TemplateError)
        -> Value
    {
        let bound = try bind(
            arguments, to: name, name == "count" ? ["value"] : ["value", "start", "stop"], required: 1)
        guard let wanted = bound[0] else { return .none }
        if name == "count" {
            var count = 0
            for item in items where try isEqual(item, wanted) { count += 1 }
            try charge(inspected: items.count)
            return .int(count)
        }
        func clip(_ value: Value?, _ initial: Int) throws(TemplateError) -> Int {
            let index = try integer(value, default: initial, "index")
            return index < 0 ? max(0, index &+ items.count) : min(index, items.count)
        }
        let (start, stop) = (
            try clip(bound.count > 1 ? bound[1] : nil, 0),
            try clip(bound.count > 2 ? bound[2] : nil, items.count)
        )
        var index = start
        while index < stop {
            try step()
            if try isEqual(items[index], wanted) { return .int(index) }
            index += 1
        }
        throw fail("\(try repr(wanted).string) is not in list")
    }
}
