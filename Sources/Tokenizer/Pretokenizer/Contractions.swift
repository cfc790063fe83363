extension ScannedText {
    /// Where one of `'s 't 're 've 'm 'll 'd` that begins at a position ends; the position when none does.
    @inline(__always)
    func endOfContraction(at position: Int, before limit: Int, anyCase: Bool) -> Int {
        guard position + 1 < limit, bytes[position] == 0x27 else { return position }
        func letter(_ index: Int) -> UInt8 {
            guard index < limit else { return 0 }
            let byte = bytes[index]
            return anyCase && byte &- 0x41 < 26 ? byte + 0x20 : byte
        }
        switch letter(position + 1) {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return position + 2
        case UInt8(ascii: "r") where letter(position + 2) == UInt8(ascii: "e"),
            UInt8(ascii: "v") where letter(position + 2) == UInt8(ascii: "e"),
            UInt8(ascii: "l") where letter(position + 2) == UInt8(ascii: "l"):
            return position + 3
        default:
            return position
        }
    }

    /// Where `\s+(?!\S)|\s+` that begins at a position ends: whitespace, without the last scalar of a
    /// longer run that something follows.
    @inline(__always)
    func endOfSpaces(at position: Int, before limit: Int) -> Int {
        var end = position
        var last = position
        while case let scalar = scalar(at: end, before: limit), scalar.isIn(.whitespace) {
            last = end
            end = scalar.end
        }
        return end < limit && last > position ? last : end
    }

    /// Where `\s*[\r\n]+|\s+(?!\S)|\s+` that begins at a position ends.
    @inline(__always)
    func endOfWhitespace(at position: Int, before limit: Int) -> Int {
        var end = position
        var last = position
        var afterLineBreak = position
        while case let scalar = scalar(at: end, before: limit), scalar.isIn(.whitespace) {
            last = end
            end = scalar.end
            if scalar.isLineBreak { afterLineBreak = end }
        }
        if afterLineBreak > position { return afterLineBreak }
        return end < limit && last > position ? last : end
    }
}
