/// Python's `repr` of a float: the shortest digits that read back as the same number.
func pythonRepr(of value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let sign = value.sign == .minus ? "-" : ""
    if value == 0 { return sign + "0.0" }
    let (digits, exponent) = shortestDigits(of: value.magnitude)
    return sign + layout(digits, exponent: exponent, isExponential: exponent < -4 || exponent >= 16)
}

/// The digits of Swift's own shortest description, and the decimal exponent of the first of them.
func shortestDigits(of value: Double) -> (digits: [UInt8], exponent: Int) {
    var digits: [UInt8] = []
    var exponent = 0
    var pointAt: Int?
    let parts = value.description.split(separator: "e", maxSplits: 1)
    for byte in (parts.first ?? "0").utf8 {
        if byte == UInt8(ascii: ".") { pointAt = digits.count } else { digits.append(byte - 48) }
    }
    if parts.count > 1 { exponent = Int(parts[1]) ?? 0 }
    exponent += (pointAt ?? digits.count) - 1
    let zeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(min(zeros, digits.count - 1))
    exponent -= zeros
    while digits.count > 1, digits.last == 0 { digits.removeLast() }
    return (digits, exponent)
}

private func layout(_ digits: [UInt8], exponent: Int, isExponential: Bool) -> String {
    func string(_ digits: some Sequence<UInt8>) -> String {
        String(decoding: digits.map { $0 + 48 }, as: UTF8.self)
    }
    if isExponential {
        let fraction = digits.count > 1 ? "." + string(digits.dropFirst()) : ""
        return string(digits.prefix(1)) + fraction + "e" + exponentText(exponent)
    }
    if exponent < 0 {
        return "0." + String(repeating: "0", count: -exponent - 1) + string(digits)
    }
    if digits.count <= exponent + 1 {
        return string(digits) + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
    }
    return string(digits.prefix(exponent + 1)) + "." + string(digits.dropFirst(exponent + 1))
}

/// Sign and at least two digits.
func exponentText(_ exponent: Int) -> String {
    let magnitude = String(exponent.magnitude)
    return (exponent < 0 ? "-" : "+") + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
}

/// A finite double's exact decimal digits: `digits` × 10^-`scale`.
struct ExactDecimal {
    private(set) var digits: [UInt8]
    private(set) var scale: Int

    init(_ value: Double) {
        let magnitude = value.magnitude
        var mantissa = magnitude.significandBitPattern
        var exponent = Int(magnitude.exponentBitPattern)
        if exponent == 0 { exponent = 1 } else { mantissa |= 1 << 52 }
        exponent -= 1075
        // mantissa × 2^-k is mantissa × 5^k with the point moved by k places.
        var limbs: [UInt32] = []
        while mantissa > 0 {
            limbs.append(UInt32(mantissa % 1_000_000_000))
            mantissa /= 1_000_000_000
        }
        let (factor, times) = exponent >= 0 ? (UInt64(2), exponent) : (5, -exponent)
        scale = exponent >= 0 ? 0 : -exponent
        var left = times
        while left > 0 {
            let step = min(left, 12)
            var power: UInt64 = 1
            for _ in 0..<step { power *= factor }
            var carry: UInt64 = 0
            for index in limbs.indices {
                let product = UInt64(limbs[index]) * power + carry
                limbs[index] = UInt32(product % 1_000_000_000)
                carry = product / 1_000_000_000
            }
            while carry > 0 {
                limbs.append(UInt32(carry % 1_000_000_000))
                carry /= 1_000_000_000
            }
            left -= step
        }
        digits = []
        for (index, limb) in limbs.reversed().enumerated() {
            let text = String(limb)
            if index > 0 { digits.append(contentsOf: repeatElement(0, count: 9 - text.utf8.count)) }
            for byte in text.utf8 { digits.append(byte - 48) }
        }
        if digits.isEmpty { digits = [0] }
    }

    var isZero: Bool { digits.allSatisfy { $0 == 0 } }

    /// Decimal exponent of the first digit.
    var exponent: Int { digits.count - 1 - scale }

    /// Rounds half to even, keeping `places` digits after the point (may be negative).
    mutating func round(places: Int) {
        let drop = scale - places
        guard drop > 0 else {
            digits.append(contentsOf: repeatElement(0, count: -drop))
            scale = places
            return
        }
        guard drop <= digits.count else {
            digits = [0]
            scale = places
            return
        }
        let kept = digits.count - drop
        let removed = digits[kept...]
        let half = removed.first ?? 0
        let isTie = half == 5 && removed.dropFirst().allSatisfy { $0 == 0 }
        let isOdd = kept > 0 && digits[kept - 1] % 2 == 1
        let roundsUp = isTie ? isOdd : half >= 5
        digits.removeLast(drop)
        if digits.isEmpty { digits = [0] }
        scale = places
        guard roundsUp else { return }
        var index = digits.count - 1
        while index >= 0 {
            if digits[index] < 9 {
                digits[index] += 1
                return
            }
            digits[index] = 0
            index -= 1
        }
        digits.insert(1, at: 0)
    }

    /// Rounds to `count` significant digits; returns the exponent of the first afterwards.
    mutating func round(significant count: Int) -> Int {
        if isZero {
            digits = Array(repeating: 0, count: count)
            scale = count - 1
            return 0
        }
        let before = exponent
        round(places: count - 1 - before)
        if digits.count > count {
            // 9.99 became 10.0: one digit more than asked for, and it is a zero.
            digits.removeLast()
            scale -= 1
        }
        return exponent
    }
}

/// How a float is printed under a precision: Python's presentation types `f`, `e` and `g`.
enum FloatStyle {
    case fixed, exponential, general
}

/// `value`'s magnitude with `precision` digits. `alternate` keeps the point and trailing zeros.
func formatted(_ value: Double, _ style: FloatStyle, precision: Int, alternate: Bool = false) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return "inf" }
    var decimal = ExactDecimal(value)
    switch style {
    case .fixed:
        decimal.round(places: precision)
        return fixed(decimal.digits, places: precision, alternate)
    case .exponential:
        let exponent = decimal.round(significant: precision + 1)
        return exponential(decimal.digits, exponent, alternate)
    case .general:
        let significant = max(1, precision)
        let exponent = decimal.round(significant: significant)
        var digits = decimal.digits
        if exponent < -4 || exponent >= significant {
            if !alternate { while digits.count > 1, digits.last == 0 { digits.removeLast() } }
            return exponential(digits, exponent, alternate)
        }
        var text = fixed(digits, places: significant - 1 - exponent, alternate)
        if !alternate, text.utf8.contains(UInt8(ascii: ".")) {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return text
    }
}

private func fixed(_ digits: [UInt8], places: Int, _ alternate: Bool) -> String {
    var digits = digits
    if digits.count <= places {
        digits.insert(contentsOf: repeatElement(0, count: places + 1 - digits.count), at: 0)
    }
    let text = digits.map { $0 + 48 }
    let whole = String(decoding: text.dropLast(places), as: UTF8.self)
    if places == 0 { return alternate ? whole + "." : whole }
    return whole + "." + String(decoding: text.suffix(places), as: UTF8.self)
}

private func exponential(_ digits: [UInt8], _ exponent: Int, _ alternate: Bool) -> String {
    let text = digits.map { $0 + 48 }
    let point = digits.count > 1 || alternate ? "." : ""
    return String(decoding: text.prefix(1), as: UTF8.self) + point
        + String(decoding: text.dropFirst(), as: UTF8.self) + "e" + exponentText(exponent)
}
