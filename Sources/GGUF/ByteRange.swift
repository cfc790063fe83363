/// Some bytes: of a mapped file, which they keep alive, or of memory.
struct ByteRange: Sendable {
    private enum Storage: Sendable {
        case mapped(FileMapping)
        case owned([UInt8])
    }

    private let storage: Storage
    private let range: Range<Int>

    var count: Int { range.count }

    /// Bytes of a file; the range lies inside it.
    init(_ mapping: FileMapping, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= mapping.byteCount)
        storage = .mapped(mapping)
        self.range = range
    }

    init(_ bytes: [UInt8]) {
        storage = .owned(bytes)
        range = 0..<bytes.count
    }

    /// A part, given relative to the start of these bytes.
    subscript(part: Range<Int>) -> ByteRange {
        precondition(part.lowerBound >= 0 && part.upperBound <= count)
        return ByteRange(
            storage: storage, range: range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
    }

    private init(storage: Storage, range: Range<Int>) {
        self.storage = storage
        self.range = range
    }

    func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        switch storage {
        case .mapped(let mapping): body(mapping.bytes.extracting(range))
        case .owned(let bytes): unsafe body(bytes.span.bytes.extracting(range))
        }
    }

    /// A copy.
    var array: [UInt8] {
        withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) } }
    }

    /// The bytes as text, with what is no UTF-8 replaced.
    var text: String {
        withBytes { $0.text }
    }
}

extension ByteRange: Equatable {
    static func == (left: ByteRange, right: ByteRange) -> Bool {
        guard left.count == right.count else { return false }
        return left.withBytes { first in
            right.withBytes { second in
                unsafe first.withUnsafeBytes { first in
                    unsafe second.withUnsafeBytes { second in unsafe first.elementsEqual(second) }
                }
            }
        }
    }
}

extension RawSpan {
    /// A little-endian integer at any offset. The caller has checked that it lies inside.
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Integer.Type)
        -> Integer
    {
        Integer(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }

    /// The bytes as text, with what is no UTF-8 replaced.
    var text: String {
        unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
