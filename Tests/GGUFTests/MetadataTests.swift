import GGUF
import Testing

@Suite struct MetadataTests {
    static let metadata: GGUFMetadata = {
        var metadata = GGUFMetadata(source: "test.gguf")
        metadata["int"] = .int32(-7)
        metadata["big"] = .uint64(.max)
        metadata["float"] = .float32(0.5)
        metadata["bool"] = .bool(true)
        metadata["text"] = .string("hello")
        metadata["ints"] = .array(GGUFArray(uint32: [1, 2]))
        metadata["flags"] = .array(GGUFArray(bools: [true, false]))
        return metadata
    }()

    @Test func conversions() throws {
        let metadata = Self.metadata
        #expect(try metadata.int("int") == -7)
        #expect(try metadata.float("int") == -7)
        #expect(try metadata.float("big") == 18_446_744_073_709_551_616)
        #expect(try metadata.float("float") == 0.5)
        #expect(try metadata.bool("bool") == true)
        #expect(try metadata.string("text") == "hello")
        #expect(try metadata.ints("ints") == [1, 2])
        #expect(try metadata.floats("ints") == [1, 2])
        #expect(try metadata.bools("flags") == [true, false])
    }

    @Test func oneValueStandsForAllLayers() throws {
        let metadata = Self.metadata
        #expect(try metadata.ints("int", count: 3) == [-7, -7, -7])
        #expect(try metadata.ints("ints", count: 2) == [1, 2])
        #expect(try metadata.floats("float", count: 2) == [0.5, 0.5])
        #expect(try metadata.bools("bool", count: 2) == [true, true])
        #expect(try metadata.bools("flags", count: 2) == [true, false])
        #expect(try metadata.ints("none", count: 2) == nil)
        #expect(throws: GGUFError.self) { try metadata.ints("ints", count: 3) }
        #expect(throws: GGUFError.self) { try metadata.bools("flags", count: 1) }
        #expect(throws: GGUFError.self) { try metadata.ints("text", count: 1) }
    }

    @Test func absentAndRequired() throws {
        let metadata = Self.metadata
        #expect(try metadata.int("none") == nil)
        #expect(try metadata.strings("none") == nil)
        let missing = GGUFError.missingKey(path: "test.gguf", key: "none")
        #expect(throws: missing) { try metadata.requireInt("none") }
        #expect(throws: missing) { try metadata.requireFloat("none") }
        #expect(throws: missing) { try metadata.requireBool("none") }
        #expect(throws: missing) { try metadata.requireString("none") }
        #expect(throws: missing) { try metadata.requireArray("none") }
        #expect(throws: missing) { try metadata.requireInts("none") }
        #expect(throws: missing) { try metadata.requireInts("none", count: 2) }
        #expect(throws: missing) { try metadata.requireFloats("none") }
        #expect(throws: missing) { try metadata.requireBools("none") }
        #expect(throws: missing) { try metadata.requireStrings("none") }
        #expect(missing.description.contains("'none' is missing"))
    }

    @Test func wrongTypes() throws {
        let metadata = Self.metadata
        func error(_ body: () throws(GGUFError) -> Any?) -> String? {
            do throws(GGUFError) {
                _ = try body()
                return nil
            } catch {
                guard case .wrongType = error else { return nil }
                return error.description
            }
        }
        let text = try #require(error { () throws(GGUFError) in try metadata.int("big") })
        #expect(text.contains("test.gguf") && text.contains("'big'") && text.contains("18446744073709551615"))
        #expect(error { () throws(GGUFError) in try metadata.int("float") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.int("bool") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.float("text") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.bool("int") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.string("int") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.array("int") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.ints("flags") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.strings("ints") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.bools("ints") } != nil)
        #expect(error { () throws(GGUFError) in try metadata.requireFloats("text") } != nil)

        // From a file, the error says where the value is.
        let file = try GGUFFile(path: TestModels.path("llama"))
        let located = try #require(
            error { () throws(GGUFError) in try file.metadata.int("general.architecture") })
        #expect(located.contains("at offset 52 "), "\(located)")
    }

    @Test func keepsOrderWhenChanged() {
        var metadata = Self.metadata
        metadata["big"] = nil
        metadata["none"] = nil
        metadata["text"] = .bool(false)
        metadata["new"] = .int8(1)
        #expect(metadata.keys == ["int", "float", "bool", "text", "ints", "flags", "new"])
        #expect(metadata["text"] == .bool(false))
        #expect(metadata["flags"]?.type == .array)
        #expect(metadata["new"] == .int8(1))
        #expect(metadata.count == 7)
    }
}
