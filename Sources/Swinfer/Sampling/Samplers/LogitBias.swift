/// Adds to the logits of some tokens; -infinity forbids them.
struct LogitBias {
    private let tokens: [Int32]
    private let biases: [Int32: Float]

    init(_ biases: [Int32: Float]) {
        self.biases = biases
        tokens = biases.keys.sorted()
    }

    func apply(_ candidates: inout Candidates) {
        candidates.change(tokens) { token, logit in logit + (biases[token] ?? 0) }
    }
}
