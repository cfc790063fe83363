import Foundation
import GGUF
import Testing

/// A folder that goes away with its last reference.
final class TemporaryFolder {
    let path: String

    init() throws {
        // Thousands of files are written over one another; in memory where the system offers that.
        let memory = "/dev/shm"
        let base =
            FileManager.default.isWritableFile(atPath: memory)
            ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
        let url =
            base
            .appendingPathComponent("gguf-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file and gives its path.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String = "model.gguf") throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
}

/// The tiny models that the tests of the engine use too.
enum TestModels {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("ModelTests/Resources").path

    static func path(_ name: String) -> String { "\(folder)/\(name).gguf" }
}

func contents(of path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

extension GGUFFile {
    func data(of tensor: TensorInfo) -> [UInt8] {
        unsafe [UInt8](bytes(of: tensor))
    }
}

/// The error of opening `bytes` as a file, nil when it opens.
func refusal(of bytes: [UInt8], in folder: TemporaryFolder) throws -> GGUFError? {
    refusal(ofPath: try folder.write(bytes))
}

func refusal(ofPath path: String) -> GGUFError? {
    do throws(GGUFError) {
        _ = try GGUFFile(path: path)
        return nil
    } catch {
        return error
    }
}

/// CRC-32 of IEEE 802.3, as zlib computes it.
struct CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    private var state: UInt32 = ~0

    var value: UInt32 { ~state }

    mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = Self.table[Int((state ^ UInt32(byte)) & 0xFF)] ^ state >> 8 }
    }
}

/// Puts a GGUF header together byte by byte, right or wrong.
struct RawHeader {
    var bytes: [UInt8] = []

    init(version: UInt32 = 3, tensors: UInt64 = 0, keys: UInt64 = 0) {
        bytes = Array("GGUF".utf8)
        integer(version)
        integer(tensors)
        integer(keys)
    }

    mutating func integer(_ value: some FixedWidthInteger) {
        var rest = value
        for _ in 0..<value.bitWidth / 8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    mutating func string(_ text: String) { string(Array(text.utf8)) }

    mutating func string(_ text: [UInt8]) {
        integer(UInt64(text.count))
        bytes += text
    }

    mutating func key(_ key: String, _ type: GGUFValueType) {
        string(key)
        integer(type.rawValue)
    }

    mutating func arrayHead(_ type: GGUFValueType, count: UInt64) {
        integer(type.rawValue)
        integer(count)
    }

    mutating func tensor(_ name: String, _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) {
        string(name)
        integer(UInt32(dimensions.count))
        for size in dimensions { integer(size) }
        integer(type)
        integer(offset)
    }

    mutating func data(_ count: Int, alignment: Int = 32) {
        bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment + count)
    }
}
