/// The bytes with what is no UTF-8 replaced, or nil when nothing has to be.
///
/// The rules are llama.cpp's. A byte that begins no character becomes U+FFFD by itself; an overlong
/// form becomes the shortest one; a surrogate stays. A character beyond U+10FFFF, which ends llama.cpp,
/// is replaced byte by byte.
func repairedUTF8(_ bytes: Span<UInt8>) -> [UInt8]? {
    var position = 0
    while position < bytes.count {
        guard let scalar = LaxScalar(bytes, at: position), !scalar.isOverlong else {
            return repaired(bytes, from: position)
        }
        position += scalar.width
    }
    return nil
}

private func repaired(_ bytes: Span<UInt8>, from first: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 2)
    for index in 0..<first { result.append(bytes[index]) }
    var position = first
    while position < bytes.count {
        let scalar = LaxScalar(bytes, at: position) ?? .replacement
        result.appendUTF8(scalar.value)
        position += scalar.width
    }
    return result
}

/// A character whose continuation bytes are there, whatever its value.
private struct LaxScalar {
    static let replacement = LaxScalar(value: 0xFFFD, width: 1)

    let value: UInt32
    let width: Int

    var isOverlong: Bool {
        switch width {
        case 2: value < 0x80
        case 3: value < 0x800
        case 4: value < 0x10000
        default: false
        }
    }

    private init(value: UInt32, width: Int) {
        self.value = value
        self.width = width
    }

    @inline(__always)
    init?(_ bytes: Span<UInt8>, at position: Int) {
        let lead = bytes[position]
        if lead < 0x80 {
            value = UInt32(lead)
            width = 1
            return
        }
        guard lead >= 0xC0, lead < 0xF8 else { return nil }
        width = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard position + width <= bytes.count else { return nil }
        var value = UInt32(lead) & (0x7F >> UInt32(width))
        for index in position + 1..<position + width {
            guard bytes[index] & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(bytes[index] & 0x3F)
        }
        guard value <= 0x10FFFF else { return nil }
        self.value = value
    }
}

extension [UInt8] {
    /// Appends a code point, surrogates included.
    mutating func appendUTF8(_ value: UInt32) {
        func byte(_ bits: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: bits) }
        switch value {
        case ..<0x80:
            append(byte(value))
        case ..<0x800:
            append(byte(0xC0 | value >> 6))
            append(byte(0x80 | value & 0x3F))
        case ..<0x10000:
            append(byte(0xE0 | value >> 12))
            append(byte(0x80 | value >> 6 & 0x3F))
            append(byte(0x80 | value & 0x3F))
        default:
            append(byte(0xF0 | value >> 18))
            append(byte(0x80 | value >> 12 & 0x3F))
            append(byte(0x80 | value >> 6 & 0x3F))
            append(byte(0x80 | value & 0x3F))
        }
    }
}
