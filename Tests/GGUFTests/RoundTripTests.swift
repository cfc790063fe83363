import GGUF
import TestSupport
import Testing

@Suite struct RoundTripTests {
    /// One key for every type of value and of array, at the ends of their ranges.
    static let everyValue: [(key: String, value: GGUFValue)] = [
        ("u8", .uint8(.max)), ("i8", .int8(.min)), ("u16", .uint16(.max)), ("i16", .int16(.min)),
        ("u32", .uint32(.max)), ("i32", .int32(.min)), ("u64", .uint64(.max)), ("i64", .int64(.min)),
        ("f32", .float32(-0.1)), ("f64", .float64(1e300)), ("inf", .float32(.infinity)),
        ("true", .bool(true)), ("false", .bool(false)),
        ("string", .string("naïve 🦙\u{0} text")), ("empty", .string("")),
        ("a.u8", .array(GGUFArray(uint8: [0, 255]))), ("a.i8", .array(GGUFArray(int8: [-128, 127]))),
        ("a.u16", .array(GGUFArray(uint16: [1, .max]))), ("a.i16", .array(GGUFArray(int16: [.min, 3]))),
        ("a.u32", .array(GGUFArray(uint32: [1, .max]))), ("a.i32", .array(GGUFArray(int32: [.min, 5]))),
        ("a.u64", .array(GGUFArray(uint64: [.max]))), ("a.i64", .array(GGUFArray(int64: [.min, .max]))),
        ("a.f32", .array(GGUFArray(float32: [0.5, -2]))),
        ("a.f64", .array(GGUFArray(float64: [0.1, 1e-300]))),
        ("a.bool", .array(GGUFArray(bools: [true, false, true]))),
        ("a.string", .array(GGUFArray(strings: ["", "a", "ß", "a text of more than fifteen bytes"]))),
        ("a.none", .array(GGUFArray(int32: []))),
        (
            "a.nested",
            .array(
                GGUFArray(arrays: [
                    GGUFArray(int32: [1, 2, 3]), GGUFArray(strings: ["x", "yz"]), GGUFArray(arrays: []),
                    GGUFArray(arrays: [GGUFArray(bools: [true])]),
                ]))
        ),
    ]

    @Test func everyMetadataType() throws {
        let folder = try TemporaryFolder()
        var writer = GGUFWriter()
        for (key, value) in Self.everyValue { writer.metadata[key] = value }
        #expect(try writer.write(to: folder.file("m.gguf")) == [folder.file("m.gguf")])

        let metadata = try GGUFFile(path: folder.file("m.gguf")).metadata
        #expect(metadata.keys == Self.everyValue.map(\.key))
        for (key, value) in Self.everyValue {
            #expect(metadata[key] == value, "\(key)")
            #expect(metadata.type(of: key) == value.type, "\(key)")
        }
        func array(_ key: String) throws -> GGUFArray { try metadata.requireArray("a." + key) }
        #expect(try array("u8").integers() == [0, 255])
        #expect(try array("i8").integers() == [-128, 127])
        #expect(try array("u16").integers() == [1, 65535])
        #expect(try array("i16").integers() == [-32768, 3])
        #expect(try array("u32").integers() == [1, 4_294_967_295])
        #expect(try array("i32").integers() == [-2_147_483_648, 5])
        #expect(try array("i64").integers() == [.min, .max])
        #expect(try array("u64").integers() == nil)
        #expect(try array("u64").floats() == [18_446_744_073_709_551_616])
        #expect(try array("f32").floats() == [0.5, -2])
        #expect(try array("f32").integers() == nil)
        #expect(try array("f64").floats() == [0.1, 0])
        #expect(try array("f64").doubles() == [0.1, 1e-300])
        #expect(try array("i8").floats() == [-128, 127])
        #expect(try array("bool").bools() == [true, false, true])
        #expect(try array("bool").integers() == nil)
        #expect(try array("u8").bools() == nil)
        #expect(try array("string").strings() == ["", "a", "ß", "a text of more than fifteen bytes"])
        #expect(try array("string").byteStrings()?[2] == [0xC3, 0x9F])
        #expect(try array("string").floats() == nil)
        #expect(try array("u8").strings() == nil)
        #expect(try array("u8").byteStrings() == nil)
        #expect(try array("none").integers() == [])
        let nested = try #require(try array("nested").arrays())
        #expect(nested.map(\.count) == [3, 2, 0, 1])
        #expect(nested[0].integers() == [1, 2, 3])
        #expect(nested[1].strings() == ["x", "yz"])
        #expect(nested[3].arrays()?.first?.bools() == [true])
        #expect(try array("i32").arrays() == nil)
    }

