/// Texts numbered from 0, with their numbers found by text. Of equal texts the first is found.
struct TextTable: Sendable {
    /// How the texts are written, and what they are looked up by.
    enum Alphabet: Sendable {
        /// Texts as they are.
        case plain
        /// Each character stands for a byte, see ``ByteLevel``, and texts are found by those bytes. One
        /// with other characters is found by ``find(named:)`` only.
        case byteLevel
    }

    let texts: TextList
    let alphabet: Alphabet
    let hash = RollingHash()

    /// No text has more bytes than this.
    let longest: Int

    /// Open addressing, at most half full: upper bits of a hash above a text's number plus one, 0 where free.
    private var slots: [UInt64]

    private static let numberBits: UInt64 = 28

    /// The most texts that a table holds.
    static let capacity = 1 << 28 - 1

    init(_ texts: TextList, alphabet: Alphabet) {
        self.texts = texts
        self.alphabet = alphabet
        var capacity = 16
        while capacity < texts.count * 2 { capacity *= 2 }
        slots = [UInt64](repeating: 0, count: capacity)
        var longest = 0
        for number in 0..<texts.count { longest = max(longest, texts[number].count) }
        self.longest = longest
        var hashes: [UInt64] = []
        hashes.reserveCapacity(texts.count)
        for number in 0..<texts.count { hashes.append(hash(ofText: texts.bytes.span, texts[number])) }
        // Apart from the hashing, so that the processor has many of the slow accesses in flight.
        for number in 0..<texts.count { place(number, hashes[number]) }
    }

    var count: Int { texts.count }

    /// The number of the text that stands for some bytes, whose hash is known; -1 when there is none.
    @inline(__always)
    func find(_ hash: UInt64, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Int32 {
        let mask = slots.count - 1
        let tag = hash >> Self.numberBits
        var slot = start(hash)
        while true {
            let entry = slots[slot]
            if entry == 0 { return -1 }
            if entry >> Self.numberBits == tag {
                let number = number(of: entry)
                if stands(number, for: bytes, range) { return Int32(truncatingIfNeeded: number) }
            }
            slot = (slot + 1) & mask
        }
    }

    /// The number of the text that stands for some bytes, -1 when there is none.
    func find(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int32 {
        range.count <= longest ? find(hash.hash(bytes, range), bytes, range) : -1
    }

    /// The number of a text as it is written, -1 when there is none.
    func find(named name: [UInt8]) -> Int32 {
        guard name.count <= longest else { return -1 }
        let hash = hash(ofText: name.span, 0..<name.count)
        let mask = slots.count - 1
        var slot = start(hash)
        while slots[slot] != 0 {
            let number = number(of: slots[slot])
            if texts.bytes[texts[number]].elementsEqual(name) { return Int32(truncatingIfNeeded: number) }
            slot = (slot + 1) & mask
        }
        return -1
    }

    func find(named name: String) -> Int32 {
        find(named: [UInt8](name.utf8))
    }

    /// The hash of the bytes that a text stands for; of its own bytes when the alphabet lacks one of its
    /// characters.
    private func hash(ofText text: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        hashOfMeaning(text, range) ?? hash.hash(text, range)
    }

    /// The hash of the bytes that a text stands for, nil when the alphabet lacks one of its characters.
    @inline(__always)
    func hashOfMeaning(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        guard alphabet == .byteLevel else { return hash.hash(text, range) }
        var value = RollingHash.empty
        var index = range.lowerBound
        while index < range.upperBound {
            guard let byte = ByteLevel.decode(text, &index, before: range.upperBound) else { return nil }
            value = hash.appending(byte, to: value)
        }
        return value
    }

    /// Whether a text stands for some bytes.
    private func stands(_ number: Int, for bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let text = texts[number]
        guard alphabet == .byteLevel else {
            guard text.count == range.count else { return false }
            for offset in 0..<range.count
            where texts.bytes[text.lowerBound + offset] != bytes[range.lowerBound + offset] { return false }
            return true
        }
        var index = text.lowerBound
        for place in range {
            guard index < text.upperBound,
                ByteLevel.decode(texts.bytes.span, &index, before: text.upperBound) == bytes[place]
            else { return false }
        }
        return index == text.upperBound
    }

    /// Takes a free slot for a text, unless an equal one has a slot.
    private mutating func place(_ number: Int, _ hash: UInt64) {
        let mask = slots.count - 1
        let tag = hash >> Self.numberBits
        var slot = start(hash)
        while slots[slot] != 0 {
            if slots[slot] >> Self.numberBits == tag {
                let other = texts[self.number(of: slots[slot])]
                if texts.bytes[other].elementsEqual(texts.bytes[texts[number]]) { return }
            }
            slot = (slot + 1) & mask
        }
        slots[slot] = tag << Self.numberBits | UInt64(number + 1)
    }

    @inline(__always)
    private func start(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> 32) & (slots.count - 1)
    }

    @inline(__always)
    private func number(of entry: UInt64) -> Int {
        Int(truncatingIfNeeded: entry & (1 << Self.numberBits - 1)) - 1
    }
}
