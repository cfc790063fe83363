/// How the hidden states of a text's tokens become one vector.
public enum Pooling: String, Sendable, Equatable, CaseIterable {
    /// Their mean.
    case mean
    /// The first token's, which in a model with causal attention knows of nothing else.
    case cls
    /// The last token's.
    case last

    /// From the number under `ARCHITECTURE.pooling_type`; nil for none, ranking, and unknown ones.
    init?(metadata value: Int) {
        switch value {
        case 1: self = .mean
        case 2: self = .cls
        case 3: self = .last
        default: return nil
        }
    }
}
