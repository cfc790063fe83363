/// A decimal number, exact: its digits without zeros at either end that say nothing.
struct ExactDecimal: Sendable, Hashable {
    var isNegative = false
    /// Digits before the point; none for 0.
    var whole: [UInt8] = []
    /// Digits after the point.
    var fraction: [UInt8] = []

    static let zero = ExactDecimal()

    /// Digits that a number may have.
    static let longest = 400

    var isZero: Bool { whole.isEmpty && fraction.isEmpty }
    var isInteger: Bool { fraction.isEmpty }

    /// From JSON's notation; nil when it has more than ``longest`` digits.
    init?(_ text: String) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        var rest = Substring(text)
        if rest.first == "-" {
            isNegative = true
            rest.removeFirst()
        }
        if let mark = rest.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            guard let value = Int(rest[rest.index(after: mark)...]) else { return nil }
            exponent = value
            rest = rest[..<mark]
        }
        for byte in rest.utf8 {
            if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte - 48) }
        }
        guard digits.contains(where: { $0 != 0 }) else {
            isNegative = false
            return
        }
        guard digits.count <= Self.longest, abs(exponent) <= Self.longest else { return nil }
        let split = (point ?? digits.count) + exponent
        if split < 0 { digits.insert(contentsOf: repeatElement(0, count: -split), at: 0) }
        if split > digits.count { digits += repeatElement(0, count: split - digits.count) }
        let place = max(0, split)
        whole = Array(digits[..<place].drop { $0 == 0 })
        fraction = Array(digits[place...])
        while fraction.last == 0 { fraction.removeLast() }
        guard whole.count + fraction.count <= Self.longest else { return nil }
    }

    init() {}

    init(_ value: Int) { self = ExactDecimal(String(value)) ?? .zero }

    static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        let (a, b) = left.isNegative ? (right, left) : (left, right)
        if a.whole.count != b.whole.count { return a.whole.count < b.whole.count }
        if a.whole != b.whole { return a.whole.lexicographicallyPrecedes(b.whole) }
        return a.fraction.lexicographicallyPrecedes(b.fraction)
    }

    /// Its value times 10 to the `places` modulo `divisor`, without its sign; nil when that is no integer.
    func remainder(_ divisor: Int, places: Int) -> Int? {
        guard fraction.count <= places else { return nil }
        var remainder = 0
        for digit in whole + fraction + Array(repeating: 0, count: places - fraction.count) {
            remainder = (remainder * 10 + Int(digit)) % divisor
        }
        return remainder
    }

    /// Its value times 10 to the `places`, without its sign; nil when that is no Int or no integer.
    func scaled(_ places: Int) -> Int? {
        guard fraction.count <= places else { return nil }
        var value = 0
        for digit in whole + fraction + Array(repeating: 0, count: places - fraction.count) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }
}
