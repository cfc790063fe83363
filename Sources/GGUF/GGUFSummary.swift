/// What a model's tensors add up to.
public struct GGUFSummary: Sendable, Equatable {
    /// The tensors of one type together.
    public struct TypeTotal: Sendable, Equatable {
        public let type: TensorType
        public let tensors: Int
        public let elements: Int
        public let bytes: Int
    }

    /// The routed experts of one layer.
    public struct ExpertLayer: Sendable, Equatable {
        public let layer: Int
        public let experts: Int
        /// Bytes of one expert, over all its tensors.
        public let bytesPerExpert: Int
        /// The tensors that hold one slice for each expert; the experts are their last dimension.
        public let tensors: [TensorInfo]
    }

    /// The model's tensor types, the one with the most bytes first.
    public let types: [TypeTotal]

    /// Layers with routed experts, in order; empty for a dense model.
    public let expertLayers: [ExpertLayer]

    /// Experts that a token is routed to in each such layer, when the metadata tells.
    public let expertsUsed: Int?

    /// Elements of all tensors.
    public var parameters: Int { types.reduce(0) { $0 + $1.elements } }

    /// Bytes of all tensors.
    public var tensorBytes: Int { types.reduce(0) { $0 + $1.bytes } }

    /// Bits that one parameter takes on average; nil for a model without tensors.
    public var bitsPerWeight: Double? {
        parameters > 0 ? Double(tensorBytes) * 8 / Double(parameters) : nil
    }

    /// Bytes of all routed experts.
    public var expertBytes: Int { expertLayers.reduce(0) { $0 + $1.bytesPerExpert * $1.experts } }

    /// Bytes of the routed experts that one token needs, when the metadata tells how many those are.
    public var expertBytesPerToken: Int? {
        guard let expertsUsed else { return nil }
        return expertLayers.reduce(0) { $0 + $1.bytesPerExpert * min(expertsUsed, $1.experts) }
    }

    public init(_ file: GGUFFile) {
        types = Dictionary(grouping: file.tensors, by: \.type).map { type, tensors in
            TypeTotal(
                type: type, tensors: tensors.count, elements: tensors.reduce(0) { $0 + $1.elementCount },
                bytes: tensors.reduce(0) { $0 + $1.byteCount })
        }.sorted { ($0.bytes, $1.type.rawValue) > ($1.bytes, $0.type.rawValue) }
        expertLayers = Self.expertLayers(file.tensors)
        expertsUsed = file.architecture.flatMap { file.metadata["\($0).expert_used_count"]?.integer }
            .flatMap { $0 > 0 ? $0 : nil }
    }

    /// Collects tensors named `blk.LAYER.ffn_..._exps.weight` (or `.bias`, `.scale`) by layer.
    private static func expertLayers(_ tensors: [TensorInfo]) -> [ExpertLayer] {
        var layers: [Int: [TensorInfo]] = [:]
        for tensor in tensors {
            let parts = tensor.name.split(separator: ".")
            guard parts.count == 4, parts[0] == "blk", parts[2].hasSuffix("_exps"), let layer = Int(parts[1])
            else { continue }
            layers[layer, default: []].append(tensor)
        }
        return layers.sorted { $0.key < $1.key }.map { layer, tensors in
            let experts = tensors.map { $0.dimensions[$0.dimensions.count - 1] }.max() ?? 1
            // A tensor of another count belongs to no single expert.
            let own = tensors.filter { $0.dimensions[$0.dimensions.count - 1] == experts }
            return ExpertLayer(
                layer: layer, experts: experts, bytesPerExpert: own.reduce(0) { $0 + $1.byteCount / experts },
                tensors: own)
        }
    }
}
