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
