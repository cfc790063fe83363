/// `json.dumps`, as transformers' filter `tojson` calls it.
struct JSONWriter {
    var ensureASCII = false
    var sortsKeys = false
    var indent: [Unicode.Scalar]?
    var itemSeparator: [Unicode.Scalar] = [",", " "]
    var keySeparator: [Unicode.Scalar] = [":", " "]

    private let interpreter: Interpreter
    private var output: [Unicode.Scalar] = []
    private var isTainted = false
    private var level = 0

    init(_ interpreter: Interpreter) {
        self.interpreter = interpreter
    }

    var text: Text {
        Text(output, tainted: isTainted && !output.isEmpty ? [0..<output.count] : [])
    }

    mutating func write(_ value: Value) throws(TemplateError) {
        try interpreter.step()
        switch value {
        case .none: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .int(let value): append(String(value))
        case .bigInt(let digits): output += digits.scalars
        case .float(let value): append(JSONWriter.number(value))
        case .string(let text): try write(text)
        case .list(let list), .tuple(let list): try write(list.items)
        case .dict(let dict): try write(dict)
        case .undefined, .object:
            throw interpreter.fail("Object of type \(value.typeName) is not JSON serializable")
        }
        guard output.count <= interpreter.limits.valueLength else {
            return try interpreter.checkLength(output.count)
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return pythonRepr(of: value)
    }

    private mutating func append(_ string: String) {
        output.append(contentsOf: string.unicodeScalars)
    }

    private mutating func write(_ text: Text) throws(TemplateError) {
        try interpreter.charge(produced: text.count)
        if text.isTainted { isTainted = true }
        output.append("\"")
        for scalar in text.scalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\u{08}": append("\\b")
            case "\u{0C}": append("\\f")
            default:
                if scalar.value < 0x20 || (ensureASCII && scalar.value > 0x7E) {
                    for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter { escape(unit) }
                } else {
                    output.append(scalar)
                }
            }
        }
        output.append("\"")
    }

    private mutating func escape(_ unit: UInt16) {
        let hex = String(unit, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex)
    }

    private mutating func newLine() throws(TemplateError) {
        guard let indent else { return }
        try interpreter.guardLength(output.count + level * indent.count)
        try interpreter.charge(produced: level * indent.count)
        output.append("\n")
        for _ in 0..<level { output += indent }
    }

    private mutating func write(_ items: [Value]) throws(TemplateError) {
        guard !items.isEmpty else { return append("[]") }
        output.append("[")
        level += 1
        for (index, item) in items.enumerated() {
            if index > 0 { output += itemSeparator }
            try newLine()
            try write(item)
        }
        level -= 1
        try newLine()
        output.append("]")
    }

    private mutating func write(_ dict: DictObject) throws(TemplateError) {
        guard dict.count > 0 else { return append("{}") }
        var order = Array(dict.keys.indices)
        if sortsKeys {
            let interpreter = interpreter
            order = try interpreter.sortedIndices(dict.keys, reversed: false) {
                (a, b) throws(TemplateError) in try interpreter.isLess(a, b)
            }
        }
        output.append("{")
        level += 1
        for (position, index) in order.enumerated() {
            if position > 0 { output += itemSeparator }
            try newLine()
            try write(try key(dict.keys[index]))
            output += keySeparator
            try write(dict.values[index])
        }
        level -= 1
        try newLine()
        output.append("}")
    }

    private func key(_ value: Value) throws(TemplateError) -> Text {
        switch value {
        case .string(let text): return text
        case .none: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return Text(String(value))
        case .bigInt(let digits): return digits
        case .float(let value): return Text(JSONWriter.number(value))
        default:
            throw interpreter.fail(
                "keys must be str, int, float, bool or None, not \(value.typeName)")
        }
    }
}
