extension ScalarSet {
    /// The set's UTF-8 forms: sequences of one to four byte ranges, each of which stands for all the
    /// combinations of its bytes.
    var byteSequences: [[ClosedRange<UInt8>]] {
        var result: [[ClosedRange<UInt8>]] = []
        for range in ranges { Self.appendSequences(range.lowerBound, range.upperBound, to: &result) }
        return result
    }

    private static func appendSequences(
        _ low: UInt32, _ high: UInt32, to result: inout [[ClosedRange<UInt8>]]
    ) {
        // Both ends must have equally many bytes, ...
        for last: UInt32 in [0x7F, 0x7FF, 0xFFFF] where low <= last && high > last {
            appendSequences(low, last, to: &result)
            appendSequences(last + 1, high, to: &result)
            return
        }
        // ... and all bytes after the first that differs must run through all their values.
        if high > 0x7F {
            for bits: UInt32 in [6, 12, 18] {
                let mask: UInt32 = 1 << bits - 1
                guard low & ~mask != high & ~mask else { continue }
                if low & mask != 0 {
                    appendSequences(low, low | mask, to: &result)
                    appendSequences((low | mask) + 1, high, to: &result)
                    return
                }
                if high & mask != mask {
                    appendSequences(low, (high & ~mask) - 1, to: &result)
                    appendSequences(high & ~mask, high, to: &result)
                    return
                }
            }
        }
        result.append(zip(utf8(low), utf8(high)).map { $0...$1 })
    }

    /// The UTF-8 bytes of a scalar.
    static func utf8(_ scalar: UInt32) -> [UInt8] {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | scalar >> shift & 0x3F) }
        return switch scalar {
        case 0...0x7F: [UInt8(scalar)]
        case 0x80...0x7FF: [UInt8(0xC0 | scalar >> 6), tail(0)]
        case 0x800...0xFFFF: [UInt8(0xE0 | scalar >> 12), tail(6), tail(0)]
        default: [UInt8(0xF0 | scalar >> 18), tail(12), tail(6), tail(0)]
        }
    }
}
