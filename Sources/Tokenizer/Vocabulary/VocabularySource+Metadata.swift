package import GGUF

extension VocabularySource {
    /// Reads the keys `tokenizer.ggml.*`.
    package init(metadata: GGUFMetadata) throws(TokenizerError) {
        do {
            self = try Self.read(metadata)
        } catch let error as GGUFError {
            throw .metadata(error)
        } catch let error as TokenizerError {
            throw error
        } catch {
            throw .invalid(key: "tokenizer.ggml.model", reason: "\(error)")
        }
    }

    private static func read(_ metadata: GGUFMetadata) throws -> VocabularySource {
        let model = try model(metadata)
        if case .none = model { return VocabularySource(model: model, tokens: TextList()) }
        var source = VocabularySource(
            model: model, tokens: try texts("tokenizer.ggml.tokens", metadata) ?? TextList())
        source.hasDefaultSpecialTokens = try metadata.string("tokenizer.ggml.model") != "gemma4"
        source.scores = try metadata.floats("tokenizer.ggml.scores") ?? []
        source.types = try metadata.ints("tokenizer.ggml.token_type") ?? []
        if case .bytePairs = model {
            let merges = try texts("tokenizer.ggml.merges", metadata)
            source.hasMerges = merges != nil
            source.merges = merges ?? TextList()
        }
        for special in SpecialToken.allCases {
            source.specialTokens[special] = try metadata.int(special.key)
        }
        // Older names of three of them.
        let older: [(String, SpecialToken)] = [
            ("prefix", .fillPrefix), ("suffix", .fillSuffix), ("middle", .fillMiddle),
        ]
        for (name, special) in older {
            if let token = try metadata.int("tokenizer.ggml.\(name)_token_id") {
                source.specialTokens[special] = token
            }
        }
        source.addsBOS = try metadata.bool("tokenizer.ggml.add_bos_token")
        source.addsEOS = try metadata.bool("tokenizer.ggml.add_eos_token")
        source.addsSEP = try metadata.bool("tokenizer.ggml.add_sep_token")
        source.addsSpacePrefix = try metadata.bool("tokenizer.ggml.add_space_prefix")
        source.removesExtraWhitespace = try metadata.bool("tokenizer.ggml.remove_extra_whitespaces") ?? false
        source.modelName = try metadata.string("general.name") ?? ""
        source.architecture = try metadata.string("general.architecture") ?? ""
        return source
    }

    private static func model(_ metadata: GGUFMetadata) throws -> Model {
        guard let name = try metadata.string("tokenizer.ggml.model") else {
            throw TokenizerError.missingKey("tokenizer.ggml.model")
        }
        switch name {
        case "llama":
            return .sentencePiece
        case "gpt2":
            guard let preTokenizer = try metadata.string("tokenizer.ggml.pre"), !preTokenizer.isEmpty else {
                throw TokenizerError.unsupportedPreTokenizer(nil)
            }
            return .bytePairs(preTokenizer: preTokenizer)
        case "gemma4":
            return .bytePairs(preTokenizer: "gemma4")
        case "none", "no_vocab":
            let architecture = try metadata.string("general.architecture") ?? ""
            let key = "\(architecture).vocab_size"
            let count = try metadata.int(key) ?? 0
            guard count >= 0, count <= Int(Token.max) else {
                throw TokenizerError.invalid(
                    key: key, reason: "\(count) tokens, at most \(Token.max) are possible")
            }
            return .none(count: count)
        default:
            throw TokenizerError.unsupportedModel(name)
        }
    }

    private static func texts(_ key: String, _ metadata: GGUFMetadata) throws -> TextList? {
        guard let array = try metadata.array(key) else { return nil }
        guard let texts = TextList(array) else {
            throw TokenizerError.invalid(key: key, reason: "an array of \(array.elementType), not of strings")
        }
        return texts
    }
}
