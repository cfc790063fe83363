public import GGUF
import Kernels

/// Finds a model's tensors in its file, and checks shape and type before anything uses them.
public final class WeightSource {
    public let file: GGUFFile
    /// Owns vectors that were converted to float32 (those of another type in the file).
    private(set) var converted: [Arena] = []
    /// Names that were asked for, to tell what a model file does not use.
    public private(set) var used: Set<String> = []

    /// Where weights other than experts are, if not in the mapping.
    let memory: WeightMemory?

    /// - Parameter memory: holds what is not streamed; nil: weights are used from the mapping.
    public init(_ file: GGUFFile, memory: WeightMemory? = nil) {
        self.file = file
        self.memory = memory
    }

    private func bytes(of tensor: TensorInfo) throws(ComputeError) -> UnsafeRawPointer {
        if let memory, !memory.isStreamed(tensor) { return try memory.bytes(of: tensor) }
        return UnsafeRawPointer(file.bytes(of: tensor).baseAddress!)
    }

    private var path: String { file.shardPaths.first ?? "" }

    public func contains(_ name: String) -> Bool { file.tensor(named: name) != nil }

    /// Marks a tensor as known but not needed.
    public func skip(_ name: String) { used.insert(name) }

    /// A matrix with `rows` outputs and `columns` inputs (per expert, when `experts` is given).
    ///
    /// - Throws: `ComputeError` naming the tensor and what was expected.
    public func matrix(_ name: String, rows: Int, columns: Int, experts: Int? = nil) throws(ComputeError)
        -> Weight
    {
        guard let weight = try optionalMatrix(name, rows: rows, columns: columns, experts: experts) else {
            throw ComputeError.missingTensor(
                name: name, expected: "shape \([columns, rows] + (experts.map { [$0] } ?? []))", file: path)
        }
        return weight
    }

    public func optionalMatrix(
        _ name: String, rows: Int, columns: Int, experts: Int? = nil
    ) throws(ComputeError) -> Weight? {
        guard let tensor = file.tensor(named: name) else { return nil }
        let expected = [columns, rows] + (experts.map { [$0] } ?? [])
        try check(tensor, shape: expected)
        let info = sw_type(Int32(tensor.type.rawValue))
        guard info.name != nil else {
            throw ComputeError.wrongType(
                name: name, found: tensor.type, expected: "a weight type that can be multiplied", file: path)
        }
        guard info.quantized == false || columns % 32 == 0 else {
            throw ComputeError.wrongShape(
                name: name, found: tensor.dimensions, expected: expected, file: path)
        }
        used.insert(name)
        return Weight(
            base: try bytes(of: tensor), type: Int32(tensor.type.rawValue), columns: columns,
            rows: rows,
            matrices: experts ?? 1)
    }

    /// A vector of `count` values, converted to float32 where the file has F16 or BF16.
    public func vector(_ name: String, count: Int) throws(ComputeError) -> Vector {
        guard let vector = try optionalVector(name, count: count) else {
            throw ComputeError.missingTensor(name: name, expected: "\(count) values", file: path)
        }
        return vector
    }

    public func optionalVector(_ name: String, count: Int) throws(ComputeError) -> Vector? {
        try optionalVector(name, shape: [count])
    }

    /// `experts` vectors of `count` values, one after the other, such as the biases of experts.
    public func vectors(_ name: String, count: Int, experts: Int) throws(ComputeError) -> Vector {
        guard let vectors = try optionalVector(name, shape: [count, experts]) else {
            throw ComputeError.missingTensor(
                name: name, expected: "shape \([count, experts])", file: path)
        }
        return vectors
    }

    private func optionalVector(_ name: String, shape: [Int]) throws(ComputeError) -> Vector? {
        guard let tensor = file.tensor(named: name) else { return nil }
        try check(tensor, shape: shape)
        let count = shape.reduce(1, *)
        used.insert(name)
        let bytes = try bytes(of: tensor)
        switch tensor.type {
        case .f32 where UInt(bitPattern: bytes) % 4 == 0:
            return Vector(base: bytes.assumingMemoryBound(to: Float.self), count: count)
        case .f32, .f16, .bf16:
            let arena = try Arena(byteCount: count * 4)
            let floats = arena.base.assumingMemoryBound(to: Float.self)
            sw_kernels_active().pointee.dequantize(
                Int32(tensor.type.rawValue), bytes, floats, count)
            converted.append(arena)
            return Vector(base: floats, count: count)
        default:
            throw ComputeError.wrongType(
                name: name, found: tensor.type, expected: "F32, F16 or BF16", file: path)
        }
    }

    /// Keeps memory that weights lie in alive as long as the model.
    func own(_ arena: Arena) { converted.append(arena) }

    /// A vector made here, such as a table that the model file computes.
    public func constant(_ values: [Float]) throws(ComputeError) -> Vector {
        let arena = try Arena(byteCount: values.count * 4)
        let floats = arena.base.assumingMemoryBound(to: Float.self)
        for (index, value) in values.enumerated() { floats[index] = value }
        converted.append(arena)
        return Vector(base: floats, count: values.count)
    }

    /// Shapes are equal when they differ only by trailing dimensions of one.
    private func check(_ tensor: TensorInfo, shape: [Int]) throws(ComputeError) {
        func trimmed(_ shape: [Int]) -> [Int] {
            var shape = shape
            while shape.count > 1, shape.last == 1 { shape.removeLast() }
            return shape
        }
        guard trimmed(tensor.dimensions) == trimmed(shape) else {
            throw ComputeError.wrongShape(
                name: tensor.name, found: tensor.dimensions, expected: shape, file: path)
        }
    }
}
