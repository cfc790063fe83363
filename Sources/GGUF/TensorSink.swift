/// Takes the bytes of one tensor, in order, while its file is written.
public struct TensorSink: ~Copyable {
    private let file: OutputFile
    private let name: String
    private let byteCount: Int
    private var written = 0

    init(_ file: OutputFile, _ tensor: GGUFWriter.Tensor) {
        self.file = file
        name = tensor.name
        byteCount = tensor.byteCount
    }

    /// Bytes that the tensor still lacks.
    public var remaining: Int { byteCount - written }

    /// Appends bytes.
    ///
    /// - Throws: ``GGUFError/cannotWrite(path:item:reason:)`` when they are more than ``remaining`` or
    ///   the system refuses them.
    public mutating func write(_ bytes: RawSpan) throws(GGUFError) {
        guard bytes.byteCount <= remaining else {
            throw .cannotWrite(
                path: file.path, item: item,
                reason: "its stream gave more than the \(byteCount) bytes that its shape takes")
        }
        try file.write(bytes)
        written += bytes.byteCount
    }

    /// Appends bytes.
    public mutating func write(_ bytes: [UInt8]) throws(GGUFError) {
        try unsafe write(bytes.span.bytes)
    }

    var item: String { "tensor \(name.quoted)" }

    mutating func finish(alignment: Int) throws(GGUFError) {
        guard remaining == 0 else {
            throw .cannotWrite(
                path: file.path, item: item,
                reason: "its stream ended \(remaining) bytes before the \(byteCount)")
        }
        try file.write([UInt8](repeating: 0, count: byteCount.padding(to: alignment)))
    }
}
