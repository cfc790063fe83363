public import GGUF

// The names are llama.cpp's own, so that they can be searched for.
// swift-format-ignore: AlwaysUseLowerCamelCase
/// A quantization as model pages name it: a type for most tensors and better ones for some.
public enum Mix: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case bf16 = "BF16"
    case f16 = "F16"
    case q8_0 = "Q8_0"
    case q6_K = "Q6_K"
    case q5_K_M = "Q5_K_M"
    case q5_K_S = "Q5_K_S"
    case q5_0 = "Q5_0"
    case q4_K_M = "Q4_K_M"
    case q4_K_S = "Q4_K_S"
    case q4_0 = "Q4_0"
    case iq4_NL = "IQ4_NL"
    case iq4_XS = "IQ4_XS"
    case mxfp4 = "MXFP4"
    case q3_K_L = "Q3_K_L"
    case q3_K_M = "Q3_K_M"
    case q3_K_S = "Q3_K_S"
    case iq3_M = "IQ3_M"
    case iq3_S = "IQ3_S"
    case iq3_XXS = "IQ3_XXS"
    case q2_K = "Q2_K"
    case q2_K_S = "Q2_K_S"
    case iq2_M = "IQ2_M"
    case iq2_S = "IQ2_S"
    case iq2_XS = "IQ2_XS"
    case iq2_XXS = "IQ2_XXS"
    case iq1_M = "IQ1_M"
    case iq1_S = "IQ1_S"
    /// Unsloth's dynamic "1.58 bit": experts of 1.56 bits, everything else at 4 to 6.
    case ud_IQ1_S = "UD-IQ1_S"

    public var description: String { rawValue }

    /// The mix of a name, upper and lower case being the same.
    public init?(name: String) {
        guard let mix = Self.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() })
        else { return nil }
        self = mix
    }

    /// The type that a tensor gets when no rule gives it another.
    public var base: TensorType {
        switch self {
        case .bf16: .bf16
        case .f16: .f16
        case .q8_0: .q8_0
        case .q6_K: .q6_K
        case .q5_K_M, .q5_K_S: .q5_K
        case .q5_0: .q5_0
        case .q4_K_M, .q4_K_S: .q4_K
        case .q4_0: .q4_0
        case .iq4_NL: .iq4_nl
        case .iq4_XS: .iq4_xs
        case .mxfp4: .mxfp4
        case .q3_K_L, .q3_K_M, .q3_K_S: .q3_K
        case .iq3_M, .iq3_S: .iq3_s
        case .iq3_XXS: .iq3_xxs
        case .q2_K, .q2_K_S: .q2_K
        case .iq2_M: .iq2_s
        case .iq2_S, .iq2_XS: .iq2_xs
        case .iq2_XXS: .iq2_xxs
        case .iq1_M: .iq1_m
        case .iq1_S, .ud_IQ1_S: .iq1_s
        }
    }

    /// Those that `swinfer fit` chooses from, the best first. Between neighbours sizes differ by a tenth
    /// or more.
    public static let ladder: [Mix] = [
        .q8_0, .q6_K, .q5_K_M, .q4_K_M, .q4_0, .q3_K_M, .iq3_XXS, .q2_K, .iq2_M, .iq2_XXS, .iq1_S,
    ]
}
