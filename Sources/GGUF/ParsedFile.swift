/// The header of one file, checked against the file's size.
struct ParsedFile {
    let mapping: FileMapping
    let version: Int
    let alignment: Int
    let metadata: GGUFMetadata
    private(set) var tensors: [TensorInfo]

    /// - Parameter tensorLimit: how many tensors it may have
    init(_ mapping: FileMapping, tensorLimit: Int) throws(GGUFError) {
        var reader = HeaderReader(mapping)
        let version = try Self.version(&reader)
        // An entry has at least a name's length and one letter, a rank, a size, a type and an offset.
        let tensorCount = try reader.count(
            "number of tensors", of: "header", limit: tensorLimit, unitBytes: 8 + 1 + 4 + 8 + 4 + 8)
        // A pair has at least a key's length and one letter, a type and a byte.
        let keyCount = try reader.count(
            "number of keys", of: "header", limit: Limits.keys, unitBytes: 8 + 1 + 4 + 1)
        let metadata = try reader.metadata(count: keyCount)
        let alignment = try Self.alignment(metadata, path: mapping.path)
        let entries = try reader.tensors(count: tensorCount)

        self.mapping = mapping
        self.version = version
        self.alignment = alignment
        self.metadata = metadata
        // Both terms are small: no overflow.
        let dataStart = (reader.offset + alignment - 1) / alignment * alignment
        tensors = try Self.place(entries, mapping, dataStart: dataStart, alignment: alignment)
    }

    /// Notes which of a model's files this one is.
    mutating func setShard(_ index: Int) {
        for place in tensors.indices { tensors[place].shard = index }
    }

    private static func version(_ reader: inout HeaderReader) throws(GGUFError) -> Int {
        let path = reader.path
        let magic = reader.remaining >= 4 ? try reader.integer("magic", as: UInt32.self) : 0
        guard magic == 0x4655_4747 else {
            throw .notGGUF(path: path, found: FileKind.guess(reader.mapping.bytes))
        }
        let version = try reader.integer("version", as: UInt32.self)
        // Every version so far is below 2^16, so its low half is empty only in the other byte order.
        guard version & 0xFFFF != 0 else {
            if version == 0 { throw .unsupportedVersion(path: path, version: 0) }
            throw .bigEndian(path: path)
        }
        guard version == 2 || version == 3 else { throw .unsupportedVersion(path: path, version: version) }
        return Int(version)
    }

    static func alignment(_ metadata: GGUFMetadata, path: String) throws(GGUFError) -> Int {
        let key = "general.alignment"
        guard let alignment = try metadata.int(key) else { return 32 }
        guard alignment >= 8, alignment <= Limits.alignment, alignment & (alignment - 1) == 0 else {
            throw .wrongType(
                path: path, key: key, offset: metadata.offset(key),
                expected: "a power of two in 8...\(Limits.alignment)",
                found: "\(alignment)")
        }
        return alignment
    }

    /// Turns entries into tensors at absolute offsets that lie inside the file and do not overlap.
    private static func place(
        _ entries: [HeaderReader.Entry], _ mapping: FileMapping, dataStart: Int, alignment: Int
    ) throws(GGUFError) -> [TensorInfo] {
        let path = mapping.path
        var tensors: [TensorInfo] = []
        tensors.reserveCapacity(entries.count)
        for entry in entries {
            func item() -> String { "tensor \(entry.name.quoted)" }
            guard entry.relativeOffset % UInt64(alignment) == 0 else {
                throw .invalid(
                    path: path, item: item(), offset: entry.position,
                    reason: """
                        data offset \(entry.relativeOffset) is no multiple of the alignment \(alignment); \
                        the file is damaged: get it again
                        """)
            }
            let (start, startOverflow) = UInt64(dataStart).addingReportingOverflow(entry.relativeOffset)
            let (end, endOverflow) = start.addingReportingOverflow(UInt64(entry.byteCount))
            guard !startOverflow, !endOverflow, end <= UInt64(mapping.byteCount) else {
                throw .truncated(
                    path: path, item: "data of \(item())", offset: Int(clamping: start),
                    end: startOverflow || endOverflow ? .max : end, fileBytes: mapping.byteCount)
            }
            tensors.append(
                TensorInfo(
                    name: entry.name, type: entry.type, dimensions: entry.dimensions, shard: 0,
                    offset: Int(start), byteCount: entry.byteCount))
        }
        let order = tensors.indices.sorted { tensors[$0].offset < tensors[$1].offset }
        for (earlier, later) in zip(order, order.dropFirst())
        where tensors[earlier].offset + tensors[earlier].byteCount > tensors[later].offset {
            throw .invalid(
                path: path, item: "tensor \(tensors[later].name.quoted)", offset: tensors[later].offset,
                reason:
                    "its data overlaps that of tensor \(tensors[earlier].name.quoted); the file is damaged: get it again"
            )
        }
        return tensors
    }
}
