// The names are ggml's own, so that they can be searched for.
// swift-format-ignore: AlwaysUseLowerCamelCase
/// How the elements of a tensor are stored, numbered as in GGUF files (`ggml_type`).
///
/// Quantized types store a row as blocks of ``blockElements`` elements in ``blockBytes`` bytes; a
/// row is a whole number of blocks. Numbers that are missing here (4, 5, 31...33, 36...38) were
/// removed from the format.
public enum TensorType: UInt32, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q8_1 = 9
    case q2_K = 10
    case q3_K = 11
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case q8_K = 15
    case iq2_xxs = 16
    case iq2_xs = 17
    case iq3_xxs = 18
    case iq1_s = 19
    case iq4_nl = 20
    case iq3_s = 21
    case iq2_s = 22
    case iq4_xs = 23
    case i8 = 24
    case i16 = 25
    case i32 = 26
    case i64 = 27
    case f64 = 28
    case iq1_m = 29
    case bf16 = 30
    case tq1_0 = 34
    case tq2_0 = 35
    case mxfp4 = 39
    case nvfp4 = 40
    case q1_0 = 41
    case q2_0 = 42

    /// The type's name as llama.cpp's users write it, such as `Q4_K` or `IQ2_XXS`.
    public var name: String { layout.name }

    /// Elements in a block: 1 for plain numbers.
    public var blockElements: Int { layout.elements }

    /// Bytes of a block.
    public var blockBytes: Int { layout.bytes }

    /// Whether blocks hold more than one element.
    public var isQuantized: Bool { blockElements > 1 }

    public var description: String { name }

    /// Bytes of `elements` elements, or nil when they are no whole number of blocks or the product
    /// does not fit an `Int`.
    public func byteCount(elements: Int) -> Int? {
        guard elements >= 0, elements % blockElements == 0 else { return nil }
        let (bytes, overflow) = (elements / blockElements).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }

    /// Bytes of a tensor of this shape, or nil when a row is no whole number of blocks, a size is
    /// negative, or a product does not fit an `Int`.
    public func byteCount(dimensions: [Int]) -> Int? {
        guard let row = dimensions.first, row % blockElements == 0 else { return nil }
        var elements = 1
        for size in dimensions {
            let (product, overflow) = elements.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            elements = product
        }
        return byteCount(elements: elements)
    }

    /// The type of a name such as `Q4_K`, in any case.
    public init?(name: String) {
        let wanted = name.uppercased()
        guard let type = Self.allCases.first(where: { $0.name == wanted }) else { return nil }
        self = type
    }
}

extension TensorType {
    /// Block sizes of ggml-common.h. The sums name the parts: scales, minimums, high bits, low bits.
    private var layout: (name: String, elements: Int, bytes: Int) {
        switch self {
        case .f32: ("F32", 1, 4)
        case .f16: ("F16", 1, 2)
        case .bf16: ("BF16", 1, 2)
        case .f64: ("F64", 1, 8)
        case .i8: ("I8", 1, 1)
        case .i16: ("I16", 1, 2)
        case .i32: ("I32", 1, 4)
        case .i64: ("I64", 1, 8)
        case .q1_0: ("Q1_0", 128, 2 + 16)
        case .q2_0: ("Q2_0", 64, 2 + 16)
        case .q4_0: ("Q4_0", 32, 2 + 16)
        case .q4_1: ("Q4_1", 32, 2 + 2 + 16)
        case .q5_0: ("Q5_0", 32, 2 + 4 + 16)
        case .q5_1: ("Q5_1", 32, 2 + 2 + 4 + 16)
        case .q8_0: ("Q8_0", 32, 2 + 32)
        case .q8_1: ("Q8_1", 32, 2 + 2 + 32)
        case .q2_K: ("Q2_K", 256, 16 + 64 + 2 + 2)
        case .q3_K: ("Q3_K", 256, 32 + 64 + 12 + 2)
        case .q4_K: ("Q4_K", 256, 2 + 2 + 12 + 128)
        case .q5_K: ("Q5_K", 256, 2 + 2 + 12 + 32 + 128)
        case .q6_K: ("Q6_K", 256, 128 + 64 + 16 + 2)
        case .q8_K: ("Q8_K", 256, 4 + 256 + 32)
        case .iq1_s: ("IQ1_S", 256, 2 + 32 + 16)
        case .iq1_m: ("IQ1_M", 256, 32 + 16 + 8)
        case .iq2_xxs: ("IQ2_XXS", 256, 2 + 64)
        case .iq2_xs: ("IQ2_XS", 256, 2 + 64 + 8)
        case .iq2_s: ("IQ2_S", 256, 2 + 64 + 8 + 8)
        case .iq3_xxs: ("IQ3_XXS", 256, 2 + 64 + 32)
        case .iq3_s: ("IQ3_S", 256, 2 + 64 + 8 + 32 + 4)
        case .iq4_nl: ("IQ4_NL", 32, 2 + 16)
        case .iq4_xs: ("IQ4_XS", 256, 2 + 2 + 4 + 128)
        case .tq1_0: ("TQ1_0", 256, 48 + 4 + 2)
        case .tq2_0: ("TQ2_0", 256, 64 + 2)
        case .mxfp4: ("MXFP4", 32, 1 + 16)
        case .nvfp4: ("NVFP4", 64, 4 + 32)
        }
    }
}
