import GGUF

/// Which type each tensor gets: llama.cpp's rules (llama-quant.cpp), as facts about its files.
struct MixRules {
    private enum Role {
        case output, embedding, value, key, query, attentionOutput, gate, up, down, other
    }

    private let mix: Mix
    private let shape: ModelShape
    private let valueCount: Int
    /// Tensors of a role that have been seen; the rules count tensors, not layers.
    private var values = 0
    private var downs = 0

    init(_ mix: Mix, _ shape: ModelShape, _ tensors: [PlannedTensor]) {
        self.mix = mix
        self.shape = shape
        valueCount = tensors.count { Self.role(of: $0.name) == .value }
    }

    /// The type of the next tensor; tensors come in the order of their layers.
    mutating func type(of tensor: PlannedTensor) -> TensorType {
        guard tensor.isQuantized else { return .f32 }
        if mix == .f16 || mix == .bf16 { return mix.base }
        let type = mix == .ud_IQ1_S ? dynamicType(of: tensor) : standardType(of: tensor)
        return Self.fitting(type, row: tensor.dimensions[0])
    }

    private static func role(of name: String) -> Role {
        if name == "output.weight" { return .output }
        if name == "token_embd.weight" { return .embedding }
        // attn_qkv and attn_kv_b count as values.
        for part in ["attn_qkv.weight", "attn_kv_b.weight", "attn_v.weight"] where name.hasSuffix(part) {
            return .value
        }
        if name.hasSuffix("attn_k.weight"), !name.contains("indexer") { return .key }
        if name.hasSuffix("indexer.attn_k.weight") { return .key }
        if name.hasSuffix("attn_q.weight") { return .query }
        if name.hasSuffix("attn_output.weight") { return .attentionOutput }
        if name.contains("ffn_up") { return .up }
        if name.contains("ffn_gate") { return .gate }
        return name.contains("ffn_down") ? .down : .other
    }

    private mutating func standardType(of tensor: PlannedTensor) -> TensorType {
        let role = Self.role(of: tensor.name)
        switch role {
        case .output: return outputType(row: tensor.dimensions[0])
        case .embedding: return shape.tied ? outputType(row: tensor.dimensions[0]) : embeddingType
        default: break
        }
        if mix == .mxfp4 { return tensor.dimensions.count > 2 ? .mxfp4 : .q8_0 }
        switch role {
        case .value:
            defer { values += 1 }
            return smallest ? smallValueType : valueType
        case .key:
            if shape.experts == 8 { return smallest ? .q4_K : .q8_0 }
            return mix == .iq3_XXS ? .iq2_s : mix.base
        case .query: return mix == .iq3_XXS ? .iq2_s : mix.base
        case .down:
            defer { downs += 1 }
            return downType(layer: shape.experts > 1 ? tensor.layer ?? 0 : downs)
        case .attentionOutput: return attentionOutputType
        default: return mix.base
        }
    }

    /// Mixes of two bits and less have rules of their own.
    private var smallest: Bool {
        switch mix {
        case .iq2_M, .iq2_S, .iq2_XS, .iq2_XXS, .iq1_M, .iq1_S: true
        default: false
        }
    }

    private var isIQ2SOrM: Bool { mix == .iq2_S || mix == .iq2_M }

    private func outputType(row: Int) -> TensorType {
        if mix == .mxfp4 || row % mix.base.blockElements != 0 { return .q8_0 }
        if smallest || mix == .iq3_XXS { return .q5_K }
        return mix == .q8_0 ? .q8_0 : .q6_K
    }

    private var embeddingType: TensorType {
        switch mix {
        case .mxfp4: .q8_0
        case .iq2_XXS, .iq2_XS, .iq1_S, .iq1_M: .q2_K
        case .iq2_S, .iq2_M, .iq3_XXS: .iq3_s
        default: mix.base
        }
    }

    /// Query heads that share a key/value head; a latent cache is one head in these files.
    private var sharing: Int {
        shape.latent != nil ? shape.heads : shape.heads / max(1, shape.keyValueHeads)
    }

    private var smallValueType: TensorType {
        if sharing >= 4 || shape.experts >= 4 { return .q4_K }
        return isIQ2SOrM ? .iq3_s : .q2_K
    }

