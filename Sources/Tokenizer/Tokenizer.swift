public import GGUF

/// Turns text into tokens and tokens into text, as the vocabulary of a GGUF file says.
///
/// Supported are SentencePiece's merging by score (`tokenizer.ggml.model` is `llama`) and byte pair
/// encoding (`gpt2`, `gemma4`) with the pre-tokenizers of ``supportedPreTokenizers``. Tokens agree with
/// llama.cpp's, except that text never becomes a control token unless special tokens are parsed.
public final class Tokenizer: Sendable {
    enum Engine: Sendable {
        case none
        case pieces(PieceModel, JoinFilter)
        case bytePairs(BytePairModel, PreTokenizer, JoinFilter?)
    }

    /// The most bytes that are encoded at once.
    public static let longestText = 1 << 29

    /// The names in `tokenizer.ggml.pre` that are known.
    public static var supportedPreTokenizers: [String] { PreTokenizer.names }

    public let vocabulary: Vocabulary

    let engine: Engine
    let specials: SpecialMatcher

    /// Reads the vocabulary of a model. A model without one (`none`) can be loaded too; its text cannot be
    /// encoded.
    ///
    /// - Throws: ``TokenizerError`` when the vocabulary is of an unknown kind or damaged.
    public convenience init(metadata: GGUFMetadata) throws(TokenizerError) {
        try self.init(VocabularySource(metadata: metadata))
    }

    package init(_ source: VocabularySource) throws(TokenizerError) {
        var source = source
        var preTokenizer: PreTokenizer?
        switch source.model {
        case .none(let count):
            vocabulary = Vocabulary(count: count)
            engine = .none
            specials = SpecialMatcher(vocabulary)
            return
        case .sentencePiece: break
        case .bytePairs(let name):
            preTokenizer = PreTokenizer.named(name)
            if preTokenizer == nil { throw .unsupportedPreTokenizer(name) }
        }
        try source.check(preTokenizer)
        source.nameEmptyTokens()
        let isByteLevel = preTokenizer?.isByteLevel == true
        let table = TextTable(source.tokens, alphabet: isByteLevel ? .byteLevel : .plain)
        var vocabulary = Vocabulary(table: table, source: source)
        vocabulary.resolveSpecialTokens(source, preTokenizer)
        self.vocabulary = vocabulary
        specials = SpecialMatcher(vocabulary)
        // User-defined tokens are found as a whole where they may be found, so merging must not make them.
        let reachable = vocabulary.attributes.enumerated().map { index, attributes in
            !attributes.contains(.unreachable)
                && !(attributes.contains(.userDefined) && vocabulary.textBytes(of: Token(index)).isMarkup)
        }
        if let preTokenizer {
            let model = BytePairModel(
                merges: source.merges, preTokenizer: preTokenizer, table: table, reachable: reachable)
            engine = .bytePairs(model, preTokenizer, isByteLevel ? nil : JoinFilter(merges: source.merges))
        } else {
            let model = PieceModel(
                scores: source.scores, table: table, reachable: reachable, unknown: vocabulary.unk)
            engine = .pieces(model, JoinFilter(tokens: source.tokens))
        }
    }
}

extension VocabularySource {
    fileprivate func check(_ preTokenizer: PreTokenizer?) throws(TokenizerError) {
        guard tokens.count > 0 else { throw .missingKey("tokenizer.ggml.tokens") }
        for (key, list) in [("tokenizer.ggml.tokens", tokens), ("tokenizer.ggml.merges", merges)]
        where list.count > TextTable.capacity {
            throw .invalid(key: key, reason: "\(list.count) entries, more than \(TextTable.capacity)")
        }
        for (key, count) in [
            ("tokenizer.ggml.scores", scores.count), ("tokenizer.ggml.token_type", types.count),
        ]
        where count != 0 && count < tokens.count {
            throw .invalid(key: key, reason: "\(count) entries for \(tokens.count) tokens")
        }
        if let preTokenizer, !hasMerges, !preTokenizer.mayLackMerges {
            throw .missingKey("tokenizer.ggml.merges")
        }
    }

    /// Gives tokens without text the names that llama.cpp gives them.
    fileprivate mutating func nameEmptyTokens() {
        guard (0..<tokens.count).contains(where: { tokens[$0].isEmpty }) else { return }
        var named = TextList()
        for index in 0..<tokens.count {
            let range = tokens[index]
            if range.isEmpty {
                named.append("[EMPTY_\(index)]".utf8)
            } else {
                named.append(tokens.bytes[range])
            }
        }
        tokens = named
    }
}

extension JoinFilter {
    fileprivate init(tokens: TextList) {
        self.init()
        for index in 0..<tokens.count { insertNeighbours(in: tokens.bytes.span, tokens[index]) }
    }

    fileprivate init(merges: TextList) {
        self.init()
        MergeTable.forEachMerge(merges) { _, first, second in
            insertMeeting(first, second, in: merges.bytes.span)
        }
    }
}
