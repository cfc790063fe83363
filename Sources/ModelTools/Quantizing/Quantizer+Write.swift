import Compute
import GGUF
import Synchronization

extension Quantizer {
    /// How far a writing is.
    public struct Progress: Sendable {
        /// The tensor at hand, and its place from 0.
        public let choice: Choice
        public let index: Int
        /// 0...1 of the bytes read.
        public let fraction: Double
    }

    /// Writes the model.
    ///
    /// The file is written aside and takes its name when it is whole. A run that was interrupted
    /// leaves `PATH.KEY.partial`, and the same run goes on from there.
    ///
    /// - Parameters:
    ///   - progress: called after each tensor
    ///   - isCancelled: asked between pieces; ends the run with `CancellationError`
    /// - Returns: the paths written: several with ``QuantizeOptions/keepSplit``.
    /// - Throws: ``ToolError`` for weights that are no numbers, a full disk and the like.
    @discardableResult
    public func write(
        to path: String, progress: @escaping @Sendable (Progress) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> [String] {
        var writer = GGUFWriter(metadata: metadata)
        if options.keepSplit, file.shards.count > 1 {
            writer.splitting = .counts(
                file.shards.indices.map { shard in file.tensors.count { $0.shard == shard } })
        }
        let encoding = WeightEncoding(threads: options.threads)
        let total = Double(max(1, byteCounts.before))
        let holder = Holder()
        var before = 0
        do {
            for (index, choice) in choices.enumerated() {
                before += choice.tensor.byteCount
                let state = Progress(choice: choice, index: index, fraction: Double(before) / total)
                let coding = TensorCoding(
                    file: file, tensor: choice.tensor, encoding: encoding,
                    importance: try options.importance?.entry(of: choice.tensor))
                try writer.add(choice.tensor.name, choice.type, dimensions: choice.tensor.dimensions) {
                    sink in
                    do {
                        try coding.write(as: choice.type, isCancelled: isCancelled, to: &sink)
                    } catch let error as ToolError {
                        holder.set(error)
                        throw error
                    }
                    progress(state)
                }
            }
            return try writer.write(to: path, resumeKey: resumeKey)
        } catch let error as GGUFError {
            if let reason = holder.value { throw reason }
            if isCancelled() { throw CancellationError() }
            throw ToolError(error.description)
        }
    }

    /// The model's, and what tells how this file was made.
    private var metadata: GGUFMetadata {
        var metadata = file.metadata
        metadata["general.quantization_version"] = .uint32(2)
        metadata["general.file_type"] = .uint32(UInt32(options.scheme.fileType))
        if let importance = options.importance {
            metadata["quantize.imatrix.file"] = .string(importance.path)
            if let dataset = importance.datasets.first {
                metadata["quantize.imatrix.dataset"] = .string(dataset)
            }
            metadata["quantize.imatrix.entries_count"] = .uint32(UInt32(importance.entries.count))
            if importance.chunkCount > 0 {
                metadata["quantize.imatrix.chunks_count"] = .uint32(UInt32(importance.chunkCount))
            }
        }
        return metadata
    }

    /// A digest of everything that the bytes of the tensors depend on.
    private var resumeKey: String {
        var digest = Digest()
        for shard in file.shards {
            digest.add(shard.path)
            digest.add("\(shard.byteCount) \(shard.modificationSeconds) \(shard.modificationNanoseconds)")
        }
        for choice in choices { digest.add("\(choice.tensor.name) \(choice.type)") }
        if let importance = options.importance {
            for (name, entry) in importance.entries.sorted(by: { $0.key < $1.key }) {
                digest.add(name)
                for value in entry.values { digest.add(value.bitPattern) }
            }
        }
        return digest.text
    }
}

extension TensorCoding {
    /// Float tensors go through the converter even when they keep their type, to find what is no number.
    func write(as type: TensorType, isCancelled: () -> Bool, to sink: inout TensorSink) throws {
        if isCancelled() { throw CancellationError() }
        if type == tensor.type, tensor.type.isQuantized || !Self.canDecode(type) {
            let bytes = file.span(of: tensor)
            let piece = 64 << 20
            var offset = 0
            while offset < bytes.byteCount {
                if isCancelled() { throw CancellationError() }
                let end = min(bytes.byteCount, offset + piece)
                try sink.write(bytes.extracting(offset..<end))
                offset = end
            }
            return
        }
        try convert(to: type, isCancelled: isCancelled) { try sink.write($0) }
    }
}

/// What a stream failed with, which the writer reports in words of its own.
private final class Holder: Sendable {
    private let error: Mutex<ToolError?>
    init() { error = Mutex(nil) }
    var value: ToolError? { error.withLock { $0 } }
    func set(_ value: ToolError) { error.withLock { $0 = value } }
}

/// FNV-1a, 64 bits.
struct Digest {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    mutating func add(_ bits: UInt32) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { add(UInt8(truncatingIfNeeded: bits >> shift)) }
    }
    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(UInt8(0))
    }

    var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
