/// Which tokens are found as a whole before text is split.
enum SpecialScope {
    /// Those that are text: what a file declares user-defined.
    case userDefined
    /// All.
    case all
    /// All inside of the trusted parts; elsewhere only user-defined ones that look like text, such as
    /// runs of spaces. The value is, by byte of the text, where the trusted part ends that the byte is
    /// in, and 0 for a byte that is in none.
    case trusted(ends: [Int])
}

extension Collection where Element == UInt8, Self: BidirectionalCollection {
    /// Whether this looks like a part of a message format: `<...>` or `[...]` around something without
    /// whitespace. Files declare such tokens user-defined too (`<think>`, `<|USER_TOKEN|>`).
    var isMarkup: Bool {
        guard count > 2, let first, let last else { return false }
        let isEnclosed =
            first == UInt8(ascii: "<") && last == UInt8(ascii: ">")
            || first == UInt8(ascii: "[") && last == UInt8(ascii: "]")
        return isEnclosed && allSatisfy { $0 > 0x20 }
    }
}
