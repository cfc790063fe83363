extension Session {
    /// Makes a text, given whole, the session's and generates what follows.
    ///
    /// For conversations that are rendered anew each turn: when the session holds the beginning of the
    /// text, only the rest is evaluated.
    ///
    /// - Parameter tokens: the whole text, from its begin token on.
    /// - Throws: as `generate(_:options:)`.
    public func generate(
        conversation tokens: [Int32], options: GenerationOptions = GenerationOptions()
    ) throws(SwinferError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        let held = self.tokens
        if tokens.count > held.count, tokens.starts(with: held) {
            return try generate(tokens: Array(tokens[held.count...]), options: options)
        }
        if tokens.count >= model.information.contextLength {
            throw .promptTooLong(tokens: tokens.count, contextLength: model.information.contextLength)
        }
        try reset()
        return try generate(tokens: tokens, options: options)
    }
}
