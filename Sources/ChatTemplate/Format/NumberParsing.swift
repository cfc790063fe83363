/// Python's `float(text)`; nil if it is not a number.
func pythonFloat(_ scalars: [Unicode.Scalar]) -> Double? {
    let trimmed = trimmedASCII(scalars)
    guard let text = trimmed else { return nil }
    var body = text[...]
    if body.hasPrefix("+") || body.hasPrefix("-") { body = body.dropFirst() }
    switch body.lowercased() {
    case "inf", "infinity": return text.hasPrefix("-") ? -.infinity : .infinity
    case "nan": return .nan
    default: break
    }
    guard let digits = withoutUnderscores(body) else { return nil }
    // Swift would also read hexadecimal.
    guard digits.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || [43, 45, 46, 69, 101].contains($0) }) else {
        return nil
    }
    guard let first = digits.utf8.first, first == 46 || (first >= 48 && first <= 57) else { return nil }
    // Swift gives nil where digits are missing and infinity where they are too many, as Python does.
    guard let value = Double(digits.hasSuffix(".") ? digits + "0" : digits.replacingPointE()) else {
        return nil
    }
    return text.hasPrefix("-") ? -value : value
}

/// Python's `int(text, base)`: a value, or the digits of one that does not fit.
func pythonInt(_ scalars: [Unicode.Scalar], base: Int) -> Value? {
    guard let text = trimmedASCII(scalars) else { return nil }
    var body = text[...]
    let isNegative = body.hasPrefix("-")
    if isNegative || body.hasPrefix("+") { body = body.dropFirst() }
    var radix = base
    let prefix = body.prefix(2).lowercased()
    let marked = ["0x": 16, "0o": 8, "0b": 2][prefix]
    if let marked, base == 0 || base == marked {
        radix = marked
        body = body.dropFirst(2)
        if body.hasPrefix("_") { body = body.dropFirst() }
    } else if base == 0 {
        radix = 10
        if body.hasPrefix("0"), body.contains(where: { $0 != "0" && $0 != "_" }) { return nil }
    }
    guard (2...36).contains(radix), let digits = withoutUnderscores(body), !digits.isEmpty else { return nil }
    guard digits.utf8.allSatisfy({ isDigit($0, radix) }) else { return nil }
    if let value = Int((isNegative ? "-" : "") + digits, radix: radix) { return .int(value) }
    guard radix == 10 else { return nil }
    let significant = digits.drop { $0 == "0" }
    return .bigInt(Text((isNegative ? "-" : "") + significant))
}

private func isDigit(_ byte: UInt8, _ radix: Int) -> Bool {
    let value: Int
    switch byte {
    case 48...57: value = Int(byte) - 48
    case 65...90: value = Int(byte) - 55
    case 97...122: value = Int(byte) - 87
    default: return false
    }
    return value < radix
}

/// The text without surrounding whitespace, if all of it is ASCII.
private func trimmedASCII(_ scalars: [Unicode.Scalar]) -> String? {
    var range = scalars[...]
    while let first = range.first, first.isPythonSpace { range = range.dropFirst() }
    while let last = range.last, last.isPythonSpace { range = range.dropLast() }
    guard !range.isEmpty, range.allSatisfy(\.isASCII) else { return nil }
    return String(decoding: range.map { UInt8(truncatingIfNeeded: $0.value) }, as: UTF8.self)
}

/// Single underscores between digits go; any others make the number invalid.
private func withoutUnderscores(_ text: Substring) -> String? {
    guard text.utf8.contains(95) else { return String(text) }
    let bytes = Array(text.utf8)
    func isAlphanumeric(_ index: Int) -> Bool {
        guard bytes.indices.contains(index) else { return false }
        return isDigit(bytes[index], 36)
    }
    for index in bytes.indices where bytes[index] == 95 {
        guard isAlphanumeric(index - 1), isAlphanumeric(index + 1) else { return nil }
    }
    return String(decoding: bytes.filter { $0 != 95 }, as: UTF8.self)
}

extension String {
    /// `1.e5` as `1.0e5`, which Swift reads.
    fileprivate func replacingPointE() -> String {
        var result = ""
        var previous: Character = " "
        for character in self {
            if previous == ".", character == "e" || character == "E" { result.append("0") }
            result.append(character)
            previous = character
        }
        return result
    }
}
