/// What a caller hands to a template: JSON's values, with the order of an object's keys and the
/// difference between integers and floating-point numbers kept.
public enum TemplateValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    /// An integer that does not fit `Int`, as its decimal digits with an optional minus sign.
    /// It prints as it is; arithmetic with it is an error.
    case bigInt(String)
    case double(Double)
    case string(String)
    case array([TemplateValue])
    case object(TemplateObject)
}

/// An object with its keys in the order in which they came.
///
/// Keys are compared by their bytes, as JSON and Python do, not by canonical equivalence.
public struct TemplateObject: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public var key: String
        public var value: TemplateValue

        public init(key: String, value: TemplateValue) {
            self.key = key
            self.value = value
        }

        public static func == (a: Entry, b: Entry) -> Bool {
            a.key.utf8.elementsEqual(b.key.utf8) && a.value == b.value
        }
    }

    /// May hold a key twice; then the last value counts, at the first's place.
    public var entries: [Entry]

    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// The value under `key`. Takes time proportional to the number of entries.
    public subscript(key: String) -> TemplateValue? {
        get {
            entries.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
        }
        set {
            guard let newValue else {
                entries.removeAll { $0.key.utf8.elementsEqual(key.utf8) }
                return
            }
            if let index = entries.lastIndex(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
                entries[index].value = newValue
            } else {
                entries.append(Entry(key: key, value: newValue))
            }
        }
    }
}

extension TemplateValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: TemplateValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, TemplateValue)...) {
        self = .object(TemplateObject(elements.map { TemplateObject.Entry(key: $0.0, value: $0.1) }))
    }
}
