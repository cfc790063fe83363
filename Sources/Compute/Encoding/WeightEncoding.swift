public import GGUF
import Kernels
import Synchronization

/// Weights from one type to another, by rows, on several threads.
public struct WeightEncoding: Sendable {
    /// A weight that is no number.
    public struct BadValue: Error, Sendable {
        /// Row of those that were given.
        public let row: Int
        public let column: Int
        public let value: Float
    }

    public let threads: Int

    /// - Parameter threads: nil: one per physical core that the process may use
    public init(threads: Int? = nil) { self.threads = threads ?? Topology.detect().threadCount }

    /// Whether weights can be made of this type.
    public static func canEncode(_ type: TensorType) -> Bool {
        switch type {
        case .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K,
            .iq4_nl, .iq4_xs, .iq3_s, .iq3_xxs, .iq2_s, .iq2_xs, .iq2_xxs, .iq1_s, .iq1_m, .tq1_0, .tq2_0,
            .mxfp4:
            true
        default: false
        }
    }

    /// Whether weights of this type can be read.
    public static func canDecode(_ type: TensorType) -> Bool { sw_type(Int32(type.rawValue)).name != nil }

    /// Rows of one type as those of another.
    ///
    /// - Parameters:
    ///   - bytes: whole rows of `source`, whose type can be decoded
    ///   - columns: elements of a row, whole blocks of both types
    ///   - importance: how much each column's squared error counts, for the matrix of a row; empty:
    ///     nothing is known
    /// - Throws: ``BadValue`` for the first weight that is infinite or no number.
    public func convert(
        _ bytes: UnsafeRawBufferPointer, from source: TensorType, to target: TensorType, columns: Int,
        importance: (Int) -> ArraySlice<Float> = { _ in [] }
    ) throws(BadValue) -> [UInt8] {
        precondition(Self.canDecode(source) && Self.canEncode(target))
        let sourceBytes = source.byteCount(elements: columns)!
        let targetBytes = target.byteCount(elements: columns)!
        let rows = bytes.count / sourceBytes
        if rows == 0 { return [] }
        // Slices of arrays cannot be handed to threads; rows of one matrix share theirs.
        let weights = (0..<rows).map { importance($0) }
        var result = [UInt8](repeating: 0, count: rows * targetBytes)
        let bad = Atomic<Int>(.max)
        result.withUnsafeMutableBytes { output in
            nonisolated(unsafe) let output = output.baseAddress!
            nonisolated(unsafe) let input = bytes.baseAddress!
            forEachPiece(rows, columns: columns) { range, scratch in
                for row in range {
                    let values = Self.decode(input + row * sourceBytes, source, columns, scratch)
                    if !Self.isFinite(values, columns) {
                        bad.min(row, ordering: .relaxed)
                        return
                    }
                    weights[row].withUnsafeBufferPointer {
                        let weight = $0.isEmpty ? nil : $0.baseAddress
                        Self.encode(values, target, columns, weight, output + row * targetBytes)
                    }
                }
            }
        }
        let row = bad.load(ordering: .relaxed)
        guard row == .max else { throw Self.badValue(bytes, source, columns, row: row) }
        return result
    }

