/// A model in GGUF format: one file, or all the files it is split into, mapped for reading.
///
/// Opening reads and checks the header only. Weights come from the page cache when they are touched.
/// The files must not change while they are open.
public final class GGUFFile: Sendable {
    /// One of the model's files, and what tells whether it is still the same.
    public struct Shard: Sendable, Equatable {
        public let path: String
        public let byteCount: Int
        /// Time of the last change, in seconds since 1970 and nanoseconds.
        public let modificationSeconds: Int
        public let modificationNanoseconds: Int
        public let device: UInt64
        public let inode: UInt64
    }

    /// The model's files in order; one when it is not split.
    public let shards: [Shard]

    /// Version of the format: 2 or 3.
    public let version: Int

    /// Alignment of tensor data in the first file, in bytes.
    public let alignment: Int

    /// The key-value pairs of the first file.
    public let metadata: GGUFMetadata

    /// The tensors of all files, in their order.
    public let tensors: [TensorInfo]

    private let mappings: [FileMapping]
    private let places: [String: Int]

    /// Opens a model. A file named `...-00002-of-00005.gguf` opens all five.
    ///
    /// - Throws: ``GGUFError`` when a file cannot be opened, is damaged, or does not fit the others.
    public init(path: String) throws(GGUFError) {
        let files = try Self.openAll(path)
        let first = files[0]
        version = first.version
        alignment = first.alignment
        metadata = first.metadata
        mappings = files.map(\.mapping)
        shards = mappings.map(\.identity)
        tensors = files.flatMap(\.tensors)
        var places: [String: Int] = [:]
        places.reserveCapacity(tensors.count)
        for (index, tensor) in tensors.enumerated() {
            guard places.updateValue(index, forKey: tensor.name) == nil else {
                throw .duplicate(
                    path: files[tensor.shard].mapping.path, item: "tensor \(tensor.name.quoted)",
                    offset: tensor.offset)
            }
        }
        self.places = places
    }

    /// Paths of the model's files in order.
    public var shardPaths: [String] { shards.map(\.path) }

    /// Bytes of all files.
    public var fileByteCount: Int { shards.reduce(0) { $0 + $1.byteCount } }

    /// `general.architecture`, such as `qwen3moe`; nil when absent or no string.
    public var architecture: String? {
        if case .string(let name) = metadata["general.architecture"] { name } else { nil }
    }

    /// The tensor of a name, nil when the model has none.
    public func tensor(named name: String) -> TensorInfo? {
        places[name].map { tensors[$0] }
    }

    /// The data of a tensor of this file, valid while this object lives.
    public func bytes(of tensor: TensorInfo) -> UnsafeRawBufferPointer {
        let range = tensor.offset..<tensor.offset + tensor.byteCount
        return unsafe UnsafeRawBufferPointer(rebasing: mappings[tensor.shard].buffer[range])
    }

    /// The data of a tensor of this file.
    @_lifetime(borrow self)
    public func span(of tensor: TensorInfo) -> RawSpan {
        let span = unsafe RawSpan(_unsafeBytes: bytes(of: tensor))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// All bytes of one file, valid while this object lives.
    public func bytes(ofShard shard: Int) -> UnsafeRawBufferPointer {
        unsafe mappings[shard].buffer
    }

    /// The descriptor that one file is open with, for reading at offsets. It is closed when this
    /// object goes.
    public func fileDescriptor(ofShard shard: Int) -> Int32 {
        mappings[shard].fileDescriptor
    }
}
