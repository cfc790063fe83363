/// GPT-2's way to write bytes as visible characters.
///
/// Printable bytes of Latin-1 are themselves; the others, in order, are the characters from U+0100 on.
enum ByteLevel {
    /// The character of each byte.
    static let scalars: [UInt32] = {
        var next: UInt32 = 0x100
        return (0..<256).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt32(byte)
            default:
                next += 1
                return next - 1
            }
        }
    }()

    /// The byte of each character of up to two bytes of UTF-8 that begin with C2...C5, and 0xFFFF where
    /// there is none.
    private static let bytes: [UInt16] = {
        var bytes = [UInt16](repeating: .max, count: 0x180)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = UInt16(byte) }
        return bytes
    }()

    /// The byte of the character at `index`, which is moved on; nil when it has none.
    @inline(__always)
    static func decode(_ text: Span<UInt8>, _ index: inout Int, before end: Int) -> UInt8? {
        let lead = text[index]
        index += 1
        // Every character of the alphabet has one byte or two.
        if lead < 0x80 { return lead &- 0x21 < 0x5E ? lead : nil }
        guard lead &- 0xC2 < 4, index < end else { return nil }
        let scalar = Int(lead & 0x1F) << 6 | Int(text[index] & 0x3F)
        index += 1
        let byte = bytes[scalar]
        return byte == .max ? nil : UInt8(truncatingIfNeeded: byte)
    }

    /// Appends the bytes that a text stands for. A text with any other character stands for itself.
    static func appendDecoded(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
        let start = output.count
        let span = text.span
        var index = 0
        while index < span.count {
            guard let byte = decode(span, &index, before: span.count) else {
                output.removeSubrange(start...)
                output += text
                return
            }
            output.append(byte)
        }
    }
}
