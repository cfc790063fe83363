/// Python's format specification: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
struct FormatSpec {
    var fill: Unicode.Scalar = " "
    var align: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var alternate = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var type: Unicode.Scalar?

    /// nil if the specification is invalid.
    init?(_ spec: [Unicode.Scalar]) {
        var index = 0
        func peek(_ offset: Int = 0) -> Unicode.Scalar? {
            index + offset < spec.count ? spec[index + offset] : nil
        }
        func isAlign(_ scalar: Unicode.Scalar?) -> Bool {
            scalar == "<" || scalar == ">" || scalar == "^" || scalar == "="
        }
        if isAlign(peek(1)) {
            fill = spec[0]
            align = spec[1]
            index = 2
        } else if isAlign(peek()) {
            align = spec[0]
            index = 1
        }
        if let scalar = peek(), scalar == "+" || scalar == "-" || scalar == " " {
            sign = scalar
            index += 1
        }
        if peek() == "z" { index += 1 }
        if peek() == "#" {
            alternate = true
            index += 1
        }
        if peek() == "0" {
            if align == nil {
                fill = "0"
                align = "="
            }
            index += 1
        }
        guard let width = FormatSpec.number(spec, &index) else { return nil }
        self.width = width ?? 0
        if let scalar = peek(), scalar == "," || scalar == "_" {
            grouping = scalar
            index += 1
        }
        if peek() == "." {
            index += 1
            guard let precision = FormatSpec.number(spec, &index), let precision else { return nil }
            self.precision = precision
        }
        if let scalar = peek() {
            type = scalar
            index += 1
        }
        guard index == spec.count else { return nil }
    }

    /// `.some(nil)` without digits, nil for too large a number.
    static func number(_ spec: [Unicode.Scalar], _ index: inout Int) -> Int?? {
        var value: Int?
        while index < spec.count, spec[index].isASCIIDigit {
            value = (value ?? 0) * 10 + Int(spec[index].value) - 48
            guard value ?? 0 < 1 << 24 else { return nil }
            index += 1
        }
        return .some(value)
    }

    /// `text` filled up to the width; `signLength` characters stay in front of `=` filling.
    func padded(_ text: Text, initial: Unicode.Scalar, signLength: Int = 0) -> Text {
        let missing = width - text.count
        guard missing > 0 else { return text }
        var builder = TextBuilder()
        switch align ?? initial {
        case "<":
            builder.append(text)
            builder.append(repeating: fill, count: missing)
        case "^":
            builder.append(repeating: fill, count: missing / 2)
            builder.append(text)
            builder.append(repeating: fill, count: missing - missing / 2)
        case "=":
            builder.append(text, 0..<signLength)
            builder.append(repeating: fill, count: missing)
            builder.append(text, signLength..<text.count)
        default:
            builder.append(repeating: fill, count: missing)
            builder.append(text)
        }
        return builder.text()
    }
}

/// Digits in groups, from the right.
func grouped(_ digits: String, by separator: Unicode.Scalar, every size: Int, width: Int = 0) -> String {
    var digits = Array(digits.unicodeScalars)
    // Zeros that fill a width are grouped as well.
    while digits.count + (digits.count - 1) / size < width { digits.insert("0", at: 0) }
    var result = String.UnicodeScalarView()
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % size == 0 { result.append(separator) }
        result.append(digit)
    }
    return String(result)
}
