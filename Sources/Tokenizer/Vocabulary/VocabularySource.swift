/// What a file says about its vocabulary, before anything is made of it.
package struct VocabularySource: Sendable {
    /// `tokenizer.ggml.model`.
    package enum Model: Sendable, Equatable {
        /// `llama`: SentencePiece's merges by score.
        case sentencePiece
        /// `gpt2` and `gemma4`: byte pair encoding, after the pre-tokenizer of `tokenizer.ggml.pre`.
        case bytePairs(preTokenizer: String)
        /// `none`: tokens without text.
        case none(count: Int)

        static let supportedNames = ["llama", "gpt2", "gemma4", "none"]
    }

    /// Tokens that a file gives by number, and the key of each.
    package enum SpecialToken: String, Sendable, CaseIterable {
        case bos, eos, eot, eom
        case unknown
        case separator = "seperator"
        case padding, mask
        case fillPrefix = "fim_pre"
        case fillSuffix = "fim_suf"
        case fillMiddle = "fim_mid"
        case fillPadding = "fim_pad"
        case fillRepository = "fim_rep"
        case fillSeparator = "fim_sep"

        // "seperator" is how the format spells it.
        var key: String { "tokenizer.ggml.\(rawValue)_token_id" }
    }

    package var model: Model
    package var tokens: TextList
    /// By token, in SentencePiece's model: the higher, the earlier two tokens merge into this one.
    package var scores: [Float] = []
    /// By token: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte. All normal when empty.
    package var types: [Int] = []
    /// Pairs of texts with a space between them, the first to merge first.
    package var merges: TextList = TextList()
    /// Whether the file has merges, if only an empty list.
    package var hasMerges = true
    package var specialTokens: [SpecialToken: Int] = [:]
    /// Whether special tokens that the file does not give have the numbers of the first models.
    package var hasDefaultSpecialTokens = true
    package var addsBOS: Bool?
    package var addsEOS: Bool?
    package var addsSEP: Bool?
    package var addsSpacePrefix: Bool?
    package var removesExtraWhitespace = false
    package var modelName = ""
    package var architecture = ""

    package init(model: Model, tokens: TextList) {
        self.model = model
        self.tokens = tokens
    }
}
