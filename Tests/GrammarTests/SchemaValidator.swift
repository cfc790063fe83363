import Foundation

/// A validator written from the standard, which knows nothing of grammars.
struct SchemaValidator {
    let root: JSONTree

    init(_ schema: String) throws { root = try JSONTree(parsing: schema) }

    func isValid(_ value: JSONTree) -> Bool { isValid(value, root) }

    private func resolve(_ reference: String) -> JSONTree? {
        var node: JSONTree? = root
        for part in reference.dropFirst().split(separator: "/") {
            let name = part.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(
                of: "~0", with: "~")
            node = Int(name).flatMap { node?.array?[$0] } ?? node?[name]
        }
        return node
    }

    private func isValid(_ value: JSONTree, _ schema: JSONTree) -> Bool {
        if case .bool(let flag) = schema { return flag }
        guard let keywords = schema.object else { return false }
        if let reference = keywords["$ref"]?.string {
            guard let target = resolve(reference), isValid(value, target) else { return false }
        }
        if let type = keywords["type"] {
            let types = type.array?.compactMap(\.string) ?? [type.string ?? ""]
            let isNull = keywords["nullable"] == .bool(true) && value == .null
            if !isNull, !types.contains(where: { isOfType(value, $0) }) { return false }
        }
        if let values = keywords["enum"]?.array, !values.contains(value) { return false }
        if let constant = keywords["const"], constant != value { return false }
        if let parts = keywords["allOf"]?.array, !parts.allSatisfy({ isValid(value, $0) }) { return false }
        if let parts = keywords["anyOf"]?.array, !parts.contains(where: { isValid(value, $0) }) {
            return false
        }
        if let parts = keywords["oneOf"]?.array, parts.count(where: { isValid(value, $0) }) != 1 {
            return false
        }
        if let not = keywords["not"], isValid(value, not) { return false }
        switch value {
        case .null, .bool: return true
        case .number(let number): return isValid(number, keywords)
        case .string(let text): return isValid(text, keywords)
        case .array(let values): return isValid(values, keywords)
        case .object(let members): return isValid(members, keywords)
        }
    }

    private func isOfType(_ value: JSONTree, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.string, "string"), (.array, "array"),
            (.object, "object"):
            true
        case (.number(let number), "integer"): number == number.rounded()
        default: false
        }
    }

    private func isValid(_ number: Double, _ keywords: [String: JSONTree]) -> Bool {
        if let least = keywords["minimum"]?.number {
            if keywords["exclusiveMinimum"] == .bool(true) ? number <= least : number < least { return false }
        }
        if let most = keywords["maximum"]?.number {
            if keywords["exclusiveMaximum"] == .bool(true) ? number >= most : number > most { return false }
        }
        if let least = keywords["exclusiveMinimum"]?.number, number <= least { return false }
        if let most = keywords["exclusiveMaximum"]?.number, number >= most { return false }
        if let divisor = keywords["multipleOf"]?.number {
            let quotient = number / divisor
            if abs(quotient - quotient.rounded()) > 1e-9 * max(1, abs(quotient)) { return false }
        }
        return true
    }

    private func isValid(_ text: String, _ keywords: [String: JSONTree]) -> Bool {
        let length = Double(text.unicodeScalars.count)
        if let least = keywords["minLength"]?.number, length < least { return false }
        if let most = keywords["maxLength"]?.number, length > most { return false }
        if let pattern = keywords["pattern"]?.string, !finds(pattern, text) { return false }
        return true
    }

    func finds(_ pattern: String, _ text: String) -> Bool {
        guard let expression = try? NSRegularExpression(pattern: pattern) else { return false }
        let range = NSRange(location: 0, length: text.utf16.count)
        return expression.firstMatch(in: text, range: range) != nil
    }

    private func isValid(_ values: [JSONTree], _ keywords: [String: JSONTree]) -> Bool {
        if let least = keywords["minItems"]?.number, Double(values.count) < least { return false }
        if let most = keywords["maxItems"]?.number, Double(values.count) > most { return false }
        if keywords["uniqueItems"] == .bool(true) {
            for (index, value) in values.enumerated() where values[..<index].contains(value) { return false }
        }
        let prefix = keywords["prefixItems"]?.array ?? keywords["items"]?.array ?? []
        let rest = keywords["items"]?.array == nil ? keywords["items"] : keywords["additionalItems"]
        for (index, value) in values.enumerated() {
            if index < prefix.count {
                if !isValid(value, prefix[index]) { return false }
            } else if let rest, !isValid(value, rest) {
                return false
            }
        }
        return true
    }

    private func isValid(_ members: [String: JSONTree], _ keywords: [String: JSONTree]) -> Bool {
        if let least = keywords["minProperties"]?.number, Double(members.count) < least { return false }
        if let most = keywords["maxProperties"]?.number, Double(members.count) > most { return false }
        for name in keywords["required"]?.array ?? [] where members[name.string ?? ""] == nil { return false }
        for (name, value) in members {
            if let names = keywords["propertyNames"], !isValid(.string(name), names) { return false }
            var isNamed = false
            if let schema = keywords["properties"]?[name] {
                isNamed = true
                if !isValid(value, schema) { return false }
            }
            for (pattern, schema) in keywords["patternProperties"]?.object ?? [:] where finds(pattern, name) {
                isNamed = true
                if !isValid(value, schema) { return false }
            }
            if !isNamed, let additional = keywords["additionalProperties"], !isValid(value, additional) {
                return false
            }
        }
        return true
    }
}
