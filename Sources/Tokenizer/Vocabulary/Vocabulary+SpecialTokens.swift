extension Vocabulary {
    /// The numbers that hold when a file gives none, as in llama.cpp.
    private static func defaults(
        _ source: VocabularySource, _ preTokenizer: PreTokenizer?
    ) -> [VocabularySource.SpecialToken: Int] {
        guard source.hasDefaultSpecialTokens else { return [:] }
        return switch source.model {
        case .sentencePiece: [.bos: 1, .eos: 2, .unknown: 0]
        case .bytePairs where preTokenizer?.hasDefaultBOS == false: [.eos: 11]
        case .bytePairs: [.bos: 11, .eos: 11]
        case .none: [:]
        }
    }

    /// Finds the special tokens by number and by name and sets the attributes that depend on them.
    ///
    /// Numbers outside of the vocabulary are passed over, as in llama.cpp.
    mutating func resolveSpecialTokens(_ source: VocabularySource, _ preTokenizer: PreTokenizer?) {
        let defaults = Self.defaults(source, preTokenizer)
        func number(_ special: VocabularySource.SpecialToken) -> Token? {
            for candidate in [source.specialTokens[special], defaults[special]] {
                if let candidate, candidate >= 0, candidate < count { return Token(candidate) }
            }
            return nil
        }
        bos = number(.bos)
        eos = number(.eos)
        unk = number(.unknown)
        sep = number(.separator)
        pad = number(.padding)
        mask = number(.mask)
        eot = number(.eot) ?? structural(SpecialTokenNames.endOfTurn)
        eom = number(.eom) ?? structural(SpecialTokenNames.endOfMessage)
        fillPrefix = number(.fillPrefix) ?? structural(SpecialTokenNames.fillPrefix)
        fillSuffix = number(.fillSuffix) ?? structural(SpecialTokenNames.fillSuffix)
        fillMiddle = number(.fillMiddle) ?? structural(SpecialTokenNames.fillMiddle)
        fillPadding = number(.fillPadding) ?? structural(SpecialTokenNames.fillPadding)
        fillRepository = number(.fillRepository) ?? structural(SpecialTokenNames.fillRepository)
        fillSeparator = number(.fillSeparator) ?? structural(SpecialTokenNames.fillSeparator)
        resolveFlags(source, preTokenizer)
        resolveEndOfGeneration()
        resolveStripping(source)
    }

    /// The token of the first of these texts that there is, which becomes a control token whatever the
    /// file declares it.
    private mutating func structural(_ names: [String]) -> Token? {
        guard let token = names.lazy.compactMap({ [self] in token(withText: $0) }).first else { return nil }
        attributes[Int(token)].insert(.control)
        return token
    }

    private mutating func resolveFlags(_ source: VocabularySource, _ preTokenizer: PreTokenizer?) {
        let isSentencePiece = source.model == .sentencePiece
        addsBOS = source.addsBOS ?? preTokenizer?.addsBOS ?? isSentencePiece
        if preTokenizer?.alwaysAddsBOS == true { addsBOS = true }
        addsEOS = source.addsEOS ?? false
        addsSEP = source.addsSEP ?? preTokenizer?.addsSEP ?? false
        addsSpacePrefix = source.addsSpacePrefix ?? isSentencePiece
    }

    private mutating func resolveEndOfGeneration() {
        var ends: Set<Token> = []
        for token in [fillPadding, fillRepository, fillSeparator] {
            if let token { ends.insert(token) }
        }
        for name in SpecialTokenNames.endOfGeneration {
            guard let token = token(withText: name) else { continue }
            ends.insert(token)
            attributes[Int(token)].insert(.control)
        }
        for name in SpecialTokenNames.messageFormat {
            if let token = token(withText: name) { attributes[Int(token)].insert(.alwaysRendered) }
        }
        for token in [eos, eot, eom] {
            if let token { ends.insert(token) }
        }
        func ending(_ name: String) -> Token? {
            token(withText: name).flatMap { ends.contains($0) ? $0 : nil }
        }
        // In gpt-oss's and Solar's formats <|end|> ends a message, after which the model goes on.
        let calls = ending("<|call|>") != nil || ending("<|calls|>") != nil
        let returns = ending("<|return|>") != nil || ending("<|flush|>") != nil
        if calls, returns, let end = ending("<|end|>") {
            ends.remove(end)
            attributes[Int(end)].insert(.alwaysRendered)
        }
        // Gemma 4 and PLaMo have </s> as a piece of text.
        if ending("<|tool_response>") != nil || ending("<|plamo:eos|>") != nil, let end = ending("</s>") {
            ends.remove(end)
            attributes[Int(end)] = .normal
        }
        endOfGeneration = ends.sorted()
    }

    /// Whitespace around special tokens, which files do not describe; by names of models, as in llama.cpp.
    private mutating func resolveStripping(_ source: VocabularySource) {
        var preTokenizer = ""
        if case .bytePairs(let name) = source.model { preTokenizer = name }
        func names(_ text: String, _ parts: [String]) -> Bool { parts.contains { text.contains($0) } }
        if names(preTokenizer, ["jina-v2-de", "jina-v2-es", "jina-v2-code"])
            || names(source.architecture, ["nomic-bert-moe", "jina-bert-v3"])
        {
            strip("<mask>", .stripsLeft)
        } else if names(source.modelName.lowercased(), ["phi-3", "phi3"]) {
            for index in attributes.indices where !attributes[index].isDisjoint(with: .recognized) {
                attributes[index].insert(.stripsRight)
            }
            strip("</s>", .stripsRight)
            for name in ["<unk>", "<s>", "<|endoftext|>"] {
                if let token = token(withText: name) { attributes[Int(token)].remove(.stripsRight) }
            }
        } else if names(source.modelName.lowercased(), ["modern-bert"]) {
            strip("[MASK]", .stripsLeft)
        }
    }

    private mutating func strip(_ name: String, _ attribute: TokenAttributes) {
        if let token = token(withText: name) { attributes[Int(token)].insert(attribute) }
    }
}
