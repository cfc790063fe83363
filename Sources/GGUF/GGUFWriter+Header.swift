extension GGUFWriter {
    /// Everything before the tensor data of one file, padded to the alignment.
    func header(
        _ part: Range<Int>, index: Int, count: Int, alignment: Int, path: String
    ) throws(GGUFError) -> [UInt8] {
        let pairs = pairs(index: index, count: count)
        guard pairs.count <= Limits.keys else {
            throw .cannotWrite(
                path: path, item: "metadata", reason: "\(pairs.count) keys; the limit is \(Limits.keys)")
        }
        var bytes: [UInt8] = Array("GGUF".utf8)
        bytes.appendLittleEndian(UInt32(3))
        bytes.appendLittleEndian(UInt64(part.count))
        bytes.appendLittleEndian(UInt64(pairs.count))
        for key in pairs.keys {
            guard let slot = pairs.slot(key) else { continue }
            try Self.check(key, slot, path)
            bytes.appendString(key.utf8)
            switch slot {
            case .text(let text):
                bytes.appendLittleEndian(GGUFValueType.string.rawValue)
                bytes.appendString(text.array)
            case .value(let value):
                bytes.appendLittleEndian(value.type.rawValue)
                bytes.appendValue(value)
            }
        }
        var offset = 0
        for tensor in tensors[part] {
            bytes.appendString(tensor.name.utf8)
            bytes.appendLittleEndian(UInt32(tensor.dimensions.count))
            for size in tensor.dimensions { bytes.appendLittleEndian(UInt64(size)) }
            bytes.appendLittleEndian(tensor.type.rawValue)
            bytes.appendLittleEndian(UInt64(offset))
            offset += tensor.byteCount + tensor.byteCount.padding(to: alignment)
        }
        guard bytes.count <= Limits.headerBytes else {
            throw .cannotWrite(
                path: path, item: "header", reason: "\(bytes.count) bytes; the limit is \(Limits.headerBytes)"
            )
        }
        bytes.pad(to: alignment)
        return bytes
    }

    /// The metadata of one file: all of it in the first, and in the others what is needed to read them.
    private func pairs(index: Int, count: Int) -> GGUFMetadata {
        var pairs = GGUFMetadata(source: metadata.source)
        if index == 0 {
            pairs = metadata
            for key in ["split.no", "split.count", "split.tensors.count"] { pairs[key] = nil }
        } else if let alignment = metadata["general.alignment"] {
            pairs["general.alignment"] = alignment
        }
        guard splitting != .none else { return pairs }
        pairs["split.no"] = .uint16(UInt16(index))
        pairs["split.tensors.count"] = .int32(Int32(tensors.count))
        pairs["split.count"] = .uint16(UInt16(count))
        return pairs
    }

    private static func check(_ key: String, _ slot: GGUFMetadata.Slot, _ path: String) throws(GGUFError) {
        func refuse(_ reason: String) -> GGUFError {
            .cannotWrite(path: path, item: "key \(key.quoted)", reason: reason)
        }
        guard !key.isEmpty, key.utf8.count <= Limits.keyBytes else {
            throw refuse("it has \(key.utf8.count) bytes; 1 to \(Limits.keyBytes) are allowed")
        }
        switch slot {
        case .text(let bytes) where bytes.count > Limits.stringBytes:
            throw refuse("\(bytes.count) bytes of text; the limit is \(Limits.stringBytes)")
        case .value(.string(let text)) where text.utf8.count > Limits.stringBytes:
            throw refuse("\(text.utf8.count) bytes of text; the limit is \(Limits.stringBytes)")
        case .value(.array(let array)) where array.largestCount > Limits.arrayElements:
            throw refuse("an array of \(array.largestCount); the limit is \(Limits.arrayElements)")
        case .value(.array(let array)) where array.depth > Limits.arrayDepth:
            throw refuse("arrays nest \(array.depth) deep; the limit is \(Limits.arrayDepth)")
        default: break
        }
    }
}
