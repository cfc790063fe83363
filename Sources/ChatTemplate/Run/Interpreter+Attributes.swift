extension Interpreter {
    /// `object.name`: an attribute, or else an item.
    func attribute(_ object: Value, _ name: String) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = object { throw fail(undefined.message) }
        if let value = try pythonAttribute(object, name) { return value }
        if case .dict(let dict) = object, let value = dict[name] { return value }
        return undefined("'\(object.describedType)' has no attribute '\(name)'")
    }

    func item(
        _ object: Expression, _ key: Expression, _ position: Position, _ activation: Activation
    ) throws(TemplateError) -> Value {
        let object = try evaluate(object, activation)
        let key = try evaluate(key, activation)
        at = position
        return try item(object, key)
    }

    /// `object[key]`: an item, or else an attribute.
    func item(_ object: Value, _ key: Value) throws(TemplateError) -> Value {
        switch object {
        case .undefined(let undefined): throw fail(undefined.message)
        case .dict(let dict):
            if try isHashable(key), let value = dict[key] { return value }
        case .list(let list), .tuple(let list):
            if let index = index(key, list.items.count) { return list.items[index] }
        case .string(let text):
            if let index = index(key, text.count) {
                return .string(text.slice(index..<index + 1).marked(text.isMarkup))
            }
        case .object(let range as RangeObject):
            if let index = index(key, range.count) { return .int(range[index]) }
        default: break
        }
        if case .string(let text) = key {
            try charge(produced: text.count * 2)
            let name = text.string
            if let value = try pythonAttribute(object, name) { return value }
            return undefined("'\(object.describedType)' has no attribute \(pythonRepr(of: text.scalars))")
        }
        return undefined("\(object.describedType) has no element \(try repr(key).string)")
    }

    /// A Python index into `count` items; nil if it is out of range or not an integer.
    private func index(_ key: Value, _ count: Int) -> Int? {
        guard let index = key.integer else { return nil }
        let place = index < 0 ? index &+ count : index
        return place >= 0 && place < count ? place : nil
    }

    /// A Python attribute, as far as the sandbox lets templates see it.
    private func pythonAttribute(_ object: Value, _ name: String) throws(TemplateError) -> Value? {
        if name.utf8.first == UInt8(ascii: "_"), Builtins.hiddenAttributes.contains(name) {
            return undefined("access to attribute '\(name)' of '\(object.typeName)' object is unsafe.")
        }
        switch object {
        case .object(let object): return try object.attribute(name, self)
        case .string: return Builtins.stringMethods.contains(name) ? method(object, name) : nil
        case .list:
            if Builtins.listMethods.contains(name) { return method(object, name) }
            return Builtins.listMutators.contains(name) ? unsafe(name, object) : nil
        case .tuple(let list):
            if let field = list.fields.firstIndex(of: name) { return list.items[field] }
            return Builtins.tupleMethods.contains(name) ? method(object, name) : nil
        case .dict:
            if Builtins.dictMethods.contains(name) { return method(object, name) }
            return Builtins.dictMutators.contains(name) ? unsafe(name, object) : nil
        case .float: return name == "is_integer" ? method(object, name) : nil
        default: return nil
        }
    }

    private func method(_ receiver: Value, _ name: String) -> Value {
        .object(MethodObject(receiver, name))
    }

    private func unsafe(_ name: String, _ object: Value) -> Value {
        undefined("access to attribute '\(name)' of '\(object.typeName)' object is unsafe.")
    }

    // MARK: Slices

    func slice(
        _ object: Expression, _ start: Expression?, _ stop: Expression?, _ step: Expression?,
        _ position: Position,
        _ activation: Activation
    ) throws(TemplateError) -> Value {
        let object = try evaluate(object, activation)
        var bounds: [Value] = []
        for bound in [start, stop, step] {
            if let bound { bounds.append(try evaluate(bound, activation)) } else { bounds.append(.none) }
        }
        at = position
        return try slice(object, bounds[0], bounds[1], bounds[2])
    }

    private func slice(_ object: Value, _ start: Value, _ stop: Value, _ step: Value) throws(TemplateError)
        -> Value
    {
        switch object {
        case .undefined(let undefined): throw fail(undefined.message)
        case .string(let text):
            let indices = try indices(text.count, start, stop, step)
            try charge(produced: indices.count)
            if indices.count == 0 { return .string(Text([], isMarkup: text.isMarkup)) }
            if indices.step == 1 {
                return .string(
                    text.slice(indices.start..<indices.start + indices.count).marked(text.isMarkup))
            }
            var builder = TextBuilder()
            for position in 0..<indices.count {
                let index = indices[position]
                builder.append(text.scalars[index], isTainted: text.isTainted(at: index))
            }
            return .string(builder.text(isMarkup: text.isMarkup))
        case .list(let list): return try self.list(try items(list.items, start, stop, step))
        case .tuple(let list): return try tuple(try items(list.items, start, stop, step))
        case .object(let range as RangeObject):
            let indices = try indices(range.count, start, stop, step)
            return .object(try makeRange(indices, of: range))
        case .dict: throw fail("unhashable type: 'slice'")
        default: throw fail("'\(object.typeName)' object is not subscriptable")
        }
    }

    private func items(
        _ items: [Value], _ start: Value, _ stop: Value, _ step: Value
    ) throws(TemplateError) -> [Value] {
        let indices = try indices(items.count, start, stop, step)
        try charge(produced: indices.count)
        if indices.count > 0, indices.step == 1 {
            return Array(items[indices.start..<indices.start + indices.count])
        }
        var result: [Value] = []
        result.reserveCapacity(indices.count)
        for position in 0..<indices.count { result.append(items[indices[position]]) }
        return result
    }

    private func makeRange(_ indices: SliceIndices, of range: RangeObject) throws(TemplateError)
        -> RangeObject
    {
        let (step, overflow) = range.step.multipliedReportingOverflow(by: indices.step)
        guard !overflow else { throw fail("integer overflow") }
        let start = range.start &+ indices.start &* range.step
        let stop = range.start &+ indices.stop &* range.step
        return RangeObject(start: start, stop: stop, step: step, count: indices.count)
    }

    struct SliceIndices {
        var start: Int
        var stop: Int
        var step: Int
        var count: Int

        subscript(position: Int) -> Int { start + position * step }
    }

    /// Python's `slice.indices`, as the number of items and where they are.
    private func indices(
        _ length: Int, _ start: Value, _ stop: Value, _ step: Value
    ) throws(TemplateError) -> SliceIndices {
        let step = try bound(step) ?? 1
        guard step != 0 else { throw fail("slice step cannot be zero") }
        let isForward = step > 0
        // Bounds of what an index may be once it is clipped.
        let (lowest, highest) = isForward ? (0, length) : (-1, length - 1)
        func clip(_ index: Int) -> Int {
            min(max(index < 0 ? index &+ length : index, lowest), highest)
        }
        let first = try bound(start).map { clip($0) } ?? (isForward ? 0 : length - 1)
        let last = try bound(stop).map { clip($0) } ?? (isForward ? length : -1)
        let distance = isForward ? last - first : first - last
        guard distance > 0 else { return SliceIndices(start: first, stop: last, step: step, count: 0) }
        let count = (distance - 1) / Int(clamping: step.magnitude) + 1
        return SliceIndices(start: first, stop: last, step: step, count: count)
    }

    private func bound(_ value: Value) throws(TemplateError) -> Int? {
        if value.isNone { return nil }
        guard let index = value.integer else {
            throw fail("slice indices must be integers or None or have an __index__ method")
        }
        return index
    }
}
