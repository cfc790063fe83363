/// How JSON writes characters.
enum JSONText {
    /// What must be escaped inside a string.
    static let escaped = ScalarSet([0...0x1F, 0x22...0x22, 0x5C...0x5C])

    /// The shortest escape of one of those.
    static func escape(_ scalar: UInt32) -> [UInt8] {
        let letter: Unicode.Scalar
        switch scalar {
        case 0x08: letter = "b"
        case 0x09: letter = "t"
        case 0x0A: letter = "n"
        case 0x0C: letter = "f"
        case 0x0D: letter = "r"
        case 0x22: letter = "\""
        case 0x5C: letter = "\\"
        default:
            let digits = String(scalar, radix: 16)
            return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        }
        return [0x5C, UInt8(letter.value)]
    }

    /// A string with its quotes.
    static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = [0x22]
        for scalar in text.unicodeScalars {
            bytes += escaped.contains(scalar.value) ? escape(scalar.value) : ScalarSet.utf8(scalar.value)
        }
        return bytes + [0x22]
    }
}
