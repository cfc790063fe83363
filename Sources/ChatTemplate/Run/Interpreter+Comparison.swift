extension Interpreter {
    func compare(_ operation: CompareOperator, _ a: Value, _ b: Value) throws(TemplateError) -> Bool {
        switch operation {
        case .equal: return try isEqual(a, b)
        case .notEqual: return !(try isEqual(a, b))
        case .less: return try isLess(a, b, "<")
        case .greater: return try isLess(b, a, ">")
        case .lessEqual: return try isLessOrEqual(a, b, "<=")
        case .greaterEqual: return try isLessOrEqual(b, a, ">=")
        case .isIn: return try contains(b, a)
        case .isNotIn: return !(try contains(b, a))
        }
    }

    func isTrue(_ value: Value) throws(TemplateError) -> Bool {
        switch value {
        case .undefined, .none: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .bigInt: true
        case .float(let value): value != 0
        case .string(let text): !text.isEmpty
        case .list(let list), .tuple(let list): !list.items.isEmpty
        case .dict(let dict): dict.count > 0
        case .object(let loop as LoopObject): try loop.length(self) > 0
        case .object: count(of: value) != 0
        }
    }

    /// Python's `len`, for what has one without computing anything.
    func count(of value: Value) -> Int? {
        switch value {
        case .undefined: 0
        case .string(let text): text.count
        case .list(let list), .tuple(let list): list.items.count
        case .dict(let dict): dict.count
        case .object(let range as RangeObject): range.count
        case .object(let view as DictViewObject): view.dict.count
        default: nil
        }
    }

    func length(_ value: Value) throws(TemplateError) -> Int {
        if case .object(let loop as LoopObject) = value { return try loop.length(self) }
        guard let count = count(of: value) else {
            throw fail("object of type '\(value.typeName)' has no len()")
        }
        return count
    }

    // MARK: Equality

    func isEqual(_ a: Value, _ b: Value) throws(TemplateError) -> Bool {
        switch (a, b) {
        case (.string(let x), .string(let y)):
            if x.count != y.count { return false }
            try charge(inspected: x.count)
            return x == y
        case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)):
            return x === y ? true : try equalItems(x.items, y.items)
        case (.dict(let x), .dict(let y)):
            if x === y { return true }
            guard x.count == y.count else { return false }
            for index in x.keys.indices {
                try step()
                guard let other = y[x.keys[index]], try isEqual(x.values[index], other) else { return false }
            }
            return true
        case (.object(let x as RangeObject), .object(let y as RangeObject)):
            guard x.count == y.count else { return false }
            return x.count == 0 || (x.start == y.start && (x.count == 1 || x.step == y.step))
        default: return HashKey.equal(a, b)
        }
    }

    func equalItems(_ a: [Value], _ b: [Value]) throws(TemplateError) -> Bool {
        guard a.count == b.count else { return false }
        for index in a.indices {
            try step()
            guard try isEqual(a[index], b[index]) else { return false }
        }
        return true
    }

    /// Whether a value can be a dict's key. Charges for hashing it.
    func isHashable(_ value: Value) throws(TemplateError) -> Bool {
        switch value {
        case .list, .dict: return false
        case .string(let text): try charge(inspected: text.count)
        case .tuple(let list):
            for item in list.items {
                try step()
                guard try isHashable(item) else { return false }
            }
        default: break
        }
        return true
    }

    func checkHashable(_ value: Value) throws(TemplateError) {
        guard try isHashable(value) else { throw fail("unhashable type: '\(value.typeName)'") }
    }

    // MARK: Order

    func isLess(_ a: Value, _ b: Value, _ symbol: String = "<") throws(TemplateError) -> Bool {
        switch try order(a, b, symbol) {
        case .some(let order): return order < 0
        case .none: return false
        }
    }

    private func isLessOrEqual(_ a: Value, _ b: Value, _ symbol: String) throws(TemplateError) -> Bool {
        switch try order(a, b, symbol) {
        case .some(let order): return order <= 0
        case .none: return false
        }
    }

    /// -1, 0 or 1; nil if one of them is NaN.
    private func order(_ a: Value, _ b: Value, _ symbol: String) throws(TemplateError) -> Int? {
        if let x = a.number, let y = b.number { return order(x, y) }
        switch (a, b) {
        case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw fail(undefined.message)
        case (.string(let x), .string(let y)):
            try charge(inspected: min(x.count, y.count))
            for index in 0..<min(x.count, y.count) where x.scalars[index] != y.scalars[index] {
                return x.scalars[index] < y.scalars[index] ? -1 : 1
            }
            return x.count < y.count ? -1 : x.count == y.count ? 0 : 1
        case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)):
            for index in 0..<min(x.items.count, y.items.count) {
                try step()
                if !(try isEqual(x.items[index], y.items[index])) {
                    return try order(x.items[index], y.items[index], symbol)
                }
            }
            return x.items.count < y.items.count ? -1 : x.items.count == y.items.count ? 0 : 1
        case (.bigInt(let x), .bigInt(let y)):
            let (m, n) = (Double(x.string) ?? 0, Double(y.string) ?? 0)
            return m == n ? (x == y ? 0 : order(digits: x, y)) : m < n ? -1 : 1
        case (.bigInt(let x), _) where b.number != nil: return x.scalars.first == "-" ? -1 : 1
        case (_, .bigInt(let y)) where a.number != nil: return y.scalars.first == "-" ? 1 : -1
        default:
            // The operands may have been swapped to make `<` of a `>`.
            let (left, right) = symbol.hasPrefix(">") ? (b, a) : (a, b)
            throw fail(
                "'\(symbol)' not supported between instances of '\(left.typeName)' and '\(right.typeName)'")
        }
    }

    private func order(digits x: Text, _ y: Text) -> Int {
        let isNegative = x.scalars.first == "-"
        let isLess =
            x.count == y.count ? x.scalars.lexicographicallyPrecedes(y.scalars) : x.count < y.count
        return isLess != isNegative ? -1 : 1
    }

    private func order(_ a: Number, _ b: Number) -> Int? {
        switch (a, b) {
        case (.int(let x), .int(let y)): return x < y ? -1 : x == y ? 0 : 1
        case (.float(let x), .float(let y)):
            if x.isNaN || y.isNaN { return nil }
            return x < y ? -1 : x == y ? 0 : 1
        case (.int(let x), .float(let y)): return order(x, y)
        case (.float(let x), .int(let y)): return order(y, x).map { -$0 }
        }
    }

    /// Exact, also where the integer has more digits than a double.
    private func order(_ x: Int, _ y: Double) -> Int? {
        if y.isNaN { return nil }
        if y >= 0x1p63 { return -1 }
        if y < -0x1p63 { return 1 }
        let floor = y.rounded(.down)
        guard let whole = Int(exactly: floor) else { return y > 0 ? -1 : 1 }
        if x != whole { return x < whole ? -1 : 1 }
        return y > floor ? -1 : 0
    }

    // MARK: Membership

    func contains(_ container: Value, _ item: Value) throws(TemplateError) -> Bool {
        switch container {
        case .string(let text):
            guard case .string(let part) = item else {
                throw fail("'in <string>' requires string as left operand, not \(item.typeName)")
            }
            return try find(part, in: text, 0..<text.count) != nil
        case .dict(let dict):
            try checkHashable(item)
            return dict[item] != nil
        case .object(let view as DictViewObject) where view.kind == .keys:
            try checkHashable(item)
            return view.dict[item] != nil
        default:
            guard var iterator = ValueIterator(container) else {
                throw fail("argument of type '\(container.typeName)' is not iterable")
            }
            while let candidate = try iterator.next(self) {
                try step()
                if try isEqual(candidate, item) { return true }
            }
            return false
        }
    }

    /// A stable sort of indices by their keys, as Python's.
    func sortedIndices(
        _ keys: [Value], reversed: Bool, _ isLess: (Value, Value) throws(TemplateError) -> Bool
    ) throws(TemplateError) -> [Int] {
        var indices = Array(keys.indices)
        var width = 1
        while width < indices.count {
            var merged: [Int] = []
            merged.reserveCapacity(indices.count)
            var start = 0
            while start < indices.count {
                let middle = min(start + width, indices.count)
                let end = min(middle + width, indices.count)
                var (left, right) = (start, middle)
                while left < middle || right < end {
                    try step()
                    let takesRight: Bool
                    if left == middle {
                        takesRight = true
                    } else if right == end {
                        takesRight = false
                    } else if reversed {
                        takesRight = try isLess(keys[indices[left]], keys[indices[right]])
                    } else {
                        takesRight = try isLess(keys[indices[right]], keys[indices[left]])
                    }
                    merged.append(indices[takesRight ? right : left])
                    if takesRight { right += 1 } else { left += 1 }
                }
                start = end
            }
            indices = merged
            width *= 2
        }
        return indices
    }
}
