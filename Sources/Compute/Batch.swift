/// Tokens to run through the model together: pieces of one or more sequences.
///
/// Tokens of one sequence are consecutive in the batch and in position. Mixing the prefill of
/// one sequence with single tokens of others is what serving many clients needs.
public struct Batch {
    /// A run of consecutive tokens of one sequence.
    public struct Piece {
        public let sequence: SequenceCache
        /// Position of the first token: how many the sequence holds already.
        public let position: Int
        public let tokens: ArraySlice<Int32>
        /// Which of the tokens' logits are wanted.
        public let outputs: Outputs
        /// The sequence can go back to each of the tokens afterwards, until its next piece, although
        /// it has recurrent layers. Each token takes another copy of their state.
        public let keepsStates: Bool
        /// [tokens][width] what a program with prediction input takes beside the tokens; empty elsewhere.
        public let hidden: [Float]

        public init(
            sequence: SequenceCache, position: Int, tokens: ArraySlice<Int32>, outputs: Outputs,
            keepsStates: Bool = false, hidden: [Float] = []
        ) {
            self.sequence = sequence
            self.position = position
            self.tokens = tokens
            self.outputs = outputs
            self.keepsStates = keepsStates
            self.hidden = hidden
        }
    }

    public enum Outputs: Sendable { case none, last, all }

    public var pieces: [Piece]
    public init(_ pieces: [Piece] = []) { self.pieces = pieces }

    public var tokenCount: Int { pieces.reduce(0) { $0 + $1.tokens.count } }
    public var outputCount: Int {
        pieces.reduce(0) {
            switch $1.outputs {
            case .none: $0
            case .last: $0 + 1
            case .all: $0 + $1.tokens.count
            }
        }
    }
}
