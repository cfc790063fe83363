/// Proposes how a text goes on from what followed the last time when it had come to the same few
/// tokens: prompt lookup (Saxena 2023, https://github.com/apoorvumang/prompt-lookup-decoding).
struct Lookup {
    /// [length - 2] where the text went on after a run of tokens that stood there last.
    private var places: [[UInt64: Int]] = [[:], [:]]
    private var indexed = 0

    private static let lengths = [2, 3]

    /// At most `limit` tokens that followed the last tokens of the text elsewhere in it.
    mutating func propose(for tokens: [Int32], limit: Int) -> ArraySlice<Int32> {
        index(tokens)
        for (place, length) in Lookup.lengths.enumerated().reversed() where tokens.count > length {
            guard let start = places[place][Lookup.key(tokens, endingAt: tokens.count, length)] else {
                continue
            }
            return tokens[start..<min(tokens.count, start + limit)]
        }
        return []
    }

    /// A text that was cut or changed is indexed anew.
    mutating func reset() { self = Lookup() }

    /// Everything but the run that the text ends with, which would only find itself.
    private mutating func index(_ tokens: [Int32]) {
        while indexed < tokens.count - 1 {
            indexed += 1
            for (place, length) in Lookup.lengths.enumerated() where indexed >= length {
                places[place][Lookup.key(tokens, endingAt: indexed, length)] = indexed
            }
        }
    }

    /// Tokens are below 2^21 in every vocabulary that is known, so three make a number.
    private static func key(_ tokens: [Int32], endingAt end: Int, _ length: Int) -> UInt64 {
        tokens[end - length..<end].reduce(0) { $0 << 21 ^ UInt64(UInt32(bitPattern: $1)) }
    }
}