    private var valueType: TensorType {
        var type = mix.base
        switch mix {
        case .q2_K: type = sharing >= 4 ? .q4_K : .q3_K
        case .q2_K_S: if sharing >= 4 { type = .q4_K }
        case .iq3_XXS: type = sharing >= 4 ? .q4_K : .iq3_xxs
        case .iq3_S: if sharing >= 4 { type = .q4_K }
        case .iq3_M: type = .q4_K
        case .q3_K_M: type = values < 2 ? .q5_K : .q4_K
        case .q3_K_L: type = .q5_K
        case .iq4_NL, .iq4_XS: if sharing >= 4 { type = .q5_K }
        case .q4_K_M, .q5_K_M: if Self.deservesMore(values, of: valueCount) { type = .q6_K }
        case .q4_K_S: if values < 4 { type = .q5_K }
        default: break
        }
        // llama.cpp takes the 80-layer Llama and Qwen models with shared heads for "70B".
        if shape.layers == 80, ["llama", "qwen2"].contains(shape.architecture), sharing > 1,
            type == .q3_K || type == .q4_K
        {
            type = .q5_K
        }
        return shape.experts == 8 ? .q8_0 : type
    }

    private func downType(layer: Int) -> TensorType {
        let early = layer < shape.layers / 8
        switch mix {
        case .q2_K: return .q3_K
        case .q2_K_S: return early ? .q4_K : mix.base
        case .q3_K_M: return layer < shape.layers / 16 ? .q5_K : .q4_K
        case .q3_K_L: return .q5_K
        case .iq3_M:
            let more = shape.experts == 8 && Self.deservesMore(layer, of: shape.layers)
            return early || more ? .q4_K : mix.base
        case .q4_K_M, .q5_K_M: return Self.deservesMore(layer, of: shape.layers) ? .q6_K : mix.base
        case .q4_K_S: return early ? .q5_K : mix.base
        case .iq4_NL, .iq4_XS: return mix.base
        default:
            if smallest, downs < shape.layers / 8 { return isIQ2SOrM ? .iq3_s : .q2_K }
            return mix.base
        }
    }

    private var attentionOutputType: TensorType {
        if smallest {
            if shape.experts == 8 { return .q5_K }
            return mix == .iq1_S || mix == .iq1_M ? .iq2_xxs : isIQ2SOrM ? .iq3_s : mix.base
        }
        if shape.experts == 8 {
            switch mix {
            case .q2_K, .iq3_XXS, .q3_K_S, .q3_K_M, .iq4_NL, .q4_K_S, .q4_K_M, .iq3_S, .iq3_M, .iq4_XS:
                return .q5_K
            default: return mix.base
            }
        }
        switch mix {
        case .q2_K: return .q3_K
        case .iq3_XXS: return .iq3_s
        case .q3_K_M, .iq3_M: return .q4_K
        case .q3_K_L: return .q5_K
        default: return mix.base
        }
    }

    /// The first and last eighth, and every third between.
    private static func deservesMore(_ index: Int, of count: Int) -> Bool {
        index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2
    }

    /// Unsloth's first dynamic quants: only routed experts go below four bits, and of these the down
    /// projections of the first layers less so.
    private mutating func dynamicType(of tensor: PlannedTensor) -> TensorType {
        let role = Self.role(of: tensor.name)
        if role == .output || role == .embedding && shape.tied { return .q6_K }
        if tensor.isRouted {
            let early = (tensor.layer ?? 0) < shape.leadingDense + 5
            return role == .down && early ? .iq2_xxs : .iq1_s
        }
        return role == .down || role == .value ? .q6_K : .q4_K
    }

    /// The type itself, or what takes its place where a row is no whole number of its blocks.
    private static func fitting(_ type: TensorType, row: Int) -> TensorType {
        guard row % type.blockElements != 0 else { return type }
        let other: TensorType =
            switch type {
            case .q2_K, .q3_K: .q4_0
            case .q4_K: .q5_0
            case .q5_K: .q5_1
            case .q6_K: .q8_0
            case .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .iq4_xs: .iq4_nl
            default: .f16
            }
        return row % other.blockElements == 0 ? other : .f16
    }
}

extension ModelShape {
    /// The tensors of a file of this mix.
    public func tensors(in mix: Mix) -> [TypedTensor] {
        let tensors = tensors
        var rules = MixRules(mix, self, tensors)
        return tensors.map { tensor in
            let type = rules.type(of: tensor)
            // Every row is a whole number of the blocks of the type that the rules gave.
            let bytes = type.byteCount(dimensions: tensor.dimensions) ?? 0
            return TypedTensor(tensor: tensor, type: type, bytes: bytes)
        }
    }

    /// Bytes of the tensors of a file of this mix; the file's header adds some megabytes of vocabulary.
    public func bytes(in mix: Mix) -> Int { tensors(in: mix).reduce(0) { $0 + $1.bytes } }
}
