/// Which characters can be next to each other inside a token. Where two cannot, text may be cut without
/// any effect on how it merges, and short pieces are faster than one long one and come again.
///
/// A hash table of bits without collisions solved: a false hit only leaves a piece longer.
struct JoinFilter: Sendable {
    private static let bits = 21
    private var words = [UInt64](repeating: 0, count: 1 << (bits - 6))

    /// Notes a pair of neighbours, each given as its bytes; see ``code(_:_:)``.
    mutating func insert(_ left: UInt32, _ right: UInt32) {
        let bit = Self.bit(left, right)
        words[bit >> 6] |= 1 << UInt64(bit & 63)
    }

    func mayJoin(_ left: UInt32, _ right: UInt32) -> Bool {
        let bit = Self.bit(left, right)
        return words[bit >> 6] >> UInt64(bit & 63) & 1 == 1
    }

    /// The bytes of a character as one number.
    @inline(__always)
    static func code(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
        var code: UInt32 = 0
        for index in range { code = code << 8 | UInt32(bytes[index]) }
        return code
    }

    private static func bit(_ left: UInt32, _ right: UInt32) -> Int {
        let key = UInt64(left) << 32 | UInt64(right)
        return Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - bits))
    }

    /// Notes all neighbours inside a text.
    mutating func insertNeighbours(in bytes: Span<UInt8>, _ range: Range<Int>) {
        var position = range.lowerBound
        var left: UInt32?
        while position < range.upperBound {
            let end = min(range.upperBound, position + characterWidth(bytes[position]))
            let right = Self.code(bytes, position..<end)
            if let left { insert(left, right) }
            left = right
            position = end
        }
    }

    /// Notes the neighbours where the two texts of a merge meet.
    mutating func insertMeeting(_ first: Range<Int>, _ second: Range<Int>, in bytes: Span<UInt8>) {
        var position = first.lowerBound
        var last = first
        while position < first.upperBound {
            let end = min(first.upperBound, position + characterWidth(bytes[position]))
            last = position..<end
            position = end
        }
        let end = min(second.upperBound, second.lowerBound + characterWidth(bytes[second.lowerBound]))
        insert(Self.code(bytes, last), Self.code(bytes, second.lowerBound..<end))
    }

    /// Calls `body` with the pieces that a part of a text may be cut into.
    func forEachPiece<Failure>(
        of part: Range<Int>, in text: Span<UInt8>, _ body: (Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        var start = part.lowerBound
        var position = part.lowerBound
        var left: UInt32 = 0
        while position < part.upperBound {
            let end = min(part.upperBound, position + characterWidth(text[position]))
            let right = Self.code(text, position..<end)
            if position > start, !mayJoin(left, right) {
                try body(start..<position)
                start = position
            }
            left = right
            position = end
        }
        if start < part.upperBound { try body(start..<part.upperBound) }
    }
}
