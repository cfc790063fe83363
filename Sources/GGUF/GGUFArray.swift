/// An array of metadata values, kept as the bytes of its file until it is asked for.
///
/// Its elements have one type. A small array may be held by itself; an array of a ``GGUFFile`` keeps
/// that file mapped.
public struct GGUFArray: Sendable, Equatable {
    /// Type of every element.
    public let elementType: GGUFValueType

    /// Number of elements.
    public let count: Int

    /// The elements as in a file, without the array's own type and count.
    let encoded: ByteRange
}

extension GGUFArray {
    /// The elements when they are of any integer type and each fits an `Int`, else nil.
    public func integers() -> [Int]? {
        switch elementType {
        case .uint8: numbers(UInt8.self) { Int($0) }
        case .int8: numbers(Int8.self) { Int($0) }
        case .uint16: numbers(UInt16.self) { Int($0) }
        case .int16: numbers(Int16.self) { Int($0) }
        case .uint32: numbers(UInt32.self) { Int($0) }
        case .int32: numbers(Int32.self) { Int($0) }
        case .uint64: numbers(UInt64.self) { Int(exactly: $0) }
        case .int64: numbers(Int64.self) { Int($0) }
        default: nil
        }
    }

    /// The elements when they are of any number type, rounded to `Float`, else nil.
    public func floats() -> [Float]? {
        switch elementType {
        case .float32: numbers(UInt32.self) { Float(bitPattern: $0) }
        case .float64: numbers(UInt64.self) { Float(Double(bitPattern: $0)) }
        case .uint64: numbers(UInt64.self) { Float($0) }
        default: integers()?.map { Float($0) }
        }
    }

    /// The elements when they are of any number type, as `Double`, else nil.
    public func doubles() -> [Double]? {
        switch elementType {
        case .float32: numbers(UInt32.self) { Double(Float(bitPattern: $0)) }
        case .float64: numbers(UInt64.self) { Double(bitPattern: $0) }
        case .uint64: numbers(UInt64.self) { Double($0) }
        default: integers()?.map { Double($0) }
        }
    }

    /// The elements when they are booleans, else nil.
    public func bools() -> [Bool]? {
        elementType == .bool ? numbers(UInt8.self) { $0 != 0 } : nil
    }

    /// The elements when they are strings, else nil. Bytes that are no UTF-8 become U+FFFD.
    public func strings() -> [String]? {
        var strings: [String] = []
        strings.reserveCapacity(elementType == .string ? count : 0)
        return forEachString { strings.append($0.text) } ? strings : nil
    }

    /// The bytes of each element when they are strings, else nil.
    public func byteStrings() -> [[UInt8]]? {
        var strings: [[UInt8]] = []
        strings.reserveCapacity(elementType == .string ? count : 0)
        let whole = forEachString { bytes in
            strings.append(unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) })
        }
        return whole ? strings : nil
    }

    /// The elements when they are arrays, else nil.
    public func arrays() -> [GGUFArray]? {
        guard elementType == .array else { return nil }
        var arrays: [GGUFArray] = []
        var offset = 0
        for _ in 0..<count {
            let found = encoded.withBytes { bytes -> (GGUFArray, Int)? in
                guard let head = ArrayHead(bytes, at: offset),
                    let end = head.end(in: bytes, depth: Limits.arrayDepth)
                else { return nil }
                let elements = encoded[offset + ArrayHead.byteCount..<end]
                return (GGUFArray(elementType: head.elementType, count: head.count, encoded: elements), end)
            }
            guard let (array, end) = found else { return nil }
            arrays.append(array)
            offset = end
        }
        return arrays
    }

    /// The elements one by one, whatever their type, at most `limit` of them.
    public func values(limit: Int = .max) -> [GGUFValue] {
        let wanted = max(0, min(limit, count))
        switch elementType {
        case .uint8: return numbers(UInt8.self, wanted) { .uint8($0) } ?? []
        case .int8: return numbers(Int8.self, wanted) { .int8($0) } ?? []
        case .uint16: return numbers(UInt16.self, wanted) { .uint16($0) } ?? []
        case .int16: return numbers(Int16.self, wanted) { .int16($0) } ?? []
        case .uint32: return numbers(UInt32.self, wanted) { .uint32($0) } ?? []
        case .int32: return numbers(Int32.self, wanted) { .int32($0) } ?? []
        case .uint64: return numbers(UInt64.self, wanted) { .uint64($0) } ?? []
        case .int64: return numbers(Int64.self, wanted) { .int64($0) } ?? []
        case .float32: return numbers(UInt32.self, wanted) { .float32(Float(bitPattern: $0)) } ?? []
        case .float64: return numbers(UInt64.self, wanted) { .float64(Double(bitPattern: $0)) } ?? []
        case .bool: return numbers(UInt8.self, wanted) { .bool($0 != 0) } ?? []
        case .array: return (arrays() ?? []).prefix(wanted).map { .array($0) }
        case .string:
            var values: [GGUFValue] = []
            _ = forEachString(limit: wanted) { values.append(.string($0.text)) }
            return values
        }
    }

    /// Calls `body` with the bytes of each element, in order and without a copy.
    ///
    /// - Returns: false, without a call, when the elements are no strings.
    @discardableResult
    public func forEachString(limit: Int = .max, _ body: (RawSpan) -> Void) -> Bool {
        guard elementType == .string else { return false }
        let wanted = max(0, min(limit, count))
        return encoded.withBytes { bytes in
            var offset = 0
            // The lengths were checked when the file was opened; a file that changes under its mapping
            // must still not lead outside.
            for _ in 0..<wanted {
                guard bytes.byteCount - offset >= 8,
                    let length = Int(exactly: bytes.integer(at: offset, as: UInt64.self)),
                    length <= bytes.byteCount - offset - 8
                else { return false }
                body(bytes.extracting(offset + 8..<offset + 8 + length))
                offset += 8 + length
            }
            return true
        }
    }

    private func numbers<Stored: FixedWidthInteger & BitwiseCopyable, Number>(
        _ type: Stored.Type, _ limit: Int = .max, _ convert: (Stored) -> Number?
    ) -> [Number]? {
        let wanted = min(limit, count)
        return encoded.withBytes { bytes in
            var numbers: [Number] = []
            numbers.reserveCapacity(wanted)
            for index in 0..<wanted {
                guard let number = convert(bytes.integer(at: index * MemoryLayout<Stored>.size, as: type))
                else { return nil }
                numbers.append(number)
            }
            return numbers
        }
    }
}
