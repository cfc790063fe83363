/// A scalar of a text: what it is and where it ends.
struct ScannedScalar {
    /// Its value; `UInt32.max` past the end.
    let value: UInt32
    /// Its class; empty past the end, so that no set of classes contains it.
    let kind: ScalarClass
    /// Where the next one begins.
    let end: Int

    func isIn(_ kinds: ScalarClass) -> Bool {
        !kind.isDisjoint(with: kinds)
    }

    var isLineBreak: Bool { value == 0x0A || value == 0x0D }

    /// The value of an ASCII letter in lower case, other values as they are.
    var lowercased: UInt32 { value &- 0x41 < 26 ? value + 32 : value }
}

/// Text that pre-tokenizers look at, addressed by byte.
///
/// The bytes are UTF-8 as ``repairedUTF8(_:)`` leaves it, and all positions are boundaries of scalars.
struct ScannedText: ~Escapable {
    let bytes: Span<UInt8>
    private let classes: Span<UInt8>

    /// `classes` is ``ScalarClass/table``.
    @_lifetime(copy bytes, copy classes)
    init(_ bytes: Span<UInt8>, classes: Span<UInt8>) {
        self.bytes = bytes
        self.classes = classes
    }

    /// The scalar at a position, or the mark of the end when there is none before `limit`.
    @inline(__always)
    func scalar(at position: Int, before limit: Int) -> ScannedScalar {
        guard position < limit else {
            return ScannedScalar(value: .max, kind: [], end: position)
        }
        let lead = bytes[position]
        if lead < 0x80 {
            return ScannedScalar(
                value: UInt32(lead), kind: ScalarClass(rawValue: classes[Int(lead)]), end: position + 1)
        }
        var value: UInt32
        let width: Int
        if lead < 0xE0 {
            value = UInt32(lead & 0x1F)
            width = 2
        } else if lead < 0xF0 {
            value = UInt32(lead & 0x0F)
            width = 3
        } else {
            value = UInt32(lead & 0x07)
            width = 4
        }
        for index in position + 1..<position + width {
            value = value << 6 | UInt32(bytes[index] & 0x3F)
        }
        return ScannedScalar(
            value: value, kind: ScalarClass(rawValue: classes[Int(value)]), end: position + width)
    }

    /// Where the scalars of some classes that begin at a position end.
    @inline(__always)
    func endOfRun(_ kinds: ScalarClass, from position: Int, before limit: Int) -> Int {
        var end = position
        while true {
            let scalar = scalar(at: end, before: limit)
            guard scalar.isIn(kinds) else { return end }
            end = scalar.end
        }
    }

    /// Like ``endOfRun(_:from:before:)``, for at most `count` scalars.
    @inline(__always)
    func endOfRun(_ kinds: ScalarClass, from position: Int, before limit: Int, atMost count: Int) -> Int {
        var end = position
        for _ in 0..<count {
            let scalar = scalar(at: end, before: limit)
            guard scalar.isIn(kinds) else { return end }
            end = scalar.end
        }
        return end
    }

    /// Where `[\r\n]*` that begins at a position ends; with `slash`, `[\r\n/]*`.
    @inline(__always)
    func endOfLineBreaks(from position: Int, before limit: Int, slash: Bool = false) -> Int {
        var end = position
        while end < limit {
            let byte = bytes[end]
            guard byte == 0x0A || byte == 0x0D || (slash && byte == 0x2F) else { break }
            end += 1
        }
        return end
    }
}
