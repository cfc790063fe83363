/// The schemas within a schema, numbered by their JSON pointers.
struct SchemaStore {
    struct Node {
        /// Percent-encoding undone, `~` escaped.
        var pointer: String
        var value: JSONValue
    }

    private(set) var nodes: [Node] = []
    private var numbers: [String: Int] = [:]
    private let root: JSONValue
    private var anchors: [String: Int] = [:]

    init(_ root: JSONValue) throws(GrammarError) {
        self.root = root
        _ = number("", root)
        try findAnchors(root, "")
    }

    mutating func number(_ pointer: String, _ value: JSONValue) -> Int {
        if let known = numbers[pointer] { return known }
        numbers[pointer] = nodes.count
        nodes.append(Node(pointer: pointer, value: value))
        return nodes.count - 1
    }

    /// The schema that a `$ref` names.
    mutating func resolve(_ reference: String, at pointer: String) throws(GrammarError) -> Int {
        guard reference.hasPrefix("#") else {
            throw GrammarError(
                .unsupported, "$ref \(reference): only references within the schema (#...) are supported",
                at: .pointer(pointer))
        }
        let fragment = Self.decodePercents(reference.dropFirst())
        if fragment.isEmpty { return 0 }
        guard fragment.hasPrefix("/") else {
            guard let anchor = anchors[fragment] else {
                throw GrammarError(
                    .syntax, "$ref \(reference): there is no such $anchor", at: .pointer(pointer))
            }
            return anchor
        }
        var value = root
        for part in fragment.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = Self.unescape(part)
            let next: JSONValue?
            if case .array(let values) = value {
                next = Int(name).flatMap { values.indices.contains($0) ? values[$0] : nil }
            } else {
                next = value[name]
            }
            guard let next else {
                throw GrammarError(.syntax, "$ref \(reference) leads nowhere", at: .pointer(pointer))
            }
            value = next
        }
        return number(fragment, value)
    }

    private mutating func findAnchors(_ value: JSONValue, _ pointer: String) throws(GrammarError) {
        switch value {
        case .array(let values):
            for (index, value) in values.enumerated() { try findAnchors(value, "\(pointer)/\(index)") }
        case .object(let members):
            for member in members {
                if member.name == "$anchor", case .string(let name) = member.value {
                    let number = number(pointer, value)
                    guard anchors.updateValue(number, forKey: name) == nil else {
                        throw GrammarError(
                            .syntax, "the $anchor \(name) is there twice", at: .pointer(pointer))
                    }
                }
                try findAnchors(member.value, Self.append(member.name, to: pointer))
            }
        default: break
        }
    }

    static func append(_ name: String, to pointer: String) -> String {
        var part = ""
        for character in name.unicodeScalars {
            switch character {
            case "~": part += "~0"
            case "/": part += "~1"
            default: part.unicodeScalars.append(character)
            }
        }
        return pointer + "/" + part
    }

    private static func unescape(_ part: Substring) -> String {
        var result = ""
        var isEscape = false
        for scalar in part.unicodeScalars {
            if isEscape {
                result += scalar == "1" ? "/" : scalar == "0" ? "~" : "~\(scalar)"
                isEscape = false
            } else if scalar == "~" {
                isEscape = true
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func decodePercents(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let byte = UInt8(String(decoding: source[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
