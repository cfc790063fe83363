import GGUF

/// A JSON value to print: keeps the order of keys and every digit of 64-bit integers.
package indirect enum JSONText {
    case null
    /// A number or boolean, already written as JSON.
    case literal(String)
    case string(String)
    case array([JSONText])
    case object([(String, JSONText)])

    package static func integer(_ value: Int) -> JSONText { .literal("\(value)") }

    /// JSON knows no infinity and no NaN; they become null.
    package static func number(_ value: Double) -> JSONText { value.isFinite ? .literal("\(value)") : .null }

    /// Indented by two spaces; what holds only plain values stays on one line.
    package var pretty: String {
        var text = ""
        write(to: &text, indentation: 0)
        return text
    }

    private var isPlain: Bool {
        switch self {
        case .null, .literal, .string: true
        case .array, .object: false
        }
    }

    private func write(to text: inout String, indentation: Int) {
        switch self {
        case .null: text += "null"
        case .literal(let literal): text += literal
        case .string(let string): Self.quote(string, to: &text)
        case .array(let elements):
            let plain = elements.allSatisfy(\.isPlain)
            Self.write(elements, "[", "]", plain, to: &text, indentation) { element, text in
                element.write(to: &text, indentation: indentation + 2)
            }
        case .object(let fields):
            let plain = indentation > 0 && fields.allSatisfy(\.1.isPlain) && fields.count <= 4
            Self.write(fields, "{", "}", plain, to: &text, indentation) { field, text in
                Self.quote(field.0, to: &text)
                text += ": "
                field.1.write(to: &text, indentation: indentation + 2)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, _ plain: Bool, to text: inout String,
        _ indentation: Int, _ write: (Element, inout String) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += plain ? ", " : "," }
            if !plain { text += "\n" + String(repeating: " ", count: indentation + 2) }
            write(element, &text)
        }
        if !plain { text += "\n" + String(repeating: " ", count: indentation) }
        text += close
    }

    /// Escapes what JSON demands and what could steer a terminal.
    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if scalar.isSafeToPrint {
                    text.unicodeScalars.append(scalar)
                } else {
                    for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                        let digits = String(unit, radix: 16)
                        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    }
                }
            }
        }
        text += "\""
    }
}
