import GGUF
import Testing

/// Headers made to break a reader: each must be refused, with the right reason, before anything is
/// allocated for what they claim.
@Suite struct HostileTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("model.gguf")
    }

    private func refusal(_ header: RawHeader) throws -> GGUFError? {
        try GGUFTests.refusal(of: header.bytes, in: folder)
    }

    private enum Kind: Equatable { case truncated, limit, invalid, duplicate, wrongType, opened }

    private func kind(_ header: RawHeader) throws -> Kind? {
        switch try refusal(header) {
        case .truncated: .truncated
        case .limitExceeded: .limit
        case .invalid: .invalid
        case .duplicate: .duplicate
        case .wrongType: .wrongType
        case nil: .opened
        default: nil
        }
    }

    static let hugeCounts: [UInt64] = [
        1 << 16 + 1, 1 << 31, 1 << 32, 1 << 40, 1 << 61, 1 << 62, 1 << 63 - 1, 1 << 63, .max - 7, .max,
    ]

    @Test(arguments: hugeCounts) func counts(_ count: UInt64) throws {
        #expect(
            try refusal(RawHeader(tensors: count))
                == .limitExceeded(
                    path: path, item: "header", offset: 8, what: "number of tensors", value: count,
                    limit: 65536))
        #expect(
            try refusal(RawHeader(keys: count))
                == .limitExceeded(
                    path: path, item: "header", offset: 16, what: "number of keys", value: count, limit: 16384
                ))
    }

    @Test func countsBeyondTheFile() throws {
        #expect(try kind(RawHeader(tensors: 1)) == .truncated)
        #expect(try kind(RawHeader(keys: 16384)) == .truncated)
        let text = try #require(try refusal(RawHeader(keys: 100))).description
        #expect(text.contains("24 bytes") && text.contains("download"), "\(text)")
    }

    @Test(arguments: hugeCounts) func lengthsOfStrings(_ length: UInt64) throws {
        var key = RawHeader(keys: 1)
        key.integer(length)
        key.data(64)
        #expect(try kind(key) == .limit)

        var value = RawHeader(keys: 1)
        value.key("a.key", .string)
        let offset = value.bytes.count
        value.integer(length)
        value.data(64)
        if length > 48 << 20 {
            #expect(
                try refusal(value)
                    == .limitExceeded(
                        path: path, item: "key 'a.key'", offset: offset, what: "its length", value: length,
                        limit: 48 << 20))
        } else {
            #expect(try kind(value) == .truncated)
        }

        var element = RawHeader(keys: 1)
        element.key("a.key", .array)
        element.arrayHead(.string, count: 2)
        element.string("good")
        element.integer(length)
        element.data(64)
        #expect(try kind(element) == .truncated)
        #expect(try refusal(element)?.description.contains("'a.key' element 1") == true)

        var name = RawHeader(tensors: 1)
        name.integer(length)
        name.data(64)
        #expect(try kind(name) == .limit)
    }

    @Test(arguments: hugeCounts) func countsOfArrays(_ count: UInt64) throws {
        for type in GGUFValueType.allCases {
            var header = RawHeader(keys: 1)
            header.key("a.key", .array)
            header.arrayHead(type, count: count)
            header.data(256)
            #expect(try kind(header) == (count > 1 << 22 ? .limit : .truncated), "\(type)")

            var nested = RawHeader(keys: 1)
            nested.key("a.key", .array)
            nested.arrayHead(.array, count: 1)
            nested.arrayHead(type, count: count)
            nested.data(256)
            #expect(try kind(nested) == (count > 1 << 22 ? .limit : .truncated), "\(type)")
        }
    }

    @Test func depthOfArrays() throws {
        func nested(_ depth: Int) -> RawHeader {
            var header = RawHeader(keys: 1)
            header.key("a.key", .array)
            for _ in 1..<depth { header.arrayHead(.array, count: 1) }
            header.arrayHead(.uint8, count: 0)
            return header
        }
        #expect(try kind(nested(1)) == .opened)
        #expect(try kind(nested(4)) == .opened)
        #expect(try kind(nested(5)) == .limit)
        #expect(try kind(nested(100_000)) == .limit)
    }

    @Test func unknownTypes() throws {
        for raw in [13, 14, 255, 1 << 31, .max] as [UInt32] {
            var scalar = RawHeader(keys: 1)
            scalar.string("a.key")
            scalar.integer(raw)
            scalar.data(64)
            #expect(try kind(scalar) == .invalid)

            var array = RawHeader(keys: 1)
            array.key("a.key", .array)
            array.integer(raw)
            array.integer(1 as UInt64)
            array.data(64)
            #expect(try kind(array) == .invalid)
        }
        for raw in [4, 5, 31, 36, 43, 255, .max] as [UInt32] {
            var tensor = RawHeader(tensors: 1)
            tensor.tensor("t", [32], type: raw)
            tensor.data(4096)
            #expect(try kind(tensor) == .invalid)
        }
        var removed = RawHeader(tensors: 1)
        removed.tensor("t", [32], type: 31)
        removed.data(64)
        #expect(try refusal(removed)?.description.contains("was removed") == true)
    }

    @Test func keys() throws {
        func header(_ keys: [UInt8]...) -> RawHeader {
            var header = RawHeader(keys: UInt64(keys.count))
            for key in keys {
                header.string(key)
                header.integer(GGUFValueType.bool.rawValue)
                header.bytes.append(1)
            }
            header.data(0)
            return header
        }
        #expect(try kind(header([0x61], [0x62])) == .opened)
        #expect(try kind(header([0x61], [0x61])) == .duplicate)
        #expect(try kind(header([])) == .invalid)
        #expect(try kind(header([0x61, 0xFF])) == .invalid)
        #expect(try kind(header([0xED, 0xA0, 0x80])) == .invalid)
        #expect(try kind(header([UInt8](repeating: 0x61, count: 1024))) == .opened)
        #expect(try kind(header([UInt8](repeating: 0x61, count: 1025))) == .limit)
    }

    @Test func booleans() throws {
        for (byte, opens) in [(0, true), (1, true), (2, false), (255, false)] as [(UInt8, Bool)] {
            var scalar = RawHeader(keys: 1)
            scalar.key("a.key", .bool)
            scalar.bytes.append(byte)
            #expect(try kind(scalar) == (opens ? .opened : .invalid))

            var array = RawHeader(keys: 1)
            array.key("a.key", .array)
            array.arrayHead(.bool, count: 2)
            array.bytes += [1, byte]
            #expect(try kind(array) == (opens ? .opened : .invalid))
        }
    }

    @Test func alignments() throws {
        func header(_ alignment: UInt64) -> RawHeader {
            var header = RawHeader(keys: 1)
            header.key("general.alignment", .uint64)
            header.integer(alignment)
            return header
        }
        for good in [8, 16, 32, 4096, 1 << 24] as [UInt64] { #expect(try kind(header(good)) == .opened) }
        for bad in [0, 1, 4, 7, 24, 33, 1 << 25, 1 << 32, 1 << 63, .max] as [UInt64] {
            #expect(try kind(header(bad)) == .wrongType, "\(bad)")
        }
        var text = RawHeader(keys: 1)
        text.key("general.alignment", .string)
        text.string("32")
        #expect(try kind(text) == .wrongType)
    }

    @Test func tensorNames() throws {
        func header(_ names: String...) -> RawHeader {
            var header = RawHeader(tensors: UInt64(names.count))
            for (index, name) in names.enumerated() {
                header.tensor(name, [8], offset: UInt64(index * 32))
            }
            header.data(names.count * 32)
            return header
        }
        #expect(try kind(header("a", "b")) == .opened)
        #expect(try kind(header("a", "a")) == .duplicate)
        #expect(try kind(header("")) == .invalid)
        #expect(try kind(header(String(repeating: "n", count: 256))) == .opened)
        #expect(try kind(header(String(repeating: "n", count: 257))) == .limit)
        var invalid = header("ab")
        invalid.bytes[24 + 8] = 0xFF
        #expect(try kind(invalid) == .invalid)
    }

    @Test func shapes() throws {
        func kind(_ dimensions: [UInt64], _ type: TensorType = .f32) throws -> Kind? {
            var header = RawHeader(tensors: 1)
            header.tensor("t", dimensions, type: type.rawValue)
            header.data(4096)
            return try self.kind(header)
        }
        #expect(try kind([1]) == .opened)
        #expect(try kind([4, 4, 4, 4]) == .opened)
        #expect(try kind([]) == .limit)
        #expect(try kind([1, 1, 1, 1, 1]) == .limit)
        #expect(try kind([0]) == .invalid)
        #expect(try kind([4, 0]) == .invalid)
        #expect(try kind([1 << 63]) == .invalid)
        #expect(try kind([.max]) == .invalid)
        // Products that overflow, also to zero or to a small number.
        #expect(try kind([1 << 32, 1 << 32]) == .invalid)
        #expect(try kind([1 << 62]) == .invalid)
        #expect(try kind([1 << 62, 4]) == .invalid)
        #expect(try kind([1 << 16, 1 << 16, 1 << 16, 1 << 16]) == .invalid)
        #expect(try kind([1 << 61]) == .invalid)
        #expect(try kind([1 << 60]) == .truncated)
        #expect(try kind([1025]) == .truncated)
        // Rows of whole blocks.
        #expect(try kind([32], .q8_0) == .opened)
        #expect(try kind([16, 2], .q8_0) == .invalid)
        #expect(try kind([255], .q4_K) == .invalid)
        #expect(try kind([1 << 62], .q1_0) == .truncated)

        var rank = RawHeader(tensors: 1)
        rank.string("t")
        rank.integer(UInt32.max)
        rank.data(128)
        #expect(try self.kind(rank) == .limit)
    }

    @Test func offsets() throws {
        func kind(_ first: UInt64, _ second: UInt64, data: Int = 128) throws -> Kind? {
            var header = RawHeader(tensors: 2)
            header.tensor("a", [8], offset: first)
            header.tensor("b", [8], offset: second)
            header.data(data)
            return try self.kind(header)
        }
        #expect(try kind(0, 32) == .opened)
        #expect(try kind(32, 0) == .opened)
        #expect(try kind(0, 96) == .opened)
        #expect(try kind(0, 97) == .invalid)
        #expect(try kind(0, 16) == .invalid)
        #expect(try kind(0, 128) == .truncated)
        #expect(try kind(0, 96, data: 127) == .truncated)
        #expect(try kind(0, 0) == .invalid)
        #expect(try kind(0, 1 << 63) == .truncated)
        #expect(try kind(0, .max - 31) == .truncated)
        #expect(try kind(0, .max) == .invalid)

        var overlap = RawHeader(tensors: 3)
        overlap.tensor("a", [32], offset: 64)
        overlap.tensor("b", [8], offset: 0)
        overlap.tensor("c", [8], offset: 128)
        overlap.data(512)
        let text = try #require(try refusal(overlap)).description
        #expect(text.contains("'c'") && text.contains("overlaps") && text.contains("'a'"), "\(text)")
    }

    @Test func headerThatFillsTheFile() throws {
        // No tensors: the data that is not there needs no padding.
        var header = RawHeader(keys: 1)
        header.key("a", .uint8)
        header.bytes.append(1)
        #expect(try kind(header) == .opened)
        header.bytes.removeLast()
        #expect(try kind(header) == .truncated)
        // A tensor whose data would begin past the end.
        var tensor = RawHeader(tensors: 1)
        tensor.tensor("t", [1])
        #expect(try kind(tensor) == .truncated)
    }
}
