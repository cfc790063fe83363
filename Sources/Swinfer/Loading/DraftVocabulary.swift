import GGUF
import Tokenizer

/// Whether the tokens of one model mean the same to another.
enum DraftVocabulary {
    /// Files of one family differ in a few unused tokens at the end.
    private static let tolerance = 128
    /// Files name the special tokens at the start differently.
    private static let firstCompared = 5

    /// Why a draft model's tokens are of no use to a model; nil: they are.
    static func mismatch(
        _ draft: GGUFFile, _ draftTokenizer: Tokenizer, _ file: GGUFFile, _ tokenizer: Tokenizer
    ) throws -> String? {
        let key = "tokenizer.ggml.model"
        let kinds = try (draft.metadata.string(key) ?? "none", file.metadata.string(key) ?? "none")
        if kinds.0 != kinds.1 { return "its vocabulary is of kind '\(kinds.0)', the model's '\(kinds.1)'" }
        let (own, wanted) = (draftTokenizer.vocabulary, tokenizer.vocabulary)
        if own.addsBOS != wanted.addsBOS || own.addsBOS && own.bos != wanted.bos {
            return "it begins texts with another token than the model"
        }
        if own.addsEOS != wanted.addsEOS || own.addsEOS && own.eos != wanted.eos {
            return "it ends texts with another token than the model"
        }
        if abs(own.count - wanted.count) > tolerance {
            return "its vocabulary has \(own.count) tokens, the model's \(wanted.count)"
        }
        guard let ownTexts = try? draft.metadata.strings("tokenizer.ggml.tokens"),
            let texts = try? file.metadata.strings("tokenizer.ggml.tokens")
        else { return nil }
        for (token, (a, b)) in zip(ownTexts, texts).enumerated() where token >= firstCompared && a != b {
            return "token \(token) is '\(a)' in its vocabulary and '\(b)' in the model's"
        }
        return nil
    }
}
