extension String {
    /// The text with everything that could steer a terminal written out: control characters, line and
    /// direction marks, and other invisible ones become `\n`, `\t` or `\u{...}`. Backslashes stay as they
    /// are, so that escaping twice does no harm.
    package var escapedForTerminal: String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
        var text = ""
        text.unicodeScalars.reserveCapacity(unicodeScalars.count)
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if scalar.isSafeToPrint {
                    text.unicodeScalars.append(scalar)
                } else {
                    text += "\\u{\(String(scalar.value, radix: 16))}"
                }
            }
        }
        return text
    }

    /// ``escapedForTerminal`` in single quotes.
    package var quoted: String { "'\(escapedForTerminal)'" }
}

extension Unicode.Scalar {
    /// Whether printing it changes nothing but the text on a terminal.
    package var isSafeToPrint: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
            false
        default: true
        }
    }
}
