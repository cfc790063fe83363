import GGUF

/// What of a model's shape the choice of types depends on.
struct ModelFacts {
    let architecture: String
    let layers: Int
    let experts: Int
    /// Query heads that share a key head, in the first layer.
    let headsPerKey: Int
    /// Whether the token embedding is the output too.
    let isTied: Bool
    /// Whether it has the shape of Llama's 70B, whose attention values are small.
    let isLlama70B: Bool

    init(_ file: GGUFFile) {
        let name = file.architecture ?? ""
        func number(_ key: String) -> Int? {
            guard let value = file.metadata["\(name).\(key)"] else { return nil }
            if case .array(let array) = value { return array.integers()?.first }
            return value.integer
        }
        architecture = name
        layers = number("block_count") ?? 0
        experts = number("expert_count") ?? 0
        let heads = number("attention.head_count") ?? 1
        let keyHeads = number("attention.head_count_kv") ?? heads
        headsPerKey = keyHeads > 0 ? heads / keyHeads : 0
        isTied = file.tensor(named: "output.weight") == nil
        isLlama70B = name == "llama" && layers == 80 && heads != keyHeads
    }
}
