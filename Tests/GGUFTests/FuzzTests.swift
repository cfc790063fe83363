import GGUF
import TestSupport
import Testing

/// Damaged files. Opening may work or fail with a `GGUFError`; anything else ends the test process.
@Suite struct FuzzTests {
    /// A file with every kind of value and four tensors, whose header is small enough to try all of it.
    private func sample(_ folder: TemporaryFolder) throws -> (bytes: [UInt8], dataStart: Int) {
        var writer = GGUFWriter()
        for (key, value) in RoundTripTests.everyValue { writer.metadata[key] = value }
        writer.alignment = 64
        for (index, type) in [TensorType.f32, .q4_K, .f16, .q8_0].enumerated() {
            let bytes = [UInt8](repeating: 7, count: type.byteCount(elements: 512) ?? 0)
            try writer.add("blk.\(index).weight", type, dimensions: [256, 2], bytes: bytes)
        }
        try writer.write(to: folder.file("sample.gguf"))
        let file = try GGUFFile(path: folder.file("sample.gguf"))
        return (try contents(of: folder.file("sample.gguf")), file.tensors.map(\.offset).min() ?? 0)
    }

    /// Opens `bytes` and, when that works, reads everything that the file offers.
    private func read(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> Bool {
        let path = try folder.write(bytes)
        do throws(GGUFError) {
            let file = try GGUFFile(path: path)
            for key in file.metadata.keys {
                guard case .array(let array) = file.metadata[key] else { continue }
                #expect(array.values().count == array.count)
                _ = (array.integers(), array.floats(), array.strings(), array.byteStrings(), array.arrays())
            }
            for tensor in file.tensors { #expect(file.data(of: tensor).count == tensor.byteCount) }
            return true
        } catch {
            #expect(error.description.contains("model.gguf"))
            return false
        }
    }

    @Test func everyTruncation() throws {
        let folder = try TemporaryFolder()
        let (bytes, dataStart) = try sample(folder)
        #expect(dataStart < 4096)
        for length in 0..<dataStart {
            #expect(try !read(Array(bytes.prefix(length)), in: folder), "\(length) bytes")
        }
        #expect(try read(bytes, in: folder))
    }

    @Test func truncationsOfAModel() throws {
        let folder = try TemporaryFolder()
        let bytes = try contents(of: TestModels.path("qwen3moe"))
        let end = try #require(
            try GGUFFile(path: TestModels.path("qwen3moe")).tensors.map { $0.offset + $0.byteCount }.max())
        for length in Array(stride(from: 0, to: 9728, by: 61)) + [end - 1] {
            #expect(refusal(ofPath: try folder.write(Array(bytes.prefix(length)))) != nil, "\(length) bytes")
        }
        #expect(refusal(ofPath: try folder.write(Array(bytes.prefix(end)))) == nil)
    }

    @Test func everyBitFlipOfTheHeader() throws {
        let folder = try TemporaryFolder()
        let (bytes, dataStart) = try sample(folder)
        var opened = 0
        for bit in 0..<dataStart * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if try read(damaged, in: folder) { opened += 1 }
        }
        // Flips in values pass, flips in counts, lengths, types and offsets do not.
        #expect(opened > 0 && opened < dataStart * 8)
    }

    @Test(arguments: 0..<4) func randomDamage(_ seed: Int) throws {
        let folder = try TemporaryFolder()
        let (bytes, dataStart) = try sample(folder)
        var random = SplitMix(state: UInt64(seed))
        let hostile: [UInt64] = [
            0, 1, 2, 7, 1 << 16, 1 << 22, 1 << 31, 1 << 32, 1 << 62, 1 << 63 - 1, 1 << 63, .max - 31, .max,
        ]
        for _ in 0..<1000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<dataStart - 8, using: &random)
                if Bool.random(using: &random) {
                    damaged[place] = UInt8.random(in: 0...255, using: &random)
                } else {
                    let value = hostile.randomElement(using: &random) ?? 0
                    for byte in 0..<8 {
                        damaged[place + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))
                    }
                }
            }
            if Int.random(in: 0..<8, using: &random) == 0 {
                damaged.removeLast(Int.random(in: 0..<damaged.count, using: &random))
            }
            _ = try read(damaged, in: folder)
        }
    }

    @Test func noise() throws {
        let folder = try TemporaryFolder()
        var random = SplitMix(state: 99)
        for length in 0..<500 {
            var header = RawHeader(
                tensors: UInt64.random(in: 0...3, using: &random),
                keys: UInt64.random(in: 0...3, using: &random))
            header.bytes += (0..<length).map { _ in
                UInt8.random(in: 0...(length % 2 == 0 ? 12 : 255), using: &random)
            }
            _ = try read(header.bytes, in: folder)
        }
    }
}
