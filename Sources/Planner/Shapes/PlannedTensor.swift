public import GGUF

/// A tensor that a model of some shape has, before a type is chosen for it.
public struct PlannedTensor: Sendable, Equatable {
    public let name: String
    /// In ggml's order: the first is the row length.
    public let dimensions: [Int]
    /// The block it belongs to, from 0; nil outside the blocks.
    public let layer: Int?

    public var elements: Int { dimensions.reduce(1, *) }

    /// One slice for each routed expert.
    public var isRouted: Bool { name.contains("_exps.") }

    /// Norms, biases, routers and convolutions stay in float32, as in llama.cpp.
    public var isQuantized: Bool {
        dimensions.count > 1 && name.hasSuffix(".weight") && !name.hasSuffix("_norm.weight")
            && !name.contains("ffn_gate_inp.") && !name.contains("ssm_conv1d")
    }
}

/// A tensor with its type: what a file holds.
public struct TypedTensor: Sendable, Equatable {
    public let tensor: PlannedTensor
    public let type: TensorType
    public let bytes: Int
}
