// Character classes as Python's str defines them.
extension Unicode.Scalar {
    /// `str.isspace`, also what `strip` and `\s` use.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
            0x3000:
            true
        default: false
        }
    }

    /// Where `str.splitlines` splits (`\r\n` counts once).
    var isPythonLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    var isASCIIDigit: Bool { value >= 48 && value <= 57 }

    func isDigit(radix: Int) -> Bool {
        switch value {
        case 48...57: Int(value) - 48 < radix
        case 65...70, 97...102: radix == 16
        default: false
        }
    }

    var isIdentifierStart: Bool {
        if isASCII { return value == 95 || (value | 32 >= 97 && value | 32 <= 122) }
        return properties.isXIDStart
    }

    var isIdentifierPart: Bool {
        if isASCII { return isIdentifierStart || isASCIIDigit }
        return properties.isXIDContinue || isPythonNumeric
    }

    var isPythonAlpha: Bool {
        if isASCII { return value | 32 >= 97 && value | 32 <= 122 }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }

    var isPythonDecimal: Bool {
        isASCII ? isASCIIDigit : properties.numericType == .decimal
    }

    var isPythonDigit: Bool {
        isASCII ? isASCIIDigit : properties.numericType == .decimal || properties.numericType == .digit
    }

    var isPythonNumeric: Bool {
        isASCII ? isASCIIDigit : properties.numericType != nil
    }

    var isPythonAlphanumeric: Bool { isPythonAlpha || isPythonNumeric }

    /// Whether `repr` shows the character itself.
    var isPythonPrintable: Bool {
        if isASCII { return value >= 0x20 && value < 0x7F }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }
}

/// Python's `repr` of a string.
func pythonRepr(of scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    writeRepr(of: scalars) { view.append($0) }
    return String(view)
}

func writeRepr(of scalars: some Sequence<Unicode.Scalar>, to append: (Unicode.Scalar) -> Void) {
    var hasSingle = false
    var hasDouble = false
    for scalar in scalars {
        if scalar == "'" { hasSingle = true }
        if scalar == "\"" { hasDouble = true }
    }
    let quote: Unicode.Scalar = hasSingle && !hasDouble ? "\"" : "'"
    append(quote)
    for scalar in scalars {
        switch scalar {
        case "\\", quote:
            append("\\")
            append(scalar)
        case "\n":
            append("\\")
            append("n")
        case "\r":
            append("\\")
            append("r")
        case "\t":
            append("\\")
            append("t")
        default:
            if scalar.isPythonPrintable {
                append(scalar)
            } else {
                appendHexEscape(scalar, to: append)
            }
        }
    }
    append(quote)
}

/// `\xe9`, `\u4f60` or `\U0001f680`.
func appendHexEscape(_ scalar: Unicode.Scalar, to append: (Unicode.Scalar) -> Void) {
    let (mark, width): (Unicode.Scalar, Int) =
        scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x1_0000 ? ("u", 4) : ("U", 8)
    append("\\")
    append(mark)
    let hex = String(scalar.value, radix: 16)
    for _ in hex.utf8.count..<width { append("0") }
    for digit in hex.unicodeScalars { append(digit) }
}
