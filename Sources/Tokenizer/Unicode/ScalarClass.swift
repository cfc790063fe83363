/// The kinds of Unicode scalars that pre-tokenizers tell apart. Every scalar has exactly one.
package struct ScalarClass: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `\p{L}`
    package static let letter = ScalarClass(rawValue: 1 << 0)
    /// `\p{N}`
    package static let number = ScalarClass(rawValue: 1 << 1)
    /// `\p{M}`
    package static let mark = ScalarClass(rawValue: 1 << 2)
    /// `\p{P}`
    package static let punctuation = ScalarClass(rawValue: 1 << 3)
    /// `\p{S}`
    package static let symbol = ScalarClass(rawValue: 1 << 4)
    /// `\s`: the property White_Space, which includes all of `\p{Z}`.
    package static let whitespace = ScalarClass(rawValue: 1 << 5)
    /// Controls, format characters, private use, surrogates and unassigned scalars.
    package static let other = ScalarClass(rawValue: 1 << 6)

    static let any = ScalarClass(rawValue: 0x7F)

    /// The class of each scalar. A flat table of 1.1 MB, of which text touches a few pages, is faster to
    /// make and to read than a compressed one.
    package static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 0x110000)
        for (index, entry) in ranges.enumerated() {
            let end = index + 1 < ranges.count ? Int(ranges[index + 1] >> 8) : table.count
            for value in Int(entry >> 8)..<end { table[value] = UInt8(truncatingIfNeeded: entry) }
        }
        return table
    }()
}
