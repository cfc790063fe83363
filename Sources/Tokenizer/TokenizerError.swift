public import GGUF

/// Why a vocabulary could not be read or a text not be encoded or decoded.
///
/// `description` is one line that names the key, the limit and what to do.
public enum TokenizerError: Error, Equatable, Sendable {
    /// A key of the vocabulary has another type than is needed.
    case metadata(GGUFError)
    /// The model lacks a key that its tokenizer needs.
    case missingKey(String)
    /// `tokenizer.ggml.model` names a kind of tokenizer that is not supported.
    case unsupportedModel(String)
    /// `tokenizer.ggml.pre` is absent or names an unknown pre-tokenizer.
    case unsupportedPreTokenizer(String?)
    /// The value of a key contradicts itself or another one.
    case invalid(key: String, reason: String)
    /// The model has no vocabulary, so it knows tokens only by number.
    case noVocabulary
    /// A token's number is not below the vocabulary's size.
    case tokenOutOfRange(token: Token, count: Int)
    /// The vocabulary has no token for a byte, and no unknown token.
    case cannotEncode(byte: UInt8)
    /// The text has more bytes than can be encoded at once.
    case textTooLong(bytes: Int, limit: Int)
}

extension TokenizerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .metadata(let error):
            return "cannot read the vocabulary: \(error)"
        case .missingKey(let key):
            return "the model has no key \(key), so its text cannot be tokenized; convert the model again"
        case .unsupportedModel(let name):
            return "tokenizer model \(name.quoted) is not supported; supported are "
                + VocabularySource.Model.supportedNames.joined(separator: ", ")
        case .unsupportedPreTokenizer(nil):
            return "the model does not say how to split text: it has no key tokenizer.ggml.pre; "
                + "convert it again with a newer converter, or set the key to one of \(Self.preTokenizers)"
        case .unsupportedPreTokenizer(let name?):
            return "pre-tokenizer \(name.quoted) (tokenizer.ggml.pre) is not supported; supported are "
                + Self.preTokenizers
        case .invalid(let key, let reason):
            return "\(key) is invalid: \(reason)"
        case .noVocabulary:
            return "the model has no vocabulary (tokenizer.ggml.model is 'none'): use token numbers, not text"
        case .tokenOutOfRange(let token, let count):
            return "token \(token) is not in the vocabulary, whose \(count) tokens are numbered from 0"
        case .cannotEncode(let byte):
            let digits = String(byte, radix: 16, uppercase: true)
            return "the vocabulary has no token for byte 0x\(digits) and no unknown token"
        case .textTooLong(let bytes, let limit):
            return "text of \(bytes) bytes is too long; encode at most \(limit) bytes at once"
        }
    }

    private static var preTokenizers: String {
        PreTokenizer.names.joined(separator: ", ")
    }
}
