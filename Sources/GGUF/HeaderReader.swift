/// Reads the header of one mapped file from front to back, checking every number before its use.
struct HeaderReader {
    let mapping: FileMapping
    /// The next byte to read.
    private(set) var offset = 0

    init(_ mapping: FileMapping) {
        self.mapping = mapping
    }

    var path: String { mapping.path }

    /// Bytes that are left, within the file and within what a header may have.
    var remaining: Int { min(mapping.byteCount, Limits.headerBytes) - offset }

    mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ item: @autoclosure () -> String, as type: Integer.Type = Integer.self
    ) throws(GGUFError) -> Integer {
        let start = offset
        try skip(UInt64(MemoryLayout<Integer>.size), item())
        return mapping.bytes.integer(at: start, as: type)
    }

    /// Passes over `count` bytes.
    mutating func skip(_ count: UInt64, _ item: @autoclosure () -> String) throws(GGUFError) {
        try check(count, item())
        offset += Int(count)
    }

    /// Moves to an offset that was checked.
    mutating func move(to offset: Int) {
        self.offset = offset
    }

    /// Throws unless `count` more bytes are there.
    func check(_ count: UInt64, _ item: @autoclosure () -> String) throws(GGUFError) {
        guard count > UInt64(remaining) else { return }
        let (end, overflow) = UInt64(offset).addingReportingOverflow(count)
        guard overflow || end > UInt64(mapping.byteCount) else {
            throw .limitExceeded(
                path: path, item: item(), offset: offset, what: "its end", value: end,
                limit: Limits.headerBytes)
        }
        throw .truncated(
            path: path, item: item(), offset: offset, end: overflow ? .max : end, fileBytes: mapping.byteCount
        )
    }

    /// A length or count, at most `limit`, with at least `unitBytes` bytes of the file for each.
    mutating func count(
        _ what: String, of item: @autoclosure () -> String, limit: Int, unitBytes: Int
    ) throws(GGUFError) -> Int {
        let start = offset
        let value = try integer(item(), as: UInt64.self)
        guard value <= UInt64(limit) else {
            throw .limitExceeded(
                path: path, item: item(), offset: start, what: what, value: value, limit: limit)
        }
        // Cannot overflow: limits and units are small.
        try check(value * UInt64(unitBytes), item())
        return Int(value)
    }

    /// A string that must be UTF-8 and not empty: a key or a tensor's name.
    mutating func name(_ item: @autoclosure () -> String, limit: Int) throws(GGUFError) -> String {
        let start = offset
        let length = try count("its length", of: item(), limit: limit, unitBytes: 1)
        let bytes = ByteRange(mapping, offset..<offset + length).array
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw .invalid(
                path: path, item: item(), offset: start,
                reason: "not UTF-8; the file is damaged: get it again")
        }
        guard !name.isEmpty else {
            throw .invalid(
                path: path, item: item(), offset: start, reason: "empty; the file is damaged: get it again")
        }
        offset += length
        return name
    }
}
