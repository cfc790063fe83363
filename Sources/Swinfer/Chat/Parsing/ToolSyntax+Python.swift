import ChatTemplate

/// Calls written in Python: Llama 4 and LFM2.
extension BlockReader {
    /// `[f(p="..."), g()]`, maybe between the tokens of a family.
    mutating func pythonicCalls() throws(BlockStop) {
        var closer: String?
        if try peek() != UInt8(ascii: "[") {
            if try optional("<|tool_call_start|>") {
                closer = "<|tool_call_end|>"
            } else {
                try literal("<|python_start|>")
                closer = "<|python_end|>"
            }
            skipSpace()
        }
        try literal("[")
        var calls: [ToolCall] = []
        repeat {
            skipSpace()
            let call = try pythonCall()
            // Without a marker, only what was offered is a call; the answer may be a list.
            guard closer != nil || tools.contains(call.name) else { throw .malformed }
            calls.append(call)
            skipSpace()
        } while try optional(",")
        try literal("]")
        for call in calls { emit(call) }
        guard let closer else { return }
        let end = position
        skipSpace()
        if try !optional(closer) { back(to: end) }
    }

    /// Llama 3's `<|python_tag|>f.call(p="...")`.
    mutating func builtInCall() throws(BlockStop) {
        var call = try pythonCall()
        guard call.name.hasSuffix(".call") else { throw .malformed }
        call.name.removeLast(".call".count)
        emit(call)
    }

    private mutating func pythonCall() throws(BlockStop) -> ToolCall {
        let name = try name()
        guard let first = name.unicodeScalars.first, first == "_" || first.properties.isAlphabetic else {
            throw .malformed
        }
        skipSpace()
        var object = TemplateObject()
        try items("(", ")") { reader throws(BlockStop) in
            let parameter = try reader.name()
            reader.skipSpace()
            try reader.literal("=")
            reader.skipSpace()
            object.entries.append(.init(key: parameter, value: try reader.literalValue(.python, depth: 0)))
        }
        return ToolCall(name: name, arguments: TemplateValue.object(object).json)
    }

    mutating func pythonString() throws(BlockStop) -> String {
        let quote = try peek()
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw .malformed }
        skipByte()
        var text: [UInt8] = []
        while true {
            let byte = try peek()
            skipByte()
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            let escaped = try peek()
            skipByte()
            switch escaped {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): text.append(escaped)
            case UInt8(ascii: "u"): text += try hexadecimal(4)
            case UInt8(ascii: "U"): text += try hexadecimal(8)
            case UInt8(ascii: "x"): text += try hexadecimal(2)
            default: text += [byte, escaped]
            }
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(BlockStop) -> [UInt8] {
        var value: UInt32 = 0
        for _ in 0..<count {
            let byte = try peek()
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw .malformed }
            skipByte()
            value = value << 4 | UInt32(digit)
        }
        return Array(String(Unicode.Scalar(value).map(Character.init) ?? "\u{FFFD}").utf8)
    }
}
