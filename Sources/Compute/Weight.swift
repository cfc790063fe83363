import Kernels

/// A matrix of weights as it lies in the file: `matrices` times `rows` rows of `columns` elements.
///
/// A product with it maps `columns` inputs to `rows` outputs. Mixture-of-experts tensors hold
/// one matrix per expert. The bytes belong to the mapped file, which the model keeps alive.
@safe
public struct Weight: BitwiseCopyable, @unchecked Sendable {
    let base: UnsafeRawPointer
    /// GGUF type number, as in kernels.h.
    let type: Int32
    let quantized: Bool
    public let columns: Int
    public let rows: Int
    public let matrices: Int
    let rowBytes: Int
    /// From one expert's matrix to the next; more than its bytes where a tensor interleaves two.
    let matrixBytes: Int

    init(
        base: UnsafeRawPointer, type: Int32, columns: Int, rows: Int, matrices: Int, matrixBytes: Int? = nil
    ) {
        let info = sw_type(type)
        self.base = base
        self.type = type
        self.columns = columns
        self.rows = rows
        self.matrices = matrices
        quantized = info.quantized
        rowBytes = columns / Int(info.block) * Int(info.bytes)
        self.matrixBytes = matrixBytes ?? rowBytes * rows
    }

    /// Bytes of all matrices.
    public var byteCount: Int { rowBytes * rows * matrices }

    /// One expert's matrix.
    @inline(__always)
    func matrix(_ index: Int) -> Weight {
        Weight(self, base: base + index * matrixBytes, rows: rows, matrices: 1)
    }

    /// One expert's matrix where a scheduler has put it.
    @inline(__always)
    func matrix(at place: UnsafeRawPointer) -> Weight { Weight(self, base: place, rows: rows, matrices: 1) }

    /// The rows of one matrix as those of `count` matrices, one after the other.
    func split(into count: Int) -> Weight {
        precondition(matrices == 1 && rows % count == 0)
        return Weight(base: base, type: type, columns: columns, rows: rows / count, matrices: count)
    }

    /// Some of the rows (of every expert) as a weight of their own, for tensors that hold
    /// several projections.
    public func rows(_ range: Range<Int>) -> Weight {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        return Weight(self, base: base + range.lowerBound * rowBytes, rows: range.count, matrices: matrices)
    }

    @inline(__always)
    private init(_ other: Weight, base: UnsafeRawPointer, rows: Int, matrices: Int) {
        self.base = base
        type = other.type
        quantized = other.quantized
        columns = other.columns
        self.rows = rows
        self.matrices = matrices
        rowBytes = other.rowBytes
        matrixBytes = other.matrixBytes
    }

    @inline(__always)
    func row(_ index: Int) -> UnsafeRawPointer { base + index * rowBytes }
}

/// Float32 values of a one-dimensional tensor: norm weights, biases, sinks, rope factors.
@safe
public struct Vector: BitwiseCopyable, @unchecked Sendable {
    let base: UnsafePointer<Float>
    public let count: Int

    package init(base: UnsafePointer<Float>, count: Int) {
        self.base = base
        self.count = count
    }

    public subscript(index: Int) -> Float {
        precondition(index >= 0 && index < count)
        return base[index]
    }
}

extension Vector {
    /// Some of the values as a vector of their own.
    public func slice(_ range: Range<Int>) -> Vector {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return Vector(base: base + range.lowerBound, count: range.count)
    }
}
