// Values by key and type. Each accessor is nil when the key is absent and throws
// `GGUFError.wrongType` when its value is of another type; `require...` throws
// `GGUFError.missingKey` instead of nil.
extension GGUFMetadata {
    public func string(_ key: String) throws(GGUFError) -> String? {
        try convert(key, "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// A value of any integer type that fits an `Int`.
    public func int(_ key: String) throws(GGUFError) -> Int? {
        try convert(key, "an integer") { $0.integer }
    }

    /// A value of any number type, rounded to `Float`.
    public func float(_ key: String) throws(GGUFError) -> Float? {
        try convert(key, "a number") { $0.float }
    }

    public func bool(_ key: String) throws(GGUFError) -> Bool? {
        try convert(key, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
    }

    public func array(_ key: String) throws(GGUFError) -> GGUFArray? {
        try convert(key, "an array") { if case .array(let array) = $0 { array } else { nil } }
    }

    /// An array of any integer type whose elements fit an `Int`.
    public func ints(_ key: String) throws(GGUFError) -> [Int]? {
        try convert(key, "an array of integers") {
            if case .array(let array) = $0 { array.integers() } else { nil }
        }
    }

    /// An array of any number type, rounded to `Float`.
    public func floats(_ key: String) throws(GGUFError) -> [Float]? {
        try convert(key, "an array of numbers") {
            if case .array(let array) = $0 { array.floats() } else { nil }
        }
    }

    public func bools(_ key: String) throws(GGUFError) -> [Bool]? {
        try convert(key, "an array of booleans") {
            if case .array(let array) = $0 { array.bools() } else { nil }
        }
    }

    /// An array of strings; bytes that are no UTF-8 become U+FFFD.
    public func strings(_ key: String) throws(GGUFError) -> [String]? {
        try convert(key, "an array of strings") {
            if case .array(let array) = $0 { array.strings() } else { nil }
        }
    }

    /// `count` integers: an array of that many, or one integer that stands for all of them, as
    /// hyperparameters that may differ by layer are stored.
    public func ints(_ key: String, count: Int) throws(GGUFError) -> [Int]? {
        guard let value = self[key] else { return nil }
        if let integer = value.integer { return Array(repeating: integer, count: count) }
        return try counted(key, count, ints(key))
    }

    /// `count` numbers: an array of that many, or one number that stands for all of them.
    public func floats(_ key: String, count: Int) throws(GGUFError) -> [Float]? {
        guard let value = self[key] else { return nil }
        if let number = value.float { return Array(repeating: number, count: count) }
        return try counted(key, count, floats(key))
    }

    /// `count` booleans: an array of that many, or one boolean that stands for all of them.
    public func bools(_ key: String, count: Int) throws(GGUFError) -> [Bool]? {
        guard let value = self[key] else { return nil }
        if case .bool(let flag) = value { return Array(repeating: flag, count: count) }
        return try counted(key, count, bools(key))
    }

    private func counted<Element>(
        _ key: String, _ count: Int, _ elements: [Element]?
    ) throws(GGUFError) -> [Element]? {
        guard let elements, elements.count != count else { return elements }
        throw .wrongType(
            path: source, key: key, offset: offset(key), expected: "\(count) values",
            found: "an array of \(elements.count)")
    }

    private func convert<Value>(
        _ key: String, _ expected: String, _ conversion: (GGUFValue) -> Value?
    ) throws(GGUFError) -> Value? {
        guard let value = self[key] else { return nil }
        if let converted = conversion(value) { return converted }
        throw .wrongType(
            path: source, key: key, offset: offset(key), expected: expected, found: value.summary)
    }
}

extension GGUFMetadata {
    public func requireString(_ key: String) throws(GGUFError) -> String { try require(key, string(key)) }
    public func requireInt(_ key: String) throws(GGUFError) -> Int { try require(key, int(key)) }
    public func requireFloat(_ key: String) throws(GGUFError) -> Float { try require(key, float(key)) }
    public func requireBool(_ key: String) throws(GGUFError) -> Bool { try require(key, bool(key)) }
    public func requireArray(_ key: String) throws(GGUFError) -> GGUFArray { try require(key, array(key)) }
    public func requireInts(_ key: String) throws(GGUFError) -> [Int] { try require(key, ints(key)) }
    public func requireFloats(_ key: String) throws(GGUFError) -> [Float] { try require(key, floats(key)) }
    public func requireBools(_ key: String) throws(GGUFError) -> [Bool] { try require(key, bools(key)) }
    public func requireStrings(_ key: String) throws(GGUFError) -> [String] { try require(key, strings(key)) }

    public func requireInts(_ key: String, count: Int) throws(GGUFError) -> [Int] {
        try require(key, ints(key, count: count))
    }

    private func require<Value>(_ key: String, _ value: Value?) throws(GGUFError) -> Value {
        guard let value else { throw .missingKey(path: source, key: key) }
        return value
    }
}

extension GGUFValue {
    /// The value in a few words, for error texts: `uint64 18446744073709551615`, `array of 3 int32`.
    var summary: String {
        switch self {
        case .uint8(let value): "uint8 \(value)"
        case .int8(let value): "int8 \(value)"
        case .uint16(let value): "uint16 \(value)"
        case .int16(let value): "int16 \(value)"
        case .uint32(let value): "uint32 \(value)"
        case .int32(let value): "int32 \(value)"
        case .uint64(let value): "uint64 \(value)"
        case .int64(let value): "int64 \(value)"
        case .float32(let value): "float32 \(value)"
        case .float64(let value): "float64 \(value)"
        case .bool(let value): "bool \(value)"
        case .string(let text): "string '\(text.prefix(40))'"
        case .array(let array): "array of \(array.count) \(array.elementType)"
        }
    }
}
