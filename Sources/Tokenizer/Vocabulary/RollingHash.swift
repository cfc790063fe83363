/// A hash of texts from which that of two texts together follows without looking at their bytes.
///
/// A text is a polynomial with its bytes as coefficients, and its hash is the value at a random place,
/// modulo 2^61 - 1 (Karp and Rabin). Two different texts of up to n bytes have the same hash with a
/// probability of n / 2^61, whoever chose them: so equal hashes are taken for equal texts where comparing
/// bytes would cost time.
struct RollingHash: Sendable {
    private static let modulus: UInt64 = 1 << 61 - 1

    private let base: UInt64
    private let pairFactor: UInt64
    /// The base to the power of each place.
    private let powers: [UInt64]

    init() {
        base = .random(in: 1 << 32..<Self.modulus)
        pairFactor = .random(in: 1 << 32..<Self.modulus)
        var powers: [UInt64] = [1]
        for _ in 1..<256 { powers.append(Self.multiply(powers[powers.count - 1], base)) }
        self.powers = powers
    }

    /// The hash of no bytes.
    static let empty: UInt64 = 0

    /// The hash of one byte.
    @inline(__always)
    static func hash(of byte: UInt8) -> UInt64 {
        // One more than the byte, so that zeros at the begin count.
        UInt64(byte) + 1
    }

    /// The hash of a text with one more byte.
    @inline(__always)
    func appending(_ byte: UInt8, to hash: UInt64) -> UInt64 {
        Self.add(Self.multiply(hash, base), Self.hash(of: byte))
    }

    @inline(__always)
    func hash(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var hash = Self.empty
        for index in range { hash = appending(bytes[index], to: hash) }
        return hash
    }

    /// The hash of two texts together, the second of `count` bytes.
    @inline(__always)
    func joining(_ first: UInt64, _ second: UInt64, count: Int) -> UInt64 {
        Self.add(Self.multiply(first, power(count)), second)
    }

    /// The hash of two texts side by side, which differs from that of two others even where they are the
    /// same together.
    @inline(__always)
    func pair(_ first: UInt64, _ second: UInt64) -> UInt64 {
        Self.add(Self.multiply(first, pairFactor), second)
    }

    @inline(__always)
    private func power(_ exponent: Int) -> UInt64 {
        exponent < powers.count ? powers[exponent] : largePower(exponent)
    }

    private func largePower(_ exponent: Int) -> UInt64 {
        var result: UInt64 = 1
        var square = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = Self.multiply(result, square) }
            square = Self.multiply(square, square)
            rest >>= 1
        }
        return result
    }

    @inline(__always)
    private static func add(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let sum = first &+ second
        return sum >= modulus ? sum &- modulus : sum
    }

    @inline(__always)
    private static func multiply(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let product = first.multipliedFullWidth(by: second)
        // 2^61 is 1, so the bits from 61 on are added to those below.
        return add(product.low & modulus, product.high << 3 | product.low >> 61)
    }
}
