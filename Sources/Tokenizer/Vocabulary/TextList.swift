import GGUF

/// Texts end to end in one array: a vocabulary has some hundred thousand, too many for an allocation each.
package struct TextList: Sendable {
    private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []

    package init() {}

    package init(_ texts: some Sequence<String>) {
        for text in texts { append(text.utf8) }
    }

    package init(_ texts: [[UInt8]]) {
        for text in texts { append(text) }
    }

    /// The elements of an array of strings, nil when they are of another type.
    init?(_ array: GGUFArray) {
        guard array.elementType == .string else { return nil }
        var list = TextList()
        // Most texts have fewer bytes than this; the array still grows when they do not.
        list.bytes.reserveCapacity(array.count * 8)
        list.ends.reserveCapacity(array.count)
        let whole = array.forEachString { text in
            unsafe text.withUnsafeBytes { unsafe list.append($0) }
        }
        guard whole else { return nil }
        self = list
    }

    package var count: Int { ends.count }

    /// Where the bytes of a text lie.
    subscript(index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }

    mutating func append(_ text: some Sequence<UInt8>) {
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
    }

    /// Appends two parts of an array as one text.
    mutating func append(_ first: Range<Int>, _ second: Range<Int>, of source: [UInt8]) {
        bytes.append(contentsOf: source[first])
        bytes.append(contentsOf: source[second])
        ends.append(bytes.count)
    }
}
