/// What a model's configuration says: enough to know its tensors and what it keeps for a sequence.
public struct ModelShape: Sendable, Equatable {
    /// Multi-head latent attention.
    public struct Latent: Sendable, Equatable {
        /// Elements of the compressed keys and values, and of the rotary part beside them.
        public var rank: Int
        public var rotary: Int
        /// Elements of a head's keys without the rotary part, and of its values.
        public var key: Int
        public var value: Int
        /// Elements of the compressed query; 0: queries are projected at once.
        public var queryRank: Int
    }

    /// The sparse indexer of GLM-5.
    public struct Indexer: Sendable, Equatable {
        public var heads: Int
        public var width: Int
        /// Positions that attention looks at.
        public var kept: Int
    }

    /// Gated delta net in most layers.
    public struct Recurrent: Sendable, Equatable {
        public var keyHeads: Int
        public var valueHeads: Int
        public var headWidth: Int
        /// Positions that the convolution spans.
        public var convolution: Int
        /// Each so-many-th layer has attention instead.
        public var attentionPeriod: Int
    }

    public var name: String
    public var architecture: String
    /// Published parameters, and those that one token uses, in billions.
    public var billions: Double
    public var activeBillions: Double
    public var layers: Int
    public var width: Int
    public var heads: Int
    public var keyValueHeads: Int
    public var headWidth: Int
    public var feedForward: Int
    /// Routed experts in a layer; 0: none.
    public var experts: Int
    public var expertsUsed: Int
    public var expertWidth: Int
    /// Width of the shared experts together; 0: none.
    public var sharedWidth: Int
    public var leadingDense: Int
    public var vocabulary: Int
    /// Tokens that the model was trained to look back on.
    public var context: Int
    public var tied = false
    /// Positions that windowed layers look back; 0: no such layers.
    public var window = 0
    /// Each so-many-th layer has no window.
    public var windowPeriod = 1
    public var latent: Latent?
    public var indexer: Indexer?
    public var recurrent: Recurrent?
    /// Each so-many-th layer has experts.
    public var expertPeriod = 1
    /// Key/value heads and head width of layers without window, when they differ.
    public var fullKeyValueHeads: Int?
    public var fullHeadWidth: Int?
    /// OWNER/REPO of the GGUF files.
    public var repository: String?
    /// OWNER/REPO whose config.json the shape is from.
    public var configuration: String?

    /// Architectures whose tensors are known.
    public static let architectures = [
        "llama", "llama4", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "qwen3next", "qwen35", "qwen35moe",
        "gemma2", "gemma3", "gemma4", "phi3", "smollm3", "olmoe", "gpt-oss", "glm4moe", "minimax-m2",
        "deepseek2", "glm-dsa",
    ]

    init(_ line: inout DataLine) throws(DataFileError) {
        name = try line.text("name").text.lowercased()
        let family = try line.text("architecture")
        architecture = family.text
        guard Self.architectures.contains(architecture) else {
            throw line.error(
                at: family,
                "architecture '\(architecture)' is unknown; known: \(Self.architectures.joined(separator: ", "))"
            )
        }
        billions = try line.number("total parameters in billions", in: 0.0001...100_000)
        activeBillions = try line.number("active parameters in billions", in: 0.0001...100_000)
        layers = try line.integer("number of layers", in: 1...10_000)
        width = try line.integer("width", in: 1...1_000_000)
        heads = try line.integer("number of heads", in: 1...100_000)
        keyValueHeads = try line.integer("number of key/value heads", in: 1...100_000)
        headWidth = try line.integer("head width", in: 1...100_000)
        feedForward = try line.integer("feed-forward width", in: 0...10_000_000)
        experts = try line.integer("number of experts", in: 0...100_000)
        let used = try line.text("experts used")
        expertsUsed = try line.integer(used.text, of: used, "experts used", in: 0...max(0, experts))
        if experts > 0, expertsUsed == 0 {
            throw line.error(at: used, "\(experts) experts, but none is used: expected 1 to \(experts)")
        }
        expertWidth = try line.integer("expert width", in: (experts > 0 ? 1 : 0)...10_000_000)
        sharedWidth = try line.integer("shared expert width", in: 0...10_000_000)
        leadingDense = try line.integer("number of leading dense layers", in: 0...layers)
        vocabulary = try line.integer("vocabulary size", in: 1...100_000_000)
        context = try line.integer("context length", in: 1...(1 << 32))
        for (key, value, field) in line.options() { try read(key, value, field, line) }
    }

    private mutating func read(
        _ key: String, _ value: String, _ field: DataLine.Field, _ line: DataLine
    ) throws(DataFileError) {
        switch key {
        case "tied": tied = true
        case "window":
            let numbers = try line.integers(value, of: field, "W/N")
            (window, windowPeriod) = (numbers[0], max(1, numbers[1]))
        case "latent":
            let n = try line.integers(value, of: field, "R/P/K/V/Q")
            latent = Latent(rank: n[0], rotary: n[1], key: n[2], value: n[3], queryRank: n[4])
        case "index":
            let n = try line.integers(value, of: field, "H/W/T")
            indexer = Indexer(heads: n[0], width: n[1], kept: n[2])
        case "linear":
            let n = try line.integers(value, of: field, "K/V/W/C/N")
            recurrent = Recurrent(
                keyHeads: n[0], valueHeads: n[1], headWidth: n[2], convolution: n[3],
                attentionPeriod: max(1, n[4]))
        case "every":
            expertPeriod = try line.integer(value, of: field, "period of expert layers", in: 1...layers)
        case "full":
            let n = try line.integers(value, of: field, "H/W")
            (fullKeyValueHeads, fullHeadWidth) = (n[0], n[1])
        case "gguf": repository = try Self.repository(value, field, line)
        case "config": configuration = try Self.repository(value, field, line)
        default:
            throw line.error(
                at: field,
                "'\(key)' is unknown; known: tied, window=, latent=, index=, linear=, every=, full=, gguf=, config="
            )
        }
    }

    private static func repository(
        _ value: String, _ field: DataLine.Field, _ line: DataLine
    ) throws(DataFileError) -> String {
        let parts = value.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw line.error(at: field, "'\(value)' is no repository: expected OWNER/REPO")
        }
        return value
    }
}
