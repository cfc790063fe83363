/// What a template computes with: Python's values, as far as templates see them.
///
/// Lists, tuples and dicts never change once made: the sandbox that templates run in
/// (jinja2's `ImmutableSandboxedEnvironment`) forbids every method that would change them.
enum Value {
    case undefined(UndefinedValue)
    case none
    case bool(Bool)
    case int(Int)
    /// An integer beyond `Int`, as decimal digits.
    case bigInt(Text)
    case float(Double)
    case string(Text)
    case list(ListObject)
    case tuple(ListObject)
    case dict(DictObject)
    case object(Object)

    static func string(_ string: String) -> Value { .string(Text(string)) }
}

/// A name or attribute that does not exist: prints as nothing, is false and empty; anything
/// else done with it fails with `message`.
final class UndefinedValue: Sendable {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// Items of a list or tuple.
final class ListObject {
    let items: [Value]
    /// How deep containers nest in here; bounded, so that recursion over a value is too.
    let depth: Int
    /// Attribute names of a named tuple.
    let fields: [String]

    init(_ items: [Value], depth: Int, fields: [String] = []) {
        self.items = items
        self.depth = depth
        self.fields = fields
    }
}

extension Value {
    /// Python's name of the type.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .int, .bigInt: "int"
        case .float: "float"
        case .string(let text): text.isMarkup ? "Markup" : "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dict: "dict"
        case .object(let object): object.typeName
        }
    }

    /// How jinja2 names a value in messages about missing attributes.
    var describedType: String {
        switch self {
        case .none: "None"
        case .object(let object) where !object.isBuiltin: "jinja2.\(object.typeName) object"
        default: "\(typeName) object"
        }
    }

    var depth: Int {
        switch self {
        case .list(let list), .tuple(let list): list.depth
        case .dict(let dict): dict.depth
        case .object(let object): object.depth
        default: 0
        }
    }

    /// True, 1 and 1.0 as an integer; nil for anything that is not an integer in Python.
    var integer: Int? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): value
        default: nil
        }
    }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    var text: Text? {
        if case .string(let text) = self { text } else { nil }
    }
}
