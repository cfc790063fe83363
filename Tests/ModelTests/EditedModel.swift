import Foundation
import GGUF

/// A fixture's file with some of it changed, written to a temporary folder.
struct EditedModel {
    var metadata: GGUFMetadata
    private var tensors: [(name: String, tensor: TensorInfo)]
    private var added: [(name: String, type: TensorType, dimensions: [Int], bytes: [UInt8])] = []
    private let original: GGUFFile

    init(_ file: GGUFFile) {
        original = file
        metadata = file.metadata
        tensors = file.tensors.map { ($0.name, $0) }
    }

    /// All tensors as they are now.
    var names: [String] { tensors.map(\.name) + added.map(\.name) }

    mutating func remove(_ name: String) {
        tensors.removeAll { $0.name == name }
        added.removeAll { $0.name == name }
    }

    /// Gives a tensor other bytes.
    mutating func replace(_ name: String, _ bytes: [UInt8]) {
        let original = tensors.first { $0.name == name }.map { ($0.tensor.type, $0.tensor.dimensions) }
        guard
            let (type, dimensions) = original
                ?? added.first(where: { $0.name == name }).map({ ($0.type, $0.dimensions) })
        else { return }
        remove(name)
        add(name, type, dimensions, bytes)
    }

    /// Fills a tensor with one byte.
    mutating func fill(_ name: String, _ byte: UInt8) {
        let count = added.first { $0.name == name }?.bytes.count ?? bytes(name).count
        replace(name, [UInt8](repeating: byte, count: count))
    }

    mutating func rename(_ name: String, to other: String) {
        for index in tensors.indices where tensors[index].name == name { tensors[index].name = other }
    }

    mutating func add(_ name: String, _ type: TensorType, _ dimensions: [Int], _ bytes: [UInt8]) {
        added.append((name, type, dimensions, bytes))
    }

    func bytes(_ name: String) -> [UInt8] {
        guard let tensor = original.tensor(named: name) else { return [] }
        return unsafe Array(original.bytes(of: tensor))
    }

    /// Replaces tensors of equal width by one that has their rows one after the other; with
    /// several matrices (experts), matrix by matrix.
    mutating func fuse(_ names: [String], into fused: String) throws {
        let parts = names.compactMap { original.tensor(named: $0) }
        guard parts.count == names.count, let first = parts.first else { return }
        let matrices = first.dimensions.count > 2 ? first.dimensions[2] : 1
        var bytes: [UInt8] = []
        for matrix in 0..<matrices {
            for part in parts {
                let size = part.byteCount / matrices
                bytes += self.bytes(part.name)[matrix * size..<(matrix + 1) * size]
            }
        }
        var dimensions = first.dimensions
        dimensions[1] = parts.reduce(0) { $0 + $1.dimensions[1] }
        names.forEach { remove($0) }
        add(fused, first.type, dimensions, bytes)
    }

    /// Opens the file. It stays mapped, so its name can go at once.
    func open() throws -> GGUFFile { try write { try GGUFFile(path: $0) } }

    /// Writes the file, hands its path over, and removes it.
    func write<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "swinfer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("edited.gguf").path
        var writer = GGUFWriter(metadata: metadata)
        for (name, tensor) in tensors {
            if name == tensor.name {
                try writer.add(tensor, of: original)
            } else {
                try writer.add(name, tensor.type, dimensions: tensor.dimensions, bytes: bytes(tensor.name))
            }
        }
        for tensor in added {
            try writer.add(tensor.name, tensor.type, dimensions: tensor.dimensions, bytes: tensor.bytes)
        }
        _ = try writer.write(to: path)
        return try body(path)
    }
}
