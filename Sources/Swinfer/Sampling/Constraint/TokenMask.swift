/// A set of tokens: one bit each, token t at bit t % 64 of word t / 64.
package struct TokenMask: Sendable, Equatable {
    /// Tokens that the set can hold: the vocabulary's size.
    package let count: Int
    /// Bits past `count` are 0.
    package var words: [UInt64]

    /// The empty set.
    package init(count: Int) {
        self.count = count
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    package mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
    }

    package mutating func insert(_ token: Int32) {
        words[Int(token) >> 6] |= 1 << UInt64(token & 63)
    }

    package func contains(_ token: Int32) -> Bool {
        let word = Int(token) >> 6
        return words.indices.contains(word) && words[word] & (1 << UInt64(token & 63)) != 0
    }

    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// Calls the body with every token of the set, in order.
    @inline(__always)
    package func forEach(_ body: (Int32) -> Void) {
        for (index, word) in words.enumerated() where word != 0 {
            var left = word
            while left != 0 {
                body(Int32(index << 6 + left.trailingZeroBitCount))
                left &= left - 1
            }
        }
    }
}
