import GGUF
import Glibc

/// Weights in memory that the engine owns: all that a streamed model keeps there besides experts.
///
/// A tensor is read from disk when it is first asked for, past the page cache, to where it stays.
/// Routed experts and tables of which a token reads one row stay in the file.
@safe
public final class WeightMemory: @unchecked Sendable {
    private let reader: FileReader
    private let arena: Arena
    private var used = 0
    /// Of each tensor that was asked for.
    private(set) var places: [String: UnsafeRawPointer] = [:]
    private let nodes: NodePlacement?
    private let progress: ((Double) -> Void)?
    private let expected: Int

    /// Bytes read into memory so far.
    public private(set) var byteCount = 0

    /// - Parameters:
    ///   - nodes: where there are several, rows lie near the threads that multiply them.
    ///   - progress: called with 0...1 as tensors are read.
    package init(
        _ reader: FileReader, nodes: NodePlacement? = nil, progress: ((Double) -> Void)? = nil
    ) throws(ComputeError) {
        self.reader = reader
        self.nodes = nodes
        self.progress = progress
        let dense = reader.file.tensors.filter { !WeightMemory.isStreamed($0, reader.file) }
        expected = dense.reduce(0) { $0 + $1.byteCount }
        // Room for all; what the model does not use is never touched.
        arena = try Arena(
            byteCount: dense.reduce(0) { $0 + FileReader.room($1.byteCount) }, hugePages: true)
    }

    func isStreamed(_ tensor: TensorInfo) -> Bool { WeightMemory.isStreamed(tensor, reader.file) }

    private static func isStreamed(_ tensor: TensorInfo, _ file: GGUFFile) -> Bool {
        switch tensor.name {
        case "token_embd.weight": file.tensor(named: "output.weight") != nil
        case "per_layer_token_embd.weight": true
        default: tensor.name.hasSuffix("_exps.weight") || isSeparateExpert(tensor.name)
        }
    }

    /// "blk.0.ffn_gate.7.weight": one expert's, in the first files of Mixtral.
    private static func isSeparateExpert(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        return parts.count == 5 && parts[2].hasPrefix("ffn_") && Int(parts[3]) != nil
    }

    func contains(_ address: UnsafeRawPointer) -> Bool {
        address >= UnsafeRawPointer(arena.base) && address < UnsafeRawPointer(arena.base + arena.byteCount)
    }

    /// A tensor's bytes, at the same offset within a page as in the file.
    func bytes(of tensor: TensorInfo) throws(ComputeError) -> UnsafeRawPointer {
        if let place = places[tensor.name] { return place }
        let target = arena.base + used + tensor.offset % FileReader.page
        used += FileReader.room(tensor.byteCount)
        nodes?.placeRows(target, byteCount: tensor.byteCount)
        try reader.read(
            shard: tensor.shard, offset: tensor.offset, count: tensor.byteCount, into: target)
        byteCount += tensor.byteCount
        progress?(min(1, Double(byteCount) / Double(max(1, expected))))
        places[tensor.name] = UnsafeRawPointer(target)
        return UnsafeRawPointer(target)
    }

    /// Gives back the pages of the mapped files, which nothing reads from now on.
    package func dropMapping() {
        for shard in reader.file.shards.indices {
            let bytes = reader.file.bytes(ofShard: shard)
            guard let base = bytes.baseAddress else { continue }
            madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_DONTNEED)
            posix_fadvise(reader.file.fileDescriptor(ofShard: shard), 0, 0, Int32(POSIX_FADV_DONTNEED))
        }
    }
}
