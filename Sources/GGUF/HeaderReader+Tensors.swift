extension HeaderReader {
    /// Name, shape, type and offset from the start of the data.
    struct Entry {
        let name: String
        let type: TensorType
        let dimensions: [Int]
        let byteCount: Int
        let relativeOffset: UInt64
        /// Where the entry is in the header.
        let position: Int
    }

    /// Reads `count` entries of the tensor table.
    mutating func tensors(count: Int) throws(GGUFError) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        for index in 0..<count { entries.append(try tensor(index)) }
        return entries
    }

    private mutating func tensor(_ index: Int) throws(GGUFError) -> Entry {
        let position = offset
        let name = try name("name of tensor \(index)", limit: Limits.tensorNameBytes)
        func item() -> String { "tensor \(name.quoted)" }

        let rankOffset = offset
        let rank = try integer(item(), as: UInt32.self)
        guard rank >= 1, rank <= Limits.dimensions else {
            throw .limitExceeded(
                path: path, item: item(), offset: rankOffset, what: "number of dimensions (at least 1)",
                value: UInt64(rank), limit: Limits.dimensions)
        }
        let shapeOffset = offset
        var dimensions: [Int] = []
        for _ in 0..<rank {
            let start = offset
            let size = try integer(item(), as: UInt64.self)
            guard size > 0, let size = Int(exactly: size) else {
                throw .invalid(
                    path: path, item: item(), offset: start,
                    reason: "dimension \(size) is outside 1...\(Int.max); the file is damaged: get it again")
            }
            dimensions.append(size)
        }
        let type = try tensorType(item())
        let byteCount = try byteCount(dimensions, type, item(), shapeOffset)
        let relativeOffset = try integer(item(), as: UInt64.self)
        return Entry(
            name: name, type: type, dimensions: dimensions, byteCount: byteCount,
            relativeOffset: relativeOffset, position: position)
    }

    private mutating func tensorType(_ item: @autoclosure () -> String) throws(GGUFError) -> TensorType {
        let start = offset
        let raw = try integer(item(), as: UInt32.self)
        if let type = TensorType(rawValue: raw) { return type }
        let reason =
            switch raw {
            case 4, 5, 31...33, 36...38:
                "tensor type \(raw) was removed from the format; quantize the model again with a current llama.cpp"
            default: "tensor type \(raw) is unknown; the file is damaged or newer than this program"
            }
        throw .invalid(path: path, item: item(), offset: start, reason: reason)
    }

    private func byteCount(
        _ dimensions: [Int], _ type: TensorType, _ item: @autoclosure () -> String, _ offset: Int
    ) throws(GGUFError) -> Int {
        let row = dimensions[0]
        guard row % type.blockElements == 0 else {
            throw .invalid(
                path: path, item: item(), offset: offset,
                reason: """
                    rows of \(row) elements are no whole number of \(type) blocks of \(type.blockElements); \
                    the file is damaged: get it again
                    """)
        }
        guard let bytes = type.byteCount(dimensions: dimensions) else {
            throw .invalid(
                path: path, item: item(), offset: offset,
                reason:
                    "shape \(dimensions) of \(type) is larger than any file; the file is damaged: get it again"
            )
        }
        return bytes
    }
}
