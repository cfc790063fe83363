import GGUF

/// Which type each tensor gets under a scheme: llama.cpp's choices (`llama-quant.cpp`), made of
/// counters, so tensors must come in its order (``ordered(_:)``).
struct TypeMix {
    let scheme: QuantizationScheme
    let facts: ModelFacts
    let hasImportance: Bool
    /// Tensors like attention values: how many there are, and how many were seen.
    let valueCount: Int
    private var values = 0
    private var downs = 0
    private var gates = 0
    private var ups = 0

    init(_ scheme: QuantizationScheme, _ facts: ModelFacts, hasImportance: Bool, tensors: [TensorInfo]) {
        self.scheme = scheme
        self.facts = facts
        self.hasImportance = hasImportance
        valueCount = tensors.count { TensorRole($0.name).isValueLike }
    }

    /// Tensors by layer, those outside of layers first, and by name.
    static func ordered(_ tensors: [TensorInfo]) -> [TensorInfo] {
        tensors.sorted { left, right in
            let layers = (left.layer ?? -1, right.layer ?? -1)
            if layers.0 != layers.1 { return layers.0 < layers.1 }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }

    mutating func type(of tensor: TensorInfo) -> TensorType {
        let role = TensorRole(tensor.name)
        let base = scheme.base
        if role == .output || (facts.isTied && role == .tokenEmbedding) {
            return outputType(tensor)
        }
        if scheme.name == "MXFP4_MOE" { return tensor.rank > 2 ? .mxfp4 : .q8_0 }
        if role == .tokenEmbedding { return embeddingType }
        if isLow { return lowType(role) ?? base }
        switch role {
        case .value, .fusedAttention, .latentKeyValue: return valueType
        case .key:
            if facts.experts == 8 { return .q8_0 }
            return queryKeyType
        case .query: return queryKeyType
        case .feedForwardDown: return downType(tensor)
        case .attentionOutput: return attentionOutputType
        case .feedForwardGate:
            defer { gates += 1 }
            return inputType(layer(tensor, counted: gates))
        case .feedForwardUp:
            defer { ups += 1 }
            return inputType(layer(tensor, counted: ups))
        case .other, .output, .tokenEmbedding: return base
        }
    }

    private func named(_ names: String...) -> Bool { names.contains(scheme.name) }

    /// The schemes of one and two bits, which keep more than others of what is sensitive.
    private var isLow: Bool { named("IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ1_S", "IQ1_M") }
    private var isMedium: Bool { named("IQ2_S", "IQ2_M") }

    /// First and last eighth of the layers, and every third between.
    private func wantsMoreBits(_ layer: Int, of layers: Int) -> Bool {
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2
    }

    /// With experts the tensors of a layer may be many, so that counting does not tell the layer.
    private func layer(_ tensor: TensorInfo, counted: Int) -> Int {
        facts.experts > 1 ? tensor.layer ?? counted : counted
    }

    private func outputType(_ tensor: TensorInfo) -> TensorType {
        if scheme.name == "MXFP4_MOE" { return .q8_0 }
        if facts.architecture == "falcon" || tensor.rowElements % scheme.base.blockElements != 0 {
            return .q8_0
        }
        if isLow || named("IQ3_XXS") { return .q5_K }
        return scheme.base == .q8_0 ? .q8_0 : .q6_K
    }

    private var embeddingType: TensorType {
        if named("IQ2_XXS", "IQ2_XS", "IQ1_S", "IQ1_M") { return .q2_K }
        if isMedium || named("IQ3_XXS") { return .iq3_s }
        if named("TQ1_0", "TQ2_0") { return .q4_K }
        return scheme.base
    }

    private mutating func lowType(_ role: TensorRole) -> TensorType? {
        let higher: TensorType = isMedium ? .iq3_s : .q2_K
        if role.isValueLike {
            values += 1
            return facts.headsPerKey >= 4 || facts.experts >= 4 ? .q4_K : higher
        }
        if role == .key, facts.experts == 8 { return .q4_K }
        if role == .feedForwardDown {
            defer { downs += 1 }
            return downs < facts.layers / 8 ? higher : nil
        }
        guard role == .attentionOutput else { return nil }
        if facts.experts == 8 { return .q5_K }
        if named("IQ1_S", "IQ1_M") { return .iq2_xxs }
        return isMedium ? .iq3_s : nil
    }

    private var queryKeyType: TensorType {
        if named("IQ3_XS") { return .iq3_xxs }
        return named("IQ3_XXS") ? .iq2_s : scheme.base
    }

    private var valueType: TensorType {
        mutating get {
            var type = scheme.base
            let grouped = facts.headsPerKey >= 4
            switch scheme.name {
            case "Q2_K": type = grouped ? .q4_K : .q3_K
            case "Q2_K_S" where grouped: type = .q4_K
            case "IQ3_XXS": type = grouped ? .q4_K : hasImportance ? .iq3_xxs : .iq3_s
            case "IQ3_XS" where grouped, "IQ3_S" where grouped: type = .q4_K
            case "IQ3_M": type = .q4_K
            case "Q3_K_M": type = values < 2 ? .q5_K : .q4_K
            case "Q3_K_L": type = .q5_K
            case "IQ4_NL" where grouped, "IQ4_XS" where grouped: type = .q5_K
            case "Q4_K_M" where wantsMoreBits(values, of: valueCount),
                "Q5_K_M" where wantsMoreBits(values, of: valueCount):
                type = .q6_K
            case "Q4_K_S" where values < 4: type = .q5_K
            default: break
            }
            if facts.isLlama70B, type == .q3_K || type == .q4_K { type = .q5_K }
            if facts.experts == 8 { type = .q8_0 }
            values += 1
            return type
        }
    }

    private mutating func downType(_ tensor: TensorInfo) -> TensorType {
        let layer = layer(tensor, counted: downs)
        let layers = facts.layers
        let isFalcon = facts.architecture == "falcon"
        downs += 1
        switch scheme.name {
        case "Q2_K": return .q3_K
        case "Q2_K_S" where layer < layers / 8: return .q4_K
        case "IQ3_XXS" where !hasImportance: return layer < layers / 8 ? .q4_K : .q3_K
        case "Q3_K_M":
            if layer < layers / 16 { return .q5_K }
            return !isFalcon || wantsMoreBits(layer, of: layers) ? .q4_K : .q3_K
        case "IQ3_M" where layer < layers / 8 || (facts.experts == 8 && wantsMoreBits(layer, of: layers)):
            return .q4_K
        case "Q3_K_L": return isFalcon ? .q4_K : .q5_K
        case "Q4_K_M":
            if isFalcon, layer >= layers / 16 { return wantsMoreBits(layer, of: layers) ? .q5_K : .q4_K }
            return isFalcon || wantsMoreBits(layer, of: layers) ? .q6_K : .q4_K
        case "IQ4_NL" where layer < layers / 8 && !hasImportance,
            "IQ4_XS" where layer < layers / 8 && !hasImportance:
            return .q5_K
        case "Q5_K_M" where wantsMoreBits(layer, of: layers): return .q6_K
        case "Q4_K_S" where !isFalcon && layer < layers / 8: return .q5_K
        case "Q4_0" where hasImportance && layer < layers / 8: return .q4_1
        case "Q5_0" where hasImportance && layer < layers / 8: return .q5_1
        default: return scheme.base
        }
    }

    private var attentionOutputType: TensorType {
        if facts.architecture == "falcon" { return named("Q3_K_L") ? .q4_K : scheme.base }
        if facts.experts == 8 {
            let raised = named(
                "Q2_K", "IQ3_XS", "IQ3_XXS", "Q3_K_S", "Q3_K_M", "IQ4_NL", "Q4_K_S", "Q4_K_M", "IQ3_S",
                "IQ3_M", "IQ4_XS")
            return raised ? .q5_K : scheme.base
        }
        switch scheme.name {
        case "Q2_K": return .q3_K
        case "IQ3_XXS": return .iq3_s
        case "Q3_K_M", "IQ3_M": return .q4_K
        case "Q3_K_L": return .q5_K
        default: return scheme.base
        }
    }

    private func inputType(_ layer: Int) -> TensorType {
        let middle = layer >= facts.layers / 8 && layer < 7 * facts.layers / 8
        return named("IQ3_XS") && middle ? .iq3_xxs : scheme.base
    }

    /// A type whose blocks a row's length allows.
    static func fitting(_ type: TensorType, columns: Int) -> TensorType {
        if columns % type.blockElements == 0 { return type }
        let smaller: TensorType =
            switch type {
            case .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .iq4_xs: .iq4_nl
            case .q2_K, .q3_K, .tq1_0, .tq2_0: .q4_0
            case .q4_K: .q5_0
            case .q5_K: .q5_1
            case .q6_K: .q8_0
            default: type
            }
        return columns % smaller.blockElements == 0 ? smaller : .f16
    }
}
