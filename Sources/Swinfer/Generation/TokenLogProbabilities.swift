/// How likely the model found a token, and the most likely ones in its place.
///
/// Of the model's own distribution: before penalties, cuts, temperature and constraints. Encoded with
/// the names of llama.cpp's server: `id`, `token`, `bytes`, `logprob`, `top_logprobs`.
public struct TokenLogProbabilities: Sendable, Equatable, Codable {
    /// One token and its probability.
    public struct Entry: Sendable, Equatable, Codable {
        /// Its id.
        public let id: Int32
        /// The token's text; what is no whole character is replaced.
        public let text: String
        /// The bytes that it stands for; they may be a part of a character.
        public let bytes: [UInt8]
        /// Natural logarithm of the probability; -9999 for what is impossible.
        public let logProbability: Float

        package init(id: Int32, bytes: [UInt8], logProbability: Float) {
            self.id = id
            text = String(decoding: bytes, as: UTF8.self)
            self.bytes = bytes
            self.logProbability = logProbability > -9999 ? logProbability : -9999
        }

        private enum CodingKeys: String, CodingKey {
            case id, bytes
            case text = "token"
            case logProbability = "logprob"
        }
    }

    /// The token that was chosen.
    public let chosen: Entry
    /// The most likely tokens, the most likely first.
    public let top: [Entry]

    package init(chosen: Entry, top: [Entry]) {
        self.chosen = chosen
        self.top = top
    }

    private enum CodingKeys: String, CodingKey { case top = "top_logprobs" }

    /// Reads llama.cpp's form.
    public init(from decoder: any Decoder) throws {
        chosen = try Entry(from: decoder)
        top = try decoder.container(keyedBy: CodingKeys.self).decode([Entry].self, forKey: .top)
    }

    /// Writes llama.cpp's form.
    public func encode(to encoder: any Encoder) throws {
        try chosen.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(top, forKey: .top)
    }
}
