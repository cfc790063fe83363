import Foundation
import GGUF
import Testing

@Suite struct SplitTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Five tensors of 32 to 160 bytes, in parts.
    private func write(_ splitting: GGUFWriter.Splitting) throws -> [String] {
        var writer = GGUFWriter(splitting: splitting)
        writer.metadata["general.architecture"] = .string("llama")
        writer.metadata["split.count"] = .uint16(77)
        for index in 1...5 {
            let bytes = [UInt8](repeating: UInt8(index), count: 32 * index)
            try writer.add("t\(index)", .i8, dimensions: [32, index], bytes: bytes)
        }
        return try writer.write(to: folder.file("model.gguf"))
    }

    private func check(_ file: GGUFFile) {
        #expect(file.tensors.map(\.name) == ["t1", "t2", "t3", "t4", "t5"])
        for (index, tensor) in file.tensors.enumerated() {
            #expect(file.data(of: tensor) == [UInt8](repeating: UInt8(index + 1), count: 32 * (index + 1)))
        }
        #expect(file.architecture == "llama")
    }

    @Test func opensByEveryPart() throws {
        let paths = try write(.tensors(2))
        #expect(paths == (1...3).map { folder.file("model-0000\($0)-of-00003.gguf") })
        #expect(folder.names.count == 3)
        for path in paths {
            let file = try GGUFFile(path: path)
            check(file)
            #expect(file.shardPaths == paths)
            #expect(file.tensors.map(\.shard) == [0, 0, 1, 1, 2])
            #expect(try file.metadata.requireInt("split.no") == 0)
            #expect(file.metadata["split.count"] == .uint16(3))
            #expect(file.metadata["split.tensors.count"] == .int32(5))
            #expect(try file.fileByteCount == paths.reduce(0) { $0 + (try contents(of: $1).count) })
        }
    }

    @Test func partsBySize() throws {
        func shards(_ limit: Int) throws -> [Int] {
            try GGUFFile(path: try write(.bytes(limit))[0]).tensors.map(\.shard)
        }
        #expect(try shards(1) == [0, 1, 2, 3, 4])
        #expect(try shards(96) == [0, 0, 1, 2, 3])
        #expect(try shards(192) == [0, 0, 0, 1, 2])
        #expect(try shards(480) == [0, 0, 0, 0, 0])
        #expect(throws: GGUFError.self) { try shards(0) }
        #expect(throws: GGUFError.self) { _ = try write(.tensors(-1)) }
    }

    @Test func mergesAgain() throws {
        let file = try GGUFFile(path: try write(.tensors(1))[2])
        var writer = GGUFWriter(metadata: file.metadata)
        for tensor in file.tensors { try writer.add(tensor, of: file) }
        try writer.write(to: folder.file("merged.gguf"))
        let merged = try GGUFFile(path: folder.file("merged.gguf"))
        check(merged)
        #expect(merged.shards.count == 1)
        #expect(merged.metadata.keys == ["general.architecture"])
    }

    @Test func onePartOfOne() throws {
        let paths = try write(.tensors(100))
        #expect(paths == [folder.file("model-00001-of-00001.gguf")])
        check(try GGUFFile(path: paths[0]))
    }

    @Test func alignmentHoldsInEveryPart() throws {
        var writer = GGUFWriter(splitting: .tensors(1))
        writer.alignment = 4096
        for name in ["a", "b"] { try writer.add(name, .i8, dimensions: [1], bytes: [1]) }
        let file = try GGUFFile(path: try writer.write(to: folder.file("m.gguf"))[1])
        #expect(file.tensors.map { $0.offset % 4096 } == [0, 0])
    }

    @Test func missingPartsAreNamed() throws {
        let paths = try write(.tensors(2))
        try FileManager.default.removeItem(atPath: paths[1])
        for path in [paths[0], paths[2]] {
            let error = GGUFError.missingShard(path: path, missing: paths[1], count: 3)
            #expect(refusal(ofPath: path) == error)
            #expect(error.description.contains("model-00002-of-00003.gguf"))
        }
        #expect(refusal(ofPath: paths[1])?.description.contains("No such file") == true)
    }

    @Test func namesMustFit() throws {
        let paths = try write(.tensors(2))
        let renamed = folder.file("other.gguf")
        try FileManager.default.copyItem(atPath: paths[1], toPath: renamed)
        let text = try #require(refusal(ofPath: renamed)).description
        #expect(text.contains("part 2 of 3") && text.contains("-00002-of-00003.gguf"), "\(text)")

        // Two parts with each other's names.
        try FileManager.default.moveItem(atPath: paths[2], toPath: folder.file("aside"))
        try FileManager.default.moveItem(atPath: paths[1], toPath: paths[2])
        try FileManager.default.moveItem(atPath: folder.file("aside"), toPath: paths[1])
        for path in paths {
            guard case .inconsistentShards = refusal(ofPath: path) else {
                Issue.record("\(path) opened")
                continue
            }
        }
    }

    @Test func partsOfAnotherModel() throws {
        let paths = try write(.tensors(2))
        var writer = GGUFWriter(splitting: .tensors(1))
        for name in ["t1", "x", "y"] { try writer.add(name, .i8, dimensions: [1], bytes: [1]) }
        let others = try writer.write(to: folder.file("other.gguf"))
        try FileManager.default.removeItem(atPath: paths[1])
        try FileManager.default.copyItem(atPath: others[1], toPath: paths[1])
        let text = try #require(refusal(ofPath: paths[0])).description
        #expect(text.contains("'split.tensors.count' is 5") && text.contains("4 tensors"), "\(text)")
    }

    @Test func aTensorInTwoParts() throws {
        var writer = GGUFWriter(splitting: .tensors(1))
        for name in ["a", "b"] { try writer.add(name, .i8, dimensions: [1], bytes: [1]) }
        let paths = try writer.write(to: folder.file("m.gguf"))
        var bytes = try contents(of: paths[1])
        let place = try #require(bytes.lastIndex(of: UInt8(ascii: "b")))
        bytes[place] = UInt8(ascii: "a")
        try folder.write(bytes, to: "m-00002-of-00002.gguf")
        guard case .duplicate(paths[1], "tensor 'a'", _) = refusal(ofPath: paths[0]) else {
            Issue.record("a tensor occurs twice")
            return
        }
    }

    @Test func nameWithoutKeysIsOneFile() throws {
        let bytes = try contents(of: TestModels.path("llama"))
        let path = try folder.write(bytes, to: "model-00002-of-00009.gguf")
        #expect(try GGUFFile(path: path).shardPaths == [path])
    }

    @Test func absurdSplitKeys() throws {
        func error(_ number: GGUFValue?, _ count: GGUFValue) throws -> GGUFError? {
            let keys = [("split.no", number), ("split.count", count)].filter { $0.1 != nil }
            var header = RawHeader(keys: UInt64(keys.count))
            for (key, value) in keys {
                header.key(key, .int64)
                header.integer(Int64(value?.integer ?? 0))
            }
            return refusal(ofPath: try folder.write(header.bytes, to: "m-00001-of-00002.gguf"))
        }
        func refused(_ error: GGUFError?) -> Bool {
            switch error {
            case .inconsistentShards, .missingKey: true
            default: false
            }
        }
        #expect(try error(.int64(0), .int64(1)) == nil)
        #expect(try error(.int64(0), .int64(-1)) == nil)
        #expect(try refused(error(nil, .int64(2))))
        for number in [-1, 1, 2, .max, .min] as [Int64] {
            #expect(try refused(error(.int64(number), .int64(2))), "\(number)")
        }
        for count in [3, 513, .max] as [Int64] {
            #expect(try refused(error(.int64(0), .int64(count))), "\(count)")
        }
    }
}
