/// Finds the end of a JSON object or array that comes in pieces, or the first byte that cannot belong
/// to one, in one pass.
///
/// Numbers and escapes are only told from other things; the reader of the whole checks them.
struct JSONScanner: Sendable {
    enum Verdict { case incomplete, complete, invalid }

    private enum Expected { case value, valueOrEnd, keyOrEnd, key, colon, commaOrEnd }
    private enum Scalar {
        case none, number
        case string(isKey: Bool, isEscaped: Bool)
        /// What is left of `true`, `false` or `null`.
        case word(ArraySlice<UInt8>)
    }

    private(set) var verdict = Verdict.incomplete
    private var closers: [UInt8] = []
    private var expected = Expected.value
    private var scalar = Scalar.none

    /// How deep a value may nest.
    private static let depth = 100

    mutating func read(_ byte: UInt8) {
        switch scalar {
        case .none: readStructure(byte)
        case .string(let isKey, true): scalar = .string(isKey: isKey, isEscaped: false)
        case .string(let isKey, false):
            if byte == UInt8(ascii: "\\") {
                scalar = .string(isKey: isKey, isEscaped: true)
            } else if byte == UInt8(ascii: "\"") {
                scalar = .none
                expected = isKey ? .colon : .commaOrEnd
            } else if byte < 0x20 {
                verdict = .invalid
            }
        case .number:
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                break
            default:
                scalar = .none
                readStructure(byte)
            }
        case .word(let rest):
            guard rest.first == byte else {
                verdict = .invalid
                return
            }
            scalar = rest.count == 1 ? .none : .word(rest.dropFirst())
        }
    }

    private mutating func readStructure(_ byte: UInt8) {
        if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D, !closers.isEmpty { return }
        switch expected {
        case .value: readValue(byte)
        case .valueOrEnd: if byte == UInt8(ascii: "]") { close(byte) } else { readValue(byte) }
        case .keyOrEnd: if byte == UInt8(ascii: "}") { close(byte) } else { readKey(byte) }
        case .key: readKey(byte)
        case .colon: if byte == UInt8(ascii: ":") { expected = .value } else { verdict = .invalid }
        case .commaOrEnd:
            if byte == UInt8(ascii: ",") {
                expected = closers.last == UInt8(ascii: "}") ? .key : .value
            } else {
                close(byte)
            }
        }
    }

    private mutating func readKey(_ byte: UInt8) {
        guard byte == UInt8(ascii: "\"") else {
            verdict = .invalid
            return
        }
        scalar = .string(isKey: true, isEscaped: false)
    }

    private mutating func readValue(_ byte: UInt8) {
        let isOutermost = closers.isEmpty
        switch byte {
        case UInt8(ascii: "{"): open(UInt8(ascii: "}"), .keyOrEnd)
        case UInt8(ascii: "["): open(UInt8(ascii: "]"), .valueOrEnd)
        case _ where isOutermost: verdict = .invalid
        case UInt8(ascii: "\""): scalar = .string(isKey: false, isEscaped: false)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): readScalar(.number)
        case UInt8(ascii: "t"): readScalar(.word(Array("rue".utf8)[...]))
        case UInt8(ascii: "f"): readScalar(.word(Array("alse".utf8)[...]))
        case UInt8(ascii: "n"): readScalar(.word(Array("ull".utf8)[...]))
        default: verdict = .invalid
        }
    }

    private mutating func readScalar(_ scalar: Scalar) {
        self.scalar = scalar
        expected = .commaOrEnd
    }

    private mutating func open(_ closer: UInt8, _ next: Expected) {
        guard closers.count < Self.depth else {
            verdict = .invalid
            return
        }
        closers.append(closer)
        expected = next
    }

    private mutating func close(_ byte: UInt8) {
        guard closers.popLast() == byte else {
            verdict = .invalid
            return
        }
        expected = .commaOrEnd
        if closers.isEmpty { verdict = .complete }
    }
}