    @Test func elementsOneByOne() {
        for (key, value) in Self.everyValue {
            guard case .array(let array) = value else { continue }
            let values = array.values()
            #expect(values.count == array.count, "\(key)")
            #expect(values.allSatisfy { $0.type == array.elementType }, "\(key)")
            #expect(array.values(limit: 1) == Array(values.prefix(1)), "\(key)")
            #expect(array.values(limit: -1).isEmpty, "\(key)")
        }
        #expect(GGUFArray(float64: [0.1]).values() == [.float64(0.1)])
        #expect(GGUFArray(strings: ["a", "b"]).values(limit: 1) == [.string("a")])
    }

    @Test func textThatIsNoUTF8() throws {
        let folder = try TemporaryFolder()
        let bad: [UInt8] = [0x61, 0xFF, 0x62]
        var writer = GGUFWriter()
        writer.metadata.setBytes("text", bad)
        writer.metadata["tokens"] = .array(GGUFArray(byteStrings: [bad, [0xC3], []]))
        try writer.write(to: folder.file("m.gguf"))
        let first = try GGUFFile(path: folder.file("m.gguf"))
        #expect(try first.metadata.requireString("text") == "a\u{FFFD}b")
        #expect(first.metadata.bytes("text") == bad)
        #expect(first.metadata.bytes("tokens") == nil)
        #expect(try first.metadata.requireStrings("tokens") == ["a\u{FFFD}b", "\u{FFFD}", ""])
        #expect(try first.metadata.requireArray("tokens").byteStrings() == [bad, [0xC3], []])

        // Copied from file to file, the bytes stay what they are.
        try GGUFWriter(metadata: first.metadata).write(to: folder.file("copy.gguf"))
        #expect(try contents(of: folder.file("copy.gguf")) == contents(of: folder.file("m.gguf")))
    }

    @Test func everyTensorType() throws {
        let folder = try TemporaryFolder()
        var random = SplitMix(state: 1)
        var expected: [String: [UInt8]] = [:]
        var writer = GGUFWriter()
        for type in TensorType.allCases {
            for dimensions in [[1], [3, 2], [1, 5, 2], [2, 1, 2, 3]] {
                var dimensions = dimensions
                dimensions[0] *= type.blockElements
                let count = try #require(type.byteCount(dimensions: dimensions))
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                let name = "\(type).\(dimensions.count)"
                expected[name] = bytes
                try writer.add(name, type, dimensions: dimensions, bytes: bytes)
            }
        }
        try writer.write(to: folder.file("m.gguf"))
        let file = try GGUFFile(path: folder.file("m.gguf"))
        #expect(file.tensors.count == expected.count)
        for tensor in file.tensors {
            #expect(tensor.name == "\(tensor.type).\(tensor.dimensions.count)")
            #expect(file.data(of: tensor) == expected[tensor.name], "\(tensor)")
            #expect(tensor.offset % 32 == 0)
            #expect(tensor.rowBytes * tensor.rowCount == tensor.byteCount)
        }
    }

    @Test(arguments: [8, 16, 32, 64, 4096, 1 << 20]) func alignments(_ alignment: Int) throws {
        let folder = try TemporaryFolder()
        var writer = GGUFWriter()
        writer.alignment = alignment
        try writer.add("a", .i8, dimensions: [3], bytes: [1, 2, 3])
        try writer.add("b", .i8, dimensions: [1], bytes: [4])
        try writer.write(to: folder.file("m.gguf"))
        let file = try GGUFFile(path: folder.file("m.gguf"))
        #expect(file.alignment == alignment)
        #expect(file.tensors.map { $0.offset % alignment } == [0, 0])
        #expect(file.tensors.map { file.data(of: $0) } == [[1, 2, 3], [4]])
        #expect(file.fileByteCount % alignment == 0)
    }

    @Test func versionTwoReadsLikeThree() throws {
        let folder = try TemporaryFolder()
        var bytes = try contents(of: TestModels.path("qwen2"))
        bytes[4] = 2
        let old = try GGUFFile(path: folder.write(bytes))
        let new = try GGUFFile(path: TestModels.path("qwen2"))
        #expect(old.version == 2)
        #expect(old.tensors == new.tensors)
        #expect(old.metadata.keys == new.metadata.keys)
    }

    @Test(arguments: ["gemma3", "gpt-oss", "qwen3next"]) func copyOfAModelIsTheSame(_ name: String) throws {
        let folder = try TemporaryFolder()
        let file = try GGUFFile(path: TestModels.path(name))
        var writer = GGUFWriter(metadata: file.metadata)
        for tensor in file.tensors { try writer.add(tensor, of: file) }
        try writer.write(to: folder.file("copy.gguf"))
        // The converter lays files out the same way, so even the bytes agree.
        #expect(try contents(of: folder.file("copy.gguf")) == contents(of: TestModels.path(name)))
    }
}
