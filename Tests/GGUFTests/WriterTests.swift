import GGUF
import Testing

@Suite struct WriterTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func streams() throws {
        var writer = GGUFWriter()
        // More than the file's buffer, in pieces of odd lengths.
        let count = 3_000_000
        try writer.add("s", .i8, dimensions: [count]) { sink in
            var value: UInt8 = 0
            while sink.remaining > 0 {
                let piece = (0..<min(sink.remaining, 65_537)).map { _ in
                    value &+= 1
                    return value
                }
                try sink.write(piece)
            }
        }
        try writer.add("large", .i8, dimensions: [count], bytes: [UInt8](repeating: 9, count: count))
        try writer.write(to: folder.file("m.gguf"))
        let file = try GGUFFile(path: folder.file("m.gguf"))
        let data = file.data(of: file.tensors[0])
        #expect(data.count == count)
        #expect(data.enumerated().allSatisfy { $1 == UInt8(truncatingIfNeeded: $0 + 1) })
        #expect(file.data(of: file.tensors[1]).allSatisfy { $0 == 9 })
    }

    private struct Failure: Error {}

    @Test func failuresLeaveTheOldFile() throws {
        let path = try folder.write([1, 2, 3], to: "m.gguf")
        func failure(_ stream: @escaping @Sendable (inout TensorSink) throws -> Void) throws -> String {
            var writer = GGUFWriter()
            try writer.add("first", .i8, dimensions: [1], bytes: [1])
            try writer.add("t", .i8, dimensions: [8], stream: stream)
            do throws(GGUFError) {
                try writer.write(to: path)
                return "none"
            } catch {
                return error.description
            }
        }
        #expect(try failure { try $0.write([1, 2, 3]) }.contains("ended 5 bytes before"))
        #expect(
            try failure { try $0.write([UInt8](repeating: 0, count: 9)) }.contains("more than the 8 bytes"))
        #expect(try failure { _ in throw Failure() }.contains("Failure()"))
        #expect(try contents(of: path) == [1, 2, 3])
        #expect(folder.names == ["m.gguf"])
    }

    @Test func placesThatCannotBeWritten() throws {
        func error(_ path: String) -> String? {
            do throws(GGUFError) {
                try GGUFWriter().write(to: path)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(error(folder.file("none/m.gguf"))?.contains("No such file") == true)
        #expect(error("")?.contains("cannot create it") == true)
        #expect(error(folder.path)?.contains("cannot rename it") == true)
        #expect(folder.names.isEmpty)
    }

    @Test func refusesWhatCannotBeRead() throws {
        var writer = GGUFWriter()
        #expect(throws: GGUFError.self) { try writer.add("", .i8, dimensions: [1], bytes: [1]) }
        #expect(throws: GGUFError.self) { try writer.add("t", .i8, dimensions: [], bytes: []) }
        #expect(throws: GGUFError.self) { try writer.add("t", .i8, dimensions: [0], bytes: []) }
        #expect(throws: GGUFError.self) { try writer.add("t", .i8, dimensions: [1, 1, 1, 1, 1], bytes: [1]) }
        #expect(throws: GGUFError.self) { try writer.add("t", .i8, dimensions: [2], bytes: [1]) }
        #expect(throws: GGUFError.self) { try writer.add("t", .q8_0, dimensions: [16], bytes: []) }
        #expect(throws: GGUFError.self) { try writer.add("t", .i8, dimensions: [.max]) { _ in } }
        #expect(throws: GGUFError.self) { try writer.add("t", .i8, dimensions: [.max, 2]) { _ in } }
        #expect(throws: GGUFError.self) {
            try writer.add(String(repeating: "n", count: 257), .i8, dimensions: [1], bytes: [1])
        }
        try writer.add("t", .i8, dimensions: [1], bytes: [1])
        #expect(throws: GGUFError.self) { try writer.add("t", .i8, dimensions: [1], bytes: [1]) }

        func refuses(_ key: String, _ value: GGUFValue) -> Bool {
            var writer = GGUFWriter()
            writer.metadata[key] = value
            return (try? writer.write(to: folder.file("m.gguf"))) == nil
        }
        #expect(refuses("", .bool(true)))
        #expect(refuses(String(repeating: "k", count: 1025), .bool(true)))
        for alignment in [0, 4, 33, 1 << 25] as [UInt32] {
            #expect(refuses("general.alignment", .uint32(alignment)))
        }
        #expect(refuses("general.alignment", .string("32")))
        var deep = GGUFArray(int8: [])
        for _ in 0..<4 { deep = GGUFArray(arrays: [deep]) }
        #expect(refuses("deep", .array(deep)))
        #expect(refuses("long", .array(GGUFArray(uint8: [UInt8](repeating: 0, count: 1 << 22 + 1)))))
        #expect(!refuses("fine", .array(GGUFArray(uint8: [1]))))
    }
}
