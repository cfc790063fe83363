/// What precedes the elements of an array: their type and how many there are.
///
///     | uint32 element type | uint64 count | elements ... |
struct ArrayHead {
    static let byteCount = 12

    let elementType: GGUFValueType
    let count: Int
    /// Where the elements begin.
    let elements: Int

    init?(_ bytes: RawSpan, at offset: Int) {
        guard bytes.byteCount - offset >= Self.byteCount,
            let type = GGUFValueType(rawValue: bytes.integer(at: offset, as: UInt32.self)),
            let count = Int(exactly: bytes.integer(at: offset + 4, as: UInt64.self))
        else { return nil }
        elementType = type
        self.count = count
        elements = offset + Self.byteCount
    }

    /// Where the elements end, or nil when they do not fit `bytes` or arrays nest deeper than `depth`.
    func end(in bytes: RawSpan, depth: Int) -> Int? {
        let room = bytes.byteCount - elements
        // Every element takes some bytes, so a count beyond them is refused before any walk.
        guard depth > 0, count <= Limits.arrayElements, count <= room / elementType.leastBytes else {
            return nil
        }
        if let size = elementType.fixedBytes { return elements + count * size }
        var offset = elements
        for _ in 0..<count {
            if elementType == .string {
                guard bytes.byteCount - offset >= 8,
                    let length = Int(exactly: bytes.integer(at: offset, as: UInt64.self)),
                    length <= bytes.byteCount - offset - 8
                else { return nil }
                offset += 8 + length
            } else {
                guard let head = ArrayHead(bytes, at: offset), let end = head.end(in: bytes, depth: depth - 1)
                else { return nil }
                offset = end
            }
        }
        return offset
    }
}
