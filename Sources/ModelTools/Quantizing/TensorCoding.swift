import Compute
import GGUF

/// A tensor's rows to those of another type, some megabytes at a time.
struct TensorCoding {
    let file: GGUFFile
    let tensor: TensorInfo
    let encoding: WeightEncoding
    let importance: ImportanceMatrix.Entry?

    /// Source elements that are taken up at once.
    private static let slabElements = 8 << 20

    static func canEncode(_ type: TensorType) -> Bool { WeightEncoding.canEncode(type) }
    static func canDecode(_ type: TensorType) -> Bool { WeightEncoding.canDecode(type) }

    /// Importances of the matrix that a row belongs to.
    func importance(ofRow row: Int) -> ArraySlice<Float> {
        guard let importance else { return [] }
        let rowsPerMatrix = tensor.dimensions.count > 1 ? tensor.dimensions[1] : 1
        let first = row / rowsPerMatrix * tensor.rowElements
        return importance.values[first..<first + tensor.rowElements]
    }

    /// - Parameters:
    ///   - take: gets the bytes, in order
    ///   - isCancelled: asked before each piece
    /// - Throws: ``ToolError`` for a weight that is no number; `CancellationError`; what `take` throws.
    func convert(
        to type: TensorType, isCancelled: () -> Bool, _ take: ([UInt8]) throws -> Void
    ) throws {
        let bytes = unsafe file.bytes(of: tensor)
        let step = max(1, Self.slabElements / tensor.rowElements)
        for first in stride(from: 0, to: tensor.rowCount, by: step) {
            if isCancelled() { throw CancellationError() }
            let end = min(tensor.rowCount, first + step)
            let range = first * tensor.rowBytes..<end * tensor.rowBytes
            let converted: [UInt8]
            do throws(WeightEncoding.BadValue) {
                converted = try unsafe encoding.convert(
                    UnsafeRawBufferPointer(rebasing: bytes[range]), from: tensor.type, to: type,
                    columns: tensor.rowElements
                ) { importance(ofRow: first + $0) }
            } catch {
                throw bad(error, firstRow: first)
            }
            try take(converted)
        }
    }

    func bad(_ value: WeightEncoding.BadValue, firstRow: Int) -> ToolError {
        ToolError(
            "\(file.shardPaths[tensor.shard]): tensor '\(tensor.name)' holds \(value.value) at row \(firstRow + value.row), column \(value.column); the file is damaged: get it again"
        )
    }
}
