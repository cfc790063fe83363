extension JSONText {
    /// null for what is not known.
    init(_ value: Double?) {
        if let value { self = .number(value) } else { self = .null }
    }

    init(_ value: Int?) {
        if let value { self = .integer(value) } else { self = .null }
    }

    init(_ value: String?) {
        if let value { self = .string(value) } else { self = .null }
    }
}

/// Comma-separated values, from the fields that JSON would have.
enum CSVText {
    static func table(_ rows: [[(String, JSONText)]]) -> String {
        guard let first = rows.first else { return "" }
        let header = first.map(\.0).joined(separator: ",")
        return ([header] + rows.map { $0.map { cell($0.1) }.joined(separator: ",") }).joined(separator: "\n")
            + "\n"
    }

    private static func cell(_ value: JSONText) -> String {
        switch value {
        case .null: ""
        case .string(let text):
            text.contains { ",\"\n\r".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
        default: value.pretty
        }
    }
}
