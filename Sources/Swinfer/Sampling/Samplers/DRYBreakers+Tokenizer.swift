package import Tokenizer

extension DRYBreakers {
    /// Of texts, in a tokenizer's vocabulary.
    package init(_ texts: [String], _ tokenizer: Tokenizer) {
        self.init(
            texts, tokenCount: tokenizer.vocabulary.count,
            bytes: { (try? tokenizer.decode([$0], renderSpecial: true)) ?? [] },
            tokenize: { (try? tokenizer.encode($0, addSpecial: false, parseSpecial: false)) ?? [] })
    }
}
