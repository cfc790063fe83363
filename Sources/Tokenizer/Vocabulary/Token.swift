/// A token's number in its vocabulary.
public typealias Token = Int32

/// What a token is for.
public enum TokenKind: Sendable, Hashable, CaseIterable {
    /// Text.
    case normal
    /// Stands for what the vocabulary cannot express.
    case unknown
    /// Structure, such as the start of a turn: never made from text unless special tokens are parsed.
    case control
    /// Text that is one token wherever it stands.
    case userDefined
    case unused
    /// One byte, for text that has no token.
    case byte
    /// Of a type that the file does not declare.
    case undefined
}

/// How a token takes part in encoding and decoding. A token may have several attributes: a control token
/// found by name keeps the type that the file declared.
struct TokenAttributes: OptionSet, Sendable {
    let rawValue: UInt16

    static let unknown = TokenAttributes(rawValue: 1 << 0)
    static let unused = TokenAttributes(rawValue: 1 << 1)
    static let normal = TokenAttributes(rawValue: 1 << 2)
    static let control = TokenAttributes(rawValue: 1 << 3)
    static let userDefined = TokenAttributes(rawValue: 1 << 4)
    static let byte = TokenAttributes(rawValue: 1 << 5)
    /// Whitespace before the token belongs to it.
    static let stripsLeft = TokenAttributes(rawValue: 1 << 6)
    /// Whitespace after the token belongs to it.
    static let stripsRight = TokenAttributes(rawValue: 1 << 7)
    /// The file declares it a control or unknown token, so text must not merge into it.
    static let unreachable = TokenAttributes(rawValue: 1 << 8)
    /// Rendered even when special tokens are not.
    static let alwaysRendered = TokenAttributes(rawValue: 1 << 9)

    /// Recognized as a whole before text is split; without parsing of special tokens, only those that
    /// are ``userDefined`` and not ``structural``.
    static let recognized: TokenAttributes = [.control, .userDefined, .unknown]
    static let structural: TokenAttributes = [.control, .unknown]

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// From `tokenizer.ggml.token_type`.
    init(type: Int) {
        self =
            switch type {
            case 1: .normal
            case 2: [.unknown, .unreachable]
            case 3: [.control, .unreachable]
            case 4: .userDefined
            case 5: .unused
            case 6: .byte
            default: []
            }
    }

    var kind: TokenKind {
        if contains(.control) { return .control }
        if contains(.unknown) { return .unknown }
        if contains(.userDefined) { return .userDefined }
        if contains(.normal) { return .normal }
        if contains(.byte) { return .byte }
        return contains(.unused) ? .unused : .undefined
    }
}