    /// What types would lose of some rows, weighted: sums over the rows of importance x error
    /// squared, one for each type, and of importance x value squared.
    public func errors(
        of bytes: UnsafeRawBufferPointer, type source: TensorType, rows: [Int], columns: Int,
        types: [TensorType], importance: (Int) -> ArraySlice<Float>
    ) throws(BadValue) -> (errors: [Double], total: Double) {
        let sourceBytes = source.byteCount(elements: columns)!
        let weights = rows.map { importance($0) }
        // [row][type], the values themselves last: added in order afterwards, whatever the threads.
        let width = types.count + 1
        var sums = [Double](repeating: 0, count: rows.count * width)
        let bad = Atomic<Int>(.max)
        sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums.baseAddress!
            nonisolated(unsafe) let input = bytes.baseAddress!
            forEachPiece(rows.count, columns: columns) { range, scratch in
                let decoded = UnsafeMutablePointer<Float>.allocate(capacity: columns)
                let encoded = UnsafeMutableRawPointer.allocate(byteCount: columns * 4 + 64, alignment: 64)
                defer {
                    decoded.deallocate()
                    encoded.deallocate()
                }
                for place in range {
                    let values = Self.decode(input + rows[place] * sourceBytes, source, columns, scratch)
                    if !Self.isFinite(values, columns) {
                        bad.min(rows[place], ordering: .relaxed)
                        return
                    }
                    weights[place].withUnsafeBufferPointer { buffer in
                        // An empty buffer may have an address all the same.
                        let weight = buffer.isEmpty ? nil : buffer.baseAddress
                        let line = sums + place * width
                        line[types.count] = Self.squares(values, nil, weight, columns)
                        for (index, type) in types.enumerated() {
                            Self.encode(values, type, columns, weight, encoded)
                            let back = Self.decode(UnsafeRawPointer(encoded), type, columns, decoded)
                            line[index] = Self.squares(values, back, weight, columns)
                        }
                    }
                }
            }
        }
        let row = bad.load(ordering: .relaxed)
        guard row == .max else { throw Self.badValue(bytes, source, columns, row: row) }
        var totals = [Double](repeating: 0, count: width)
        for place in rows.indices {
            for index in 0..<width { totals[index] += sums[place * width + index] }
        }
        return (Array(totals.dropLast()), totals[types.count])
    }
}

extension WeightEncoding {
    /// Shares rows out in pieces of some 32,768 elements.
    private func forEachPiece(
        _ rows: Int, columns: Int, _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) {
        let piece = max(1, 32_768 / columns)
        let next = Atomic<Int>(0)
        concurrently(threads: min(threads, (rows + piece - 1) / piece)) {
            let scratch = UnsafeMutablePointer<Float>.allocate(capacity: columns)
            defer { scratch.deallocate() }
            while true {
                let first = next.wrappingAdd(piece, ordering: .relaxed).oldValue
                if first >= rows { return }
                body(first..<min(rows, first + piece), scratch)
            }
        }
    }

    private static func decode(
        _ row: UnsafeRawPointer, _ type: TensorType, _ columns: Int, _ scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        sw_kernels_active().pointee.dequantize(Int32(type.rawValue), row, scratch, columns)
        return UnsafePointer(scratch)
    }

    private static func encode(
        _ values: UnsafePointer<Float>, _ type: TensorType, _ columns: Int,
        _ importance: UnsafePointer<Float>?, _ target: UnsafeMutableRawPointer
    ) {
        let kernels: UnsafePointer<sw_kernels> = sw_kernels_active()
        if !kernels.pointee.encode(Int32(type.rawValue), values, importance, target, columns) {
            kernels.pointee.quantize(Int32(type.rawValue), values, target, columns)
        }
    }

    private static func isFinite(_ values: UnsafePointer<Float>, _ columns: Int) -> Bool {
        var bits: UInt32 = 0
        for column in 0..<columns {
            // All exponent bits set: infinite or no number.
            let exponent = values[column].bitPattern & 0x7f80_0000
            bits |= exponent == 0x7f80_0000 ? 1 : 0
        }
        return bits == 0
    }

    private static func squares(
        _ values: UnsafePointer<Float>, _ others: UnsafePointer<Float>?, _ weights: UnsafePointer<Float>?,
        _ columns: Int
    ) -> Double {
        var sum = 0.0
        for column in 0..<columns {
            let off = values[column] - (others?[column] ?? 0)
            sum += Double(off * off * (weights?[column] ?? 1))
        }
        return sum
    }

    private static func badValue(
        _ bytes: UnsafeRawBufferPointer, _ type: TensorType, _ columns: Int, row: Int
    ) -> BadValue {
        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: columns)
        defer { scratch.deallocate() }
        let values = decode(
            bytes.baseAddress! + row * type.byteCount(elements: columns)!, type, columns, scratch)
        let column = (0..<columns).first { !values[$0].isFinite } ?? 0
        return BadValue(row: row, column: column, value: values[column])
    }
}
