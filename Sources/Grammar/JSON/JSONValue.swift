/// A JSON text as it is written: members in order, numbers exact.
indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(ExactDecimal, text: String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// Equal as JSON Schema says: numbers by value, objects whatever the order of their members.
    static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a, _), .number(let b, _)): a == b
        case (.string(let a), .string(let b)): a.unicodeScalars.elementsEqual(b.unicodeScalars)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)):
            a.count == b.count && a.allSatisfy { member in right[member.name] == member.value }
        default: false
        }
    }

    /// The value of an object's member.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.unicodeScalars.elementsEqual(name.unicodeScalars) }?.value
    }

    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

struct JSONMember: Sendable, Equatable {
    var name: String
    var value: JSONValue
}
