/// Kinds of JSON values; `number` in a schema is `integer` and `fraction`.
struct SchemaKinds: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let null = SchemaKinds(rawValue: 1)
    static let boolean = SchemaKinds(rawValue: 2)
    static let integer = SchemaKinds(rawValue: 4)
    /// Numbers that are no integers.
    static let fraction = SchemaKinds(rawValue: 8)
    static let string = SchemaKinds(rawValue: 16)
    static let array = SchemaKinds(rawValue: 32)
    static let object = SchemaKinds(rawValue: 64)

    static let number: SchemaKinds = [.integer, .fraction]
    static let all = SchemaKinds(rawValue: 127)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init?(name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = .number
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .number(let number, _): self = number.isInteger ? .integer : .fraction
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }
}
