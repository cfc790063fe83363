import Kernels

/// What one attention layer keeps per position.
public struct AttentionCacheSpec: Sendable, Equatable {
    public let heads: Int
    public let keyDimensions: Int
    public let valueDimensions: Int
    /// Positions that a query can look back to, itself included; nil: all.
    public let reach: Int?
    /// The values are the first elements of the keys, which are kept once.
    public let valuesAreKeys: Bool
    /// The keys are kept as float numbers even where the cache is quantized.
    public let preciseKeys: Bool

    init(
        heads: Int, keyDimensions: Int, valueDimensions: Int, reach: Int?, valuesAreKeys: Bool = false,
        preciseKeys: Bool = false
    ) {
        self.heads = heads
        self.keyDimensions = keyDimensions
        self.valueDimensions = valueDimensions
        self.reach = reach
        self.valuesAreKeys = valuesAreKeys
        self.preciseKeys = preciseKeys
    }
}

/// What one recurrent layer keeps of everything that it has seen.
public struct RecurrentStateSpec: Sendable, Equatable {
    /// The last inputs of a convolution.
    public let convolutionFloats: Int
    /// The matrices of all heads.
    public let matrixFloats: Int
}

/// Element type of keys and values in the cache.
public enum CacheType: String, Sendable, CaseIterable {
    case f32, f16, q8_0, q4_0

    var kernelType: Int32 {
        switch self {
        case .f32: Int32(SW_F32)
        case .f16: Int32(SW_F16)
        case .q8_0: Int32(SW_Q8_0)
        case .q4_0: Int32(SW_Q4_0)
        }
    }

    func bytes(elements: Int) -> Int {
        let info = sw_type(kernelType)
        return elements / Int(info.block) * Int(info.bytes)
    }

    func fits(elements: Int) -> Bool { elements % Int(sw_type(kernelType).block) == 0 }
}

/// Where each layer's keys and values lie in a sequence's memory.
///
///     layer 0 keys    [head][position % capacity][keyDimensions]
///     layer 0 values  [head][position % capacity][valueDimensions]
///     layer 1 keys    ...
///     recurrent layer 0 inputs    [kernel - 1][channels]
///     recurrent layer 0 matrices  [head][value dimensions][key dimensions]
///     recurrent layer 1 ...
///
/// A layer whose queries look back over a window keeps only that window and one batch, as a
/// ring. Memory is reserved, not committed: pages count once positions are written to them.
struct CacheLayout {
    struct Layer: BitwiseCopyable {
        var keyOffset: Int
        var valueOffset: Int
        var keyBytes: Int
        /// From one position's value to the next's.
        var valueBytes: Int
        /// Bytes from one head's keys or values to the next's; 0 where query heads share one.
        var keyHeadBytes: Int
        var valueHeadBytes: Int
        var keyType: Int32
        /// Of the values: the keys' where they are part of the keys.
        var valueType: Int32
        /// Bytes that a position takes in all heads.
        var bytesPerPosition: Int
        /// Positions the ring holds.
        var capacity: Int
        var heads: Int
        var keyDimensions: Int
        var valueDimensions: Int
    }

    /// One recurrent layer's state.
    struct State: BitwiseCopyable {
        var convolutionOffset: Int
        var matrixOffset: Int
        /// Bytes in use of both.
        var byteCount: Int
    }

    let layers: [Layer]
    let states: [State]
    /// Where the recurrent layers' states lie together.
    let stateRange: Range<Int>
    /// Positions that a sequence can hold.
    let contextLength: Int
    let byteCount: Int
    let keyType: CacheType
    let valueType: CacheType
    /// Bytes that one more position takes in layers that keep everything.
    let bytesPerToken: Int

    init(
        specs: [AttentionCacheSpec], states stateSpecs: [RecurrentStateSpec] = [], contextLength: Int,
        batchLength: Int, keyType: CacheType,
        valueType: CacheType
    ) throws(ComputeError) {
        self.contextLength = contextLength
        self.keyType = keyType
        self.valueType = valueType
        var offset = 0
        var perToken = 0
        var layers: [Layer] = []
        for spec in specs {
            let keyType = spec.preciseKeys && keyType != .f32 ? CacheType.f16 : keyType
            guard keyType.fits(elements: spec.keyDimensions),
                (spec.valuesAreKeys ? keyType : valueType).fits(elements: spec.valueDimensions)
            else {
                throw .invalidConfiguration(
                    "cache type \(keyType.rawValue)/\(valueType.rawValue) needs head sizes in whole blocks of 32; this model has \(spec.keyDimensions) and \(spec.valueDimensions)"
                )
            }
            var capacity = contextLength
            if let reach = spec.reach { capacity = min(capacity, (reach + batchLength + 63) / 64 * 64) }
            let keyBytes = keyType.bytes(elements: spec.keyDimensions)
            let ownValueBytes = spec.valuesAreKeys ? 0 : valueType.bytes(elements: spec.valueDimensions)
            let keyOffset = offset
            offset = CacheLayout.aligned(offset + spec.heads * capacity * keyBytes)
            let valueOffset = spec.valuesAreKeys ? keyOffset : offset
            offset = CacheLayout.aligned(offset + spec.heads * capacity * ownValueBytes)
            let bytesPerPosition = spec.heads * (keyBytes + ownValueBytes)
            if capacity == contextLength { perToken += bytesPerPosition }
            layers.append(
                Layer(
                    keyOffset: keyOffset, valueOffset: valueOffset, keyBytes: keyBytes,
                    valueBytes: spec.valuesAreKeys ? keyBytes : ownValueBytes,
                    keyHeadBytes: spec.valuesAreKeys ? 0 : capacity * keyBytes,
                    valueHeadBytes: spec.valuesAreKeys ? 0 : capacity * ownValueBytes,
                    keyType: keyType.kernelType,
                    valueType: spec.valuesAreKeys ? keyType.kernelType : valueType.kernelType,
                    bytesPerPosition: bytesPerPosition, capacity: capacity, heads: spec.heads,
                    keyDimensions: spec.keyDimensions, valueDimensions: spec.valueDimensions))
        }
        self.layers = layers
        let stateStart = offset
        states = stateSpecs.map { spec in
            let convolution = offset
            let matrix = (convolution + spec.convolutionFloats * 4 + 63) & ~63
            offset = (matrix + spec.matrixFloats * 4 + 63) & ~63
            return State(
                convolutionOffset: convolution, matrixOffset: matrix,
                byteCount: (spec.convolutionFloats + spec.matrixFloats) * 4)
        }
        stateRange = stateStart..<offset
        byteCount = offset
        bytesPerToken = perToken
    }

    private static func aligned(_ offset: Int) -> Int { (offset + 4095) & ~4095 }
}
