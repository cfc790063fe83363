/// How a text is continued. The defaults are those of llama.cpp.
public struct GenerationOptions: Sendable, Equatable {
    /// Tokens to generate at most; nil: until the model ends the text or the context is full.
    public var maxTokens: Int? = nil
    /// Spread of the choice; 0 takes the most likely token always (greedy).
    public var temperature: Float = 0.8
    /// Choose among this many most likely tokens; 0: all.
    public var topK: Int = 40
    /// Choose among the most likely tokens that together have this probability; 1: all.
    public var topP: Float = 0.95
    /// Choose among tokens at least this likely relative to the most likely; 0: all.
    public var minP: Float = 0.05
    /// Equal seeds give equal texts; nil draws one, which the finish event reports.
    public var seed: UInt64? = nil
    /// Go on when the model ends its text.
    public var ignoreEndOfText = false
    /// Texts that end the generation; neither they nor what follows is told. They may go across tokens.
    public var stop: [String] = []
    /// Control tokens that are told by their names; without, they have no text.
    package var renderedTokens: Set<Int32> = []

    public init() {}

    /// Greedy decoding.
    public static var greedy: GenerationOptions {
        var options = GenerationOptions()
        options.temperature = 0
        return options
    }

    /// - Throws: `SwinferError.invalidOption` naming the option.
    func validate() throws(SwinferError) {
        func check(_ holds: Bool, _ name: String, _ reason: String) throws(SwinferError) {
            if !holds { throw .invalidOption(name: name, reason: reason) }
        }
        try check(temperature >= 0 && temperature.isFinite, "temperature", "\(temperature) is not 0 or more")
        try check(topK >= 0, "topK", "\(topK) is not 0 or more")
        try check(topP > 0 && topP <= 1, "topP", "\(topP) is outside 0 (excluded) to 1")
        try check(minP >= 0 && minP <= 1, "minP", "\(minP) is outside 0...1")
        try check(!stop.contains(""), "stop", "a stop text is empty")
        try check(maxTokens ?? 0 >= 0, "maxTokens", "\(maxTokens ?? 0) is negative")
    }
}
