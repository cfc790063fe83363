extension Tokenizer {
    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - addSpecial: Adds BOS and EOS where the vocabulary asks for them.
    ///   - parseSpecial: Makes control tokens of their texts. Without it, text never becomes one, so that
    ///     it is safe for text of others; user-defined tokens are found either way.
    public func encode(
        _ text: String, addSpecial: Bool, parseSpecial: Bool
    ) throws(TokenizerError) -> [Token] {
        var text = text
        text.makeContiguousUTF8()
        return try encode(bytes: text.utf8.span, addSpecial: addSpecial, parseSpecial: parseSpecial)
    }

    /// The tokens of bytes that may be no UTF-8.
    ///
    /// SentencePiece's vocabularies have tokens for any bytes. For byte pairs each byte that begins no
    /// character is U+FFFD, and overlong forms are the shortest one, as in llama.cpp.
    public func encode(
        bytes: [UInt8], addSpecial: Bool, parseSpecial: Bool
    ) throws(TokenizerError) -> [Token] {
        try encode(bytes: bytes.span, addSpecial: addSpecial, parseSpecial: parseSpecial)
    }

    /// The tokens of bytes that may be no UTF-8; see ``encode(bytes:addSpecial:parseSpecial:)-([UInt8],_,_)``.
    public func encode(
        bytes: Span<UInt8>, addSpecial: Bool, parseSpecial: Bool
    ) throws(TokenizerError) -> [Token] {
        var steps = 0
        return try encode(bytes, addSpecial, parseSpecial, steps: &steps)
    }

    /// Also counts the pairs that were looked at, which is what time grows with.
    package func encode(
        _ bytes: Span<UInt8>, _ addSpecial: Bool, _ parseSpecial: Bool, steps: inout Int
    ) throws(TokenizerError) -> [Token] {
        try encode(bytes, addSpecial, parseSpecial ? .all : .userDefined, steps: &steps)
    }

    func encode(
        _ bytes: Span<UInt8>, _ addSpecial: Bool, _ scope: SpecialScope, steps: inout Int
    ) throws(TokenizerError) -> [Token] {
        guard bytes.count <= Self.longestText else {
            throw .textTooLong(bytes: bytes.count, limit: Self.longestText)
        }
        guard vocabulary.hasText else { throw .noVocabulary }
        var tokens: [Token] = []
        if addSpecial, vocabulary.addsBOS, let bos = vocabulary.bos { tokens.append(bos) }
        let fragments = specials.fragments(of: bytes, scope)
        switch engine {
        case .none: break
        case .pieces(let model, let joins):
            let marked = PreparedText(bytes, fragments, addsSpacePrefix: vocabulary.addsSpacePrefix)
            var merger = WordMerger(model, textBytes: marked.bytes.count)
            try append(marked.fragments, to: &tokens) { (part, tokens) throws(TokenizerError) in
                try joins.forEachPiece(of: part, in: marked.bytes.span) { (piece) throws(TokenizerError) in
                    try merger.append(piece, in: marked.bytes.span, to: &tokens)
                }
            }
            steps += merger.steps
        case .bytePairs(let model, let preTokenizer, let joins):
            steps += try append(model, preTokenizer, joins, bytes, fragments, to: &tokens)
        }
        if addSpecial, vocabulary.addsEOS, let eos = vocabulary.eos { tokens.append(eos) }
        return tokens
    }

    private func append(
        _ fragments: [Fragment], to tokens: inout [Token],
        _ encode: (Range<Int>, inout [Token]) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        for fragment in fragments {
            switch fragment {
            case .token(let token): tokens.append(token)
            case .text(let part): try encode(part, &tokens)
            }
        }
    }

    private func append(
        _ model: BytePairModel, _ preTokenizer: PreTokenizer, _ joins: JoinFilter?, _ bytes: Span<UInt8>,
        _ fragments: [Fragment], to tokens: inout [Token]
    ) throws(TokenizerError) -> Int {
        let prepared =
            preTokenizer.marksSpaces
            ? PreparedText(markingSpacesOf: bytes, fragments) : PreparedText(repairing: bytes, fragments)
        guard let prepared else {
            return try append(model, preTokenizer, joins, wellFormed: bytes, fragments, to: &tokens)
        }
        return try append(
            model, preTokenizer, joins, wellFormed: prepared.bytes.span, prepared.fragments, to: &tokens)
    }

    private func append(
        _ model: BytePairModel, _ preTokenizer: PreTokenizer, _ joins: JoinFilter?,
        wellFormed bytes: Span<UInt8>, _ fragments: [Fragment], to tokens: inout [Token]
    ) throws(TokenizerError) -> Int {
        let classes = ScalarClass.table
        let text = ScannedText(bytes, classes: classes.span)
        var merger = WordMerger(model, textBytes: bytes.count)
        var ends: [Int] = []
        for fragment in fragments {
            guard case .text(let part) = fragment else {
                if case .token(let token) = fragment { tokens.append(token) }
                continue
            }
            ends.removeAll(keepingCapacity: true)
            preTokenizer.split(text, part, into: &ends)
            var start = part.lowerBound
            for end in ends {
                // Line feeds stay together: a run of them may be a token as a whole.
                if let joins, bytes[start] != 0x0A {
                    try joins.forEachPiece(of: start..<end, in: bytes) { (piece) throws(TokenizerError) in
                        try merger.append(piece, in: bytes, to: &tokens)
                    }
                } else {
                    try merger.append(start..<end, in: bytes, to: &tokens)
                }
                start = end
            }
        }
        return merger.steps
    }
}
