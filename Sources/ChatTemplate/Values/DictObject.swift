/// Python's dict, in insertion order.
final class DictObject {
    let keys: [Value]
    let values: [Value]
    let depth: Int
    /// Only made for dicts with more entries than are quicker to compare one by one.
    fileprivate let index: [HashKey: Int]

    fileprivate init(keys: [Value], values: [Value], depth: Int, index: [HashKey: Int]) {
        self.keys = keys
        self.values = values
        self.depth = depth
        self.index = index
    }

    var count: Int { keys.count }

    /// The value under a hashable key.
    subscript(key: Value) -> Value? {
        if keys.count <= DictBuilder.linearCount {
            for position in keys.indices where HashKey.equal(keys[position], key) { return values[position] }
            return nil
        }
        return index[HashKey(key)].map { values[$0] }
    }

    subscript(name: String) -> Value? {
        self[.string(Text(name))]
    }
}

struct DictBuilder {
    static let linearCount = 8

    private(set) var keys: [Value] = []
    private(set) var values: [Value] = []
    private var index: [HashKey: Int] = [:]

    init() {}

    init(_ dict: DictObject) {
        keys = dict.keys
        values = dict.values
        index = dict.index
    }

    var count: Int { keys.count }

    /// `key` must be hashable. A key that is there keeps its place.
    mutating func set(_ key: Value, _ value: Value) {
        if let position = find(key) {
            values[position] = value
            return
        }
        keys.append(key)
        values.append(value)
        if keys.count == DictBuilder.linearCount + 1 {
            for position in keys.indices { index[HashKey(keys[position])] = position }
        } else if keys.count > DictBuilder.linearCount {
            index[HashKey(key)] = keys.count - 1
        }
    }

    /// The value under a hashable key.
    func value(_ key: Value) -> Value? {
        find(key).map { values[$0] }
    }

    private func find(_ key: Value) -> Int? {
        if keys.count <= DictBuilder.linearCount {
            return keys.firstIndex { HashKey.equal($0, key) }
        }
        return index[HashKey(key)]
    }

    /// The dict; its depth is one more than that of its deepest value.
    func dict() -> DictObject {
        var depth = 0
        for value in values { depth = max(depth, value.depth) }
        for key in keys { depth = max(depth, key.depth) }
        return DictObject(keys: keys, values: values, depth: depth + 1, index: index)
    }
}

/// A value as a dict's key: 1, 1.0 and True are one key.
struct HashKey: Hashable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    static func == (a: HashKey, b: HashKey) -> Bool {
        equal(a.value, b.value)
    }

    static func equal(_ a: Value, _ b: Value) -> Bool {
        switch (a, b) {
        case (.string(let x), .string(let y)): return x == y
        case (.none, .none), (.undefined, .undefined): return true
        case (.bigInt(let x), .bigInt(let y)): return x == y
        case (.object(let x), .object(let y)): return x === y
        case (.tuple(let x), .tuple(let y)):
            guard x.items.count == y.items.count else { return false }
            for position in x.items.indices where !equal(x.items[position], y.items[position]) {
                return false
            }
            return true
        case (.float(let x), .float(let y)): return x == y
        case (.float(let x), _): return b.integer.map { x == Double($0) && Int(exactly: x) == $0 } ?? false
        case (_, .float(let y)): return a.integer.map { y == Double($0) && Int(exactly: y) == $0 } ?? false
        default:
            if let x = a.integer, let y = b.integer { return x == y }
            return false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch value {
        case .string(let text): hasher.combine(text)
        case .bigInt(let digits): hasher.combine(digits)
        case .float(let number):
            if let integer = Int(exactly: number) { hasher.combine(integer) } else { hasher.combine(number) }
        case .tuple(let list):
            hasher.combine(list.items.count)
            for item in list.items { HashKey(item).hash(into: &hasher) }
        case .object(let object): hasher.combine(ObjectIdentifier(object))
        default:
            if let integer = value.integer { hasher.combine(integer) } else { hasher.combine(0xA5) }
        }
    }
}
