/// Writes GGUF files, version 3.
///
/// Collect metadata and tensors, then call ``write(to:)``:
///
///     var writer = GGUFWriter()
///     writer.metadata["general.architecture"] = .string("llama")
///     try writer.add("token_embd.weight", .f32, dimensions: [64, 320], bytes: bytes)
///     try writer.write(to: "model.gguf")
///
/// It refuses what ``GGUFFile`` would refuse to read.
public struct GGUFWriter: Sendable {
    /// Whether to write one file or several, as llama.cpp's `gguf-split` does.
    public enum Splitting: Sendable, Equatable {
        case none
        /// At most so many tensors a file.
        case tensors(Int)
        /// At most so many bytes of tensor data a file; a larger tensor has a file of its own.
        case bytes(Int)
        /// Files of so many tensors each, which are all of them; the first may be empty.
        case counts([Int])
    }

    /// Where a tensor's bytes come from.
    enum Source: Sendable {
        case bytes([UInt8])
        case file(GGUFFile, TensorInfo)
        case stream(@Sendable (inout TensorSink) throws -> Void)
    }

    struct Tensor: Sendable {
        let name: String
        let type: TensorType
        let dimensions: [Int]
        let byteCount: Int
        let source: Source
    }

    /// The key-value pairs to write. `split.no`, `split.count` and `split.tensors.count` are left out
    /// and written as ``splitting`` demands.
    public var metadata: GGUFMetadata

    public var splitting: Splitting

    /// Alignment of tensor data in bytes: the key `general.alignment`, or 32.
    public var alignment: Int {
        get { metadata["general.alignment"]?.integer ?? 32 }
        set { metadata["general.alignment"] = .uint32(UInt32(clamping: newValue)) }
    }

    private(set) var tensors: [Tensor] = []
    private var names: Set<String> = []
    private var byteCount = 0

    public init(metadata: GGUFMetadata = GGUFMetadata(), splitting: Splitting = .none) {
        self.metadata = metadata
        self.splitting = splitting
    }

    /// Adds a tensor.
    ///
    /// - Parameters:
    ///   - dimensions: one to four sizes, the row length first
    ///   - bytes: its data: as many bytes as `type` takes for that shape
    /// - Throws: ``GGUFError/cannotWrite(path:item:reason:)`` when name, shape or size do not fit.
    public mutating func add(
        _ name: String, _ type: TensorType, dimensions: [Int], bytes: [UInt8]
    ) throws(GGUFError) {
        try add(name, type, dimensions, .bytes(bytes))
    }

    /// Adds a tensor whose bytes `stream` hands over, in order, while the file is written. An error
    /// that it throws ends the writing.
    public mutating func add(
        _ name: String, _ type: TensorType, dimensions: [Int],
        stream: @escaping @Sendable (inout TensorSink) throws -> Void
    ) throws(GGUFError) {
        try add(name, type, dimensions, .stream(stream))
    }

    /// Adds a tensor of an open file, without reading it yet.
    public mutating func add(_ tensor: TensorInfo, of file: GGUFFile) throws(GGUFError) {
        try add(tensor.name, tensor.type, tensor.dimensions, .file(file, tensor))
    }

    private mutating func add(
        _ name: String, _ type: TensorType, _ dimensions: [Int], _ source: Source
    ) throws(GGUFError) {
        func refuse(_ reason: String) -> GGUFError {
            .cannotWrite(path: metadata.source, item: "tensor \(name.quoted)", reason: reason)
        }
        guard !name.isEmpty, name.utf8.count <= Limits.tensorNameBytes else {
            throw refuse("its name has \(name.utf8.count) bytes; 1 to \(Limits.tensorNameBytes) are allowed")
        }
        guard (1...Limits.dimensions).contains(dimensions.count), dimensions.allSatisfy({ $0 > 0 }) else {
            throw refuse("shape \(dimensions); give 1 to \(Limits.dimensions) sizes of at least 1")
        }
        guard dimensions[0] % type.blockElements == 0 else {
            throw refuse(
                "rows of \(dimensions[0]) elements are no whole number of \(type) blocks of \(type.blockElements)"
            )
        }
        guard let tensorBytes = type.byteCount(dimensions: dimensions) else {
            throw refuse("shape \(dimensions) of \(type) is larger than any file")
        }
        if case .bytes(let bytes) = source, bytes.count != tensorBytes {
            throw refuse(
                "\(bytes.count) bytes were given, its shape \(dimensions) of \(type) takes \(tensorBytes)")
        }
        guard tensors.count < Limits.tensors else {
            throw refuse("a model has at most \(Limits.tensors) tensors")
        }
        let (total, overflow) = byteCount.addingReportingOverflow(tensorBytes)
        // Far below Int.max, so that no sum of sizes and padding overflows.
        guard !overflow, total <= 1 << 60 else { throw refuse("the model would be larger than any file") }
        guard names.insert(name).inserted else { throw refuse("a tensor of that name was added before") }
        byteCount = total
        tensors.append(
            Tensor(name: name, type: type, dimensions: dimensions, byteCount: tensorBytes, source: source))
    }
}
