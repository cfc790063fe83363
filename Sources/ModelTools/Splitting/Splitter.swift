public import GGUF

/// Cuts a model into files and joins them, as llama.cpp's `gguf-split` does.
public struct Splitter: Sendable {
    /// Where a new file begins.
    public enum Limit: Sendable, Equatable {
        /// Tensors of a file.
        case tensors(Int)
        /// Bytes of a file's tensors, each rounded up to 32; a larger tensor has a file of its own.
        case bytes(Int)
    }

    public let file: GGUFFile

    public init(path: String) throws(ToolError) {
        do { file = try GGUFFile(path: path) } catch { throw ToolError(error.description) }
    }

    /// How many tensors each file would have.
    ///
    /// - Parameter emptyFirst: metadata alone in the first file
    public func plan(_ limit: Limit, emptyFirst: Bool = false) -> [Int] {
        var counts = emptyFirst ? [0, 0] : [0]
        var bytes = 0
        for (index, tensor) in file.tensors.enumerated() {
            let padded = (tensor.byteCount + 31) & ~31
            let isFull =
                switch limit {
                case .tensors(let count): index > 0 && index % count == 0
                case .bytes(let count): counts[counts.count - 1] > 0 && bytes + padded > count
                }
            if isFull {
                counts.append(0)
                bytes = 0
            }
            counts[counts.count - 1] += 1
            bytes += padded
        }
        return counts
    }

    /// Writes `PREFIX-00001-of-00003.gguf` and so on, all of them or none.
    ///
    /// - Parameter counts: of ``plan(_:emptyFirst:)``
    /// - Returns: the paths.
    /// - Throws: ``ToolError`` when a limit is too small or a file cannot be written.
    @discardableResult
    public func split(to prefix: String, counts: [Int]) throws(ToolError) -> [String] {
        try write(to: prefix, .counts(counts))
    }

    /// Writes one file of a split model.
    ///
    /// - Throws: ``ToolError`` when the model is not split or the file cannot be written.
    public func merge(to path: String) throws(ToolError) {
        guard file.metadata["split.count"] != nil else {
            throw ToolError(
                "\(file.shardPaths[0]): is not split: it has no key 'split.count'; nothing to merge")
        }
        if file.shardPaths.contains(path) {
            throw ToolError("\(path): is one of the parts; choose another name")
        }
        try write(to: path, .none)
    }

    @discardableResult
    private func write(to path: String, _ splitting: GGUFWriter.Splitting) throws(ToolError) -> [String] {
        var writer = GGUFWriter(metadata: file.metadata, splitting: splitting)
        do {
            for tensor in file.tensors { try writer.add(tensor, of: file) }
            return try writer.write(to: path)
        } catch { throw ToolError(error.description) }
    }
}
