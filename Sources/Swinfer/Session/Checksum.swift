/// A 64-bit sum over bytes: four lanes of multiply and rotate, as fast as memory. It finds damage,
/// not forgery. The result depends on the bytes alone, not on how they were cut.
struct Checksum {
    private var lanes: (UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63
    )
    private var rest: [UInt8] = []
    private var count: UInt64 = 0

    private static let block = 32

    @inline(__always)
    private static func mix(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let product = (lane ^ word) &* 0x9FB2_1C65_1E98_DF25
        return product ^ (product >> 29)
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        count &+= UInt64(bytes.count)
        var place = 0
        if !rest.isEmpty {
            place = min(Checksum.block - rest.count, bytes.count)
            unsafe rest.append(contentsOf: bytes[..<place])
            if rest.count < Checksum.block { return }
            let whole = rest
            rest.removeAll(keepingCapacity: true)
            unsafe whole.withUnsafeBytes { unsafe addBlock($0, 0) }
        }
        while place + Checksum.block <= bytes.count {
            unsafe addBlock(bytes, place)
            place += Checksum.block
        }
        if place < bytes.count { unsafe rest.append(contentsOf: bytes[place...]) }
    }

    @inline(__always)
    private mutating func addBlock(_ bytes: UnsafeRawBufferPointer, _ place: Int) {
        func word(_ index: Int) -> UInt64 {
            UInt64(
                littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: place + index * 8, as: UInt64.self))
        }
        lanes.0 = Checksum.mix(lanes.0, word(0))
        lanes.1 = Checksum.mix(lanes.1, word(1))
        lanes.2 = Checksum.mix(lanes.2, word(2))
        lanes.3 = Checksum.mix(lanes.3, word(3))
    }

    mutating func add(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe add($0) }
    }

    mutating func add(_ text: String) {
        add(Array(text.utf8))
        add([0])
    }

    mutating func add(_ number: Int) { add(ByteWriter.bytes(UInt64(bitPattern: Int64(number)))) }

    var value: UInt64 {
        var result = count
        for lane in [lanes.0, lanes.1, lanes.2, lanes.3] { result = Checksum.mix(result, lane) }
        for byte in rest { result = Checksum.mix(result, UInt64(byte) + 1) }
        return Checksum.mix(result, 0x27D4_EB2F_1656_67C5)
    }
}

/// Numbers as little-endian bytes.
struct ByteWriter {
    var bytes: [UInt8] = []

    static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
    }

    mutating func add<Number: FixedWidthInteger>(_ number: Number) {
        bytes.append(contentsOf: ByteWriter.bytes(number))
    }

    mutating func add(_ text: String) {
        add(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}

/// Reads what `ByteWriter` wrote; nil past the end.
struct ByteReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let count = Number.bitWidth / 8
        guard bytes.count - place >= count else { return nil }
        defer { place += count }
        return (0..<count).reduce(0) { $0 | Number(truncatingIfNeeded: bytes[place + $1]) << Number($1 * 8) }
    }

    mutating func text() -> String? {
        guard let count = number(UInt32.self).map({ Int($0) }), bytes.count - place >= count else {
            return nil
        }
        defer { place += count }
        return String(decoding: bytes[place..<place + count], as: UTF8.self)
    }
}
