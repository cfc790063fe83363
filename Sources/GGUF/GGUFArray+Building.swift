// Arrays made by hand, for `GGUFWriter`. The labels name the type in the file.
extension GGUFArray {
    public init(uint8 values: [UInt8]) { self.init(.uint8, values) { $0.append($1) } }
    public init(int8 values: [Int8]) { self.init(.int8, values) { $0.append(UInt8(bitPattern: $1)) } }
    public init(uint16 values: [UInt16]) { self.init(.uint16, values) { $0.appendLittleEndian($1) } }
    public init(int16 values: [Int16]) { self.init(.int16, values) { $0.appendLittleEndian($1) } }
    public init(uint32 values: [UInt32]) { self.init(.uint32, values) { $0.appendLittleEndian($1) } }
    public init(int32 values: [Int32]) { self.init(.int32, values) { $0.appendLittleEndian($1) } }
    public init(uint64 values: [UInt64]) { self.init(.uint64, values) { $0.appendLittleEndian($1) } }
    public init(int64 values: [Int64]) { self.init(.int64, values) { $0.appendLittleEndian($1) } }
    public init(float32 values: [Float]) {
        self.init(.float32, values) { $0.appendLittleEndian($1.bitPattern) }
    }
    public init(float64 values: [Double]) {
        self.init(.float64, values) { $0.appendLittleEndian($1.bitPattern) }
    }
    public init(bools values: [Bool]) { self.init(.bool, values) { $0.append($1 ? 1 : 0) } }
    public init(strings values: [String]) { self.init(.string, values) { $0.appendString($1.utf8) } }
    /// Strings whose bytes may be no UTF-8.
    public init(byteStrings values: [[UInt8]]) { self.init(.string, values) { $0.appendString($1) } }
    /// An array of arrays.
    public init(arrays values: [GGUFArray]) { self.init(.array, values) { $0.appendArray($1) } }

    private init<Element>(
        _ type: GGUFValueType, _ values: [Element], _ append: (inout [UInt8], Element) -> Void
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * type.leastBytes)
        for value in values { append(&bytes, value) }
        self.init(elementType: type, count: values.count, encoded: ByteRange(bytes))
    }

    /// The greatest number of elements of this array and those in it.
    var largestCount: Int {
        max(count, arrays()?.map(\.largestCount).max() ?? 0)
    }

    /// How deep arrays nest in this one: 1 for an array of numbers.
    var depth: Int {
        1 + (arrays()?.map(\.depth).max() ?? 0)
    }
}

// The format's encoding: little-endian numbers, strings as a 64-bit length and their bytes.
extension [UInt8] {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        var rest = value.littleEndian
        unsafe Swift.withUnsafeBytes(of: &rest) { unsafe append(contentsOf: $0) }
    }

    mutating func appendString(_ bytes: some Collection<UInt8>) {
        appendLittleEndian(UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    mutating func appendArray(_ array: GGUFArray) {
        appendLittleEndian(array.elementType.rawValue)
        appendLittleEndian(UInt64(array.count))
        array.encoded.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
        }
    }

    mutating func appendValue(_ value: GGUFValue) {
        switch value {
        case .uint8(let value): appendLittleEndian(value)
        case .int8(let value): appendLittleEndian(value)
        case .uint16(let value): appendLittleEndian(value)
        case .int16(let value): appendLittleEndian(value)
        case .uint32(let value): appendLittleEndian(value)
        case .int32(let value): appendLittleEndian(value)
        case .uint64(let value): appendLittleEndian(value)
        case .int64(let value): appendLittleEndian(value)
        case .float32(let value): appendLittleEndian(value.bitPattern)
        case .float64(let value): appendLittleEndian(value.bitPattern)
        case .bool(let value): append(value ? 1 : 0)
        case .string(let text): appendString(text.utf8)
        case .array(let array): appendArray(array)
        }
    }

    /// Appends zeros up to a multiple of `alignment`.
    mutating func pad(to alignment: Int) {
        append(contentsOf: repeatElement(0, count: count.padding(to: alignment)))
    }
}

extension Int {
    /// What lacks to a multiple of `alignment`, a power of two.
    func padding(to alignment: Int) -> Int { -self & (alignment - 1) }
}
