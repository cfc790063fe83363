/// Bytes and characters in groups that grammars tend to treat alike: a trie's node knows which groups
/// occur below it.
enum TrieBytes {
    /// Bytes that begin no character, or characters that are cut off.
    static let broken = 31
    /// Whole characters of two, three and four bytes.
    static let characters = 28...30

    private static let groupsOfASCII: [UInt8] = {
        var groups = [UInt8](repeating: 27, count: 128)
        let sets = [
            "\"", "\\", " ", "\n", "\r\t", ",", ":", "{", "}", "[", "]", "-", "+", ".", "_", "/", "()", "<>",
            "'",
            "0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ",
        ]
        for (group, set) in sets.enumerated() {
            for byte in set.utf8 { groups[Int(byte)] = UInt8(group) }
        }
        for byte in 0..<32 where groups[byte] == 27 { groups[byte] = 26 }
        groups[127] = 26
        return groups
    }()

    /// The group of an ASCII byte.
    static func group(_ byte: UInt8) -> Int { Int(groupsOfASCII[Int(byte)]) }

    private static let members: [[UInt8]] = (0..<28).map { group in
        (0..<128).filter { groupsOfASCII[Int($0)] == UInt8(group) }
    }

    /// The bytes of a group of ASCII.
    static func bytes(_ group: Int) -> [UInt8] { members[group] }

    /// The first bytes of a group of longer characters, nil for other groups.
    static func leads(_ group: Int) -> ClosedRange<UInt8>? {
        switch group {
        case 28: 0xC2...0xDF
        case 29: 0xE0...0xEF
        case 30: 0xF0...0xF4
        default: nil
        }
    }

    /// The bytes that may follow the first of a character (table 3-7 of the Unicode standard).
    static func second(_ lead: UInt8) -> ClosedRange<UInt8> {
        switch lead {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
    }

    /// The bytes of the character that begins at `index`, 0 when there is none or it is cut off.
    static func width(_ bytes: ArraySlice<UInt8>, at index: Int) -> Int {
        let lead = bytes[index]
        if lead < 0x80 { return 1 }
        guard 0xC2...0xF4 ~= lead else { return 0 }
        let width = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard index + width <= bytes.endIndex, second(lead) ~= bytes[index + 1] else { return 0 }
        for place in index + 2..<max(index + 2, index + width) where bytes[place] & 0xC0 != 0x80 { return 0 }
        return width
    }
}
