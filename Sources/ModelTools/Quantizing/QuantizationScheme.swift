public import GGUF

/// A file type as llama.cpp names it: most tensors are of one type, some of others.
public struct QuantizationScheme: Sendable, Equatable {
    /// `Q4_K_M`
    public let name: String
    /// `general.file_type` of such a file.
    public let fileType: Int
    /// The type of most tensors.
    public let base: TensorType

    /// Every scheme that can be made, smallest numbers of `general.file_type` first.
    public static let all: [QuantizationScheme] = [
        Self("F32", 0, .f32), Self("F16", 1, .f16), Self("Q4_0", 2, .q4_0), Self("Q4_1", 3, .q4_1),
        Self("Q8_0", 7, .q8_0), Self("Q5_0", 8, .q5_0), Self("Q5_1", 9, .q5_1), Self("Q2_K", 10, .q2_K),
        Self("Q3_K_S", 11, .q3_K), Self("Q3_K_M", 12, .q3_K), Self("Q3_K_L", 13, .q3_K),
        Self("Q4_K_S", 14, .q4_K), Self("Q4_K_M", 15, .q4_K), Self("Q5_K_S", 16, .q5_K),
        Self("Q5_K_M", 17, .q5_K), Self("Q6_K", 18, .q6_K), Self("IQ2_XXS", 19, .iq2_xxs),
        Self("IQ2_XS", 20, .iq2_xs), Self("Q2_K_S", 21, .q2_K), Self("IQ3_XS", 22, .iq3_s),
        Self("IQ3_XXS", 23, .iq3_xxs), Self("IQ1_S", 24, .iq1_s), Self("IQ4_NL", 25, .iq4_nl),
        Self("IQ3_S", 26, .iq3_s), Self("IQ3_M", 27, .iq3_s), Self("IQ2_S", 28, .iq2_xs),
        Self("IQ2_M", 29, .iq2_s), Self("IQ4_XS", 30, .iq4_xs), Self("IQ1_M", 31, .iq1_m),
        Self("BF16", 32, .bf16), Self("TQ1_0", 36, .tq1_0), Self("TQ2_0", 37, .tq2_0),
        Self("MXFP4_MOE", 38, .mxfp4),
    ]

    private static let aliases = [
        "Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M", "MXFP4": "MXFP4_MOE",
    ]

    private init(_ name: String, _ fileType: Int, _ base: TensorType) {
        self.name = name
        self.fileType = fileType
        self.base = base
    }

    /// The scheme of a name, in any case; `Q4_K` means `Q4_K_M` and so on.
    public init?(name: String) {
        let wanted = name.uppercased()
        let full = Self.aliases[wanted] ?? wanted
        guard let found = Self.all.first(where: { $0.name == full }) else { return nil }
        self = found
    }

    /// The scheme whose files are mostly of a type.
    static func mostly(_ type: TensorType) -> QuantizationScheme? {
        Self.all.last {
            $0.base == type && $0.name.hasPrefix(type.name) && $0.name.count <= type.name.count + 2
        }
    }
}
