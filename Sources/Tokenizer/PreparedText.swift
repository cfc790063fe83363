/// Text as an engine merges it, with its fragments.
struct PreparedText {
    private(set) var bytes: [UInt8] = []
    private(set) var fragments: [Fragment] = []

    /// SentencePiece's text: ▁ for each space, and one before text that begins or follows a special token.
    init(_ text: Span<UInt8>, _ source: [Fragment], addsSpacePrefix: Bool) {
        bytes.reserveCapacity(text.count + text.count / 2 + 3)
        var followsToken = true
        for fragment in source {
            switch fragment {
            case .token:
                fragments.append(fragment)
                followsToken = true
            case .text(let range):
                let start = bytes.count
                if addsSpacePrefix, followsToken { bytes += Self.spaceMark }
                appendMarked(text, range)
                fragments.append(.text(start..<bytes.count))
                followsToken = false
            }
        }
    }

    /// Well-formed text with ▁ for each space.
    init?(markingSpacesOf text: Span<UInt8>, _ source: [Fragment]) {
        var marked = PreparedText(text, source, addsSpacePrefix: false)
        if let repaired = PreparedText(repairing: marked.bytes.span, marked.fragments) { marked = repaired }
        self = marked
    }

    /// Well-formed text; nil when the text is that already.
    init?(repairing text: Span<UInt8>, _ source: [Fragment]) {
        var repairs: [[UInt8]?] = []
        for case .text(let range) in source { repairs.append(repairedUTF8(text.extracting(range))) }
        guard repairs.contains(where: { $0 != nil }) else { return nil }
        var next = 0
        for fragment in source {
            guard case .text(let range) = fragment else {
                fragments.append(fragment)
                continue
            }
            let start = bytes.count
            if let repaired = repairs[next] {
                bytes += repaired
            } else {
                for index in range { bytes.append(text[index]) }
            }
            next += 1
            fragments.append(.text(start..<bytes.count))
        }
    }

    private static let spaceMark: [UInt8] = [0xE2, 0x96, 0x81]

    private mutating func appendMarked(_ text: Span<UInt8>, _ range: Range<Int>) {
        for index in range {
            if text[index] == 0x20 { bytes += Self.spaceMark } else { bytes.append(text[index]) }
        }
    }
}
