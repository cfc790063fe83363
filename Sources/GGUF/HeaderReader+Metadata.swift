extension HeaderReader {
    /// Reads `count` key-value pairs.
    mutating func metadata(count: Int) throws(GGUFError) -> GGUFMetadata {
        var metadata = GGUFMetadata(source: path)
        for index in 0..<count {
            let start = offset
            let key = try name("key \(index)", limit: Limits.keyBytes)
            guard metadata.slot(key) == nil else {
                throw .duplicate(path: path, item: "key \(key.quoted)", offset: start)
            }
            let place = offset
            metadata.set(key, try slot(key), offset: place)
        }
        return metadata
    }

    private mutating func slot(_ key: String) throws(GGUFError) -> GGUFMetadata.Slot {
        func item() -> String { "key \(key.quoted)" }
        let type = try valueType(item())
        switch type {
        case .uint8: return .value(.uint8(try integer(item())))
        case .int8: return .value(.int8(try integer(item())))
        case .uint16: return .value(.uint16(try integer(item())))
        case .int16: return .value(.int16(try integer(item())))
        case .uint32: return .value(.uint32(try integer(item())))
        case .int32: return .value(.int32(try integer(item())))
        case .uint64: return .value(.uint64(try integer(item())))
        case .int64: return .value(.int64(try integer(item())))
        case .float32: return .value(.float32(Float(bitPattern: try integer(item()))))
        case .float64: return .value(.float64(Double(bitPattern: try integer(item()))))
        case .bool:
            let start = offset
            let byte = try integer(item(), as: UInt8.self)
            try checkBool(byte, item(), at: start)
            return .value(.bool(byte == 1))
        case .string:
            let length = try count("its length", of: item(), limit: Limits.stringBytes, unitBytes: 1)
            let bytes = ByteRange(mapping, offset..<offset + length)
            move(to: offset + length)
            return .text(bytes)
        case .array:
            return .value(.array(try array(item(), depth: 1)))
        }
    }

    private mutating func valueType(_ item: @autoclosure () -> String) throws(GGUFError) -> GGUFValueType {
        let start = offset
        let raw = try integer(item(), as: UInt32.self)
        if let type = GGUFValueType(rawValue: raw) { return type }
        throw .invalid(
            path: path, item: item(), offset: start,
            reason:
                "value type \(raw) is unknown (0 to 12 are); the file is damaged or newer than this program")
    }

    private func checkBool(_ byte: UInt8, _ item: @autoclosure () -> String, at offset: Int) throws(GGUFError)
    {
        guard byte <= 1 else {
            throw .invalid(
                path: path, item: item(), offset: offset,
                reason: "boolean \(byte) is neither 0 nor 1; the file is damaged: get it again")
        }
    }

    /// Reads an array's head and walks over its elements.
    private mutating func array(_ item: String, depth: Int) throws(GGUFError) -> GGUFArray {
        guard depth <= Limits.arrayDepth else {
            throw .limitExceeded(
                path: path, item: item, offset: offset, what: "depth of arrays in arrays",
                value: UInt64(depth),
                limit: Limits.arrayDepth)
        }
        let type = try valueType(item)
        let count = try count(
            "its count", of: item, limit: Limits.arrayElements, unitBytes: type.leastBytes)
        let start = offset
        switch type {
        case .string: try skipStrings(count, item)
        case .array: for _ in 0..<count { _ = try array(item, depth: depth + 1) }
        case .bool: try skipBools(count, item)
        default: move(to: start + count * type.leastBytes)
        }
        return GGUFArray(elementType: type, count: count, encoded: ByteRange(mapping, start..<offset))
    }

    private mutating func skipBools(_ count: Int, _ item: String) throws(GGUFError) {
        let file = mapping
        for index in offset..<offset + count {
            let byte = file.bytes.integer(at: index, as: UInt8.self)
            try checkBool(byte, "\(item) element \(index - offset)", at: index)
        }
        move(to: offset + count)
    }

    /// One walk over the lengths: vocabularies have hundreds of thousands.
    private mutating func skipStrings(_ count: Int, _ item: String) throws(GGUFError) {
        let file = mapping
        let bytes = file.bytes
        let limit = offset + remaining
        var position = offset
        for index in 0..<count {
            let length = limit - position >= 8 ? bytes.integer(at: position, as: UInt64.self) : .max
            guard limit - position >= 8, length <= UInt64(limit - position - 8) else {
                move(to: position)
                try skip(8, "\(item) element \(index)")
                try skip(length, "\(item) element \(index)")
                return
            }
            position += 8 + Int(length)
        }
        move(to: position)
    }
}
