/// A step of a program. Programs are nondeterministic: a split goes both ways.
struct Instruction: Sendable {
    enum Kind: UInt8, Sendable {
        /// A byte of `low...high`, then `next`.
        case byte
        /// `next` and `other`.
        case split
        /// The rule `other`, then `next`.
        case call
        /// The rule `other` in place of this one.
        case tail
        /// The end of a rule.
        case end
        /// The token `other`, then `next`.
        case token
        /// Any token but `other`, then `next`.
        case notToken
        case fail
    }

    var kind: Kind
    var low: UInt8 = 0
    var high: UInt8 = 0
    var next: Int32 = -1
    var other: Int32 = -1

    /// Whether matching goes on only with input.
    var consumes: Bool {
        switch kind {
        case .byte, .token, .notToken: true
        default: false
        }
    }
}
