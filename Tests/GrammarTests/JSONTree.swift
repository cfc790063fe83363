import Foundation

/// A JSON value as Foundation reads it.
indirect enum JSONTree: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let values = try? container.decode([JSONTree].self) {
            self = .array(values)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    init(parsing text: String) throws {
        // The other reader of Foundation too: it takes 512 levels.
        _ = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        self = try JSONDecoder().decode(JSONTree.self, from: Data(text.utf8))
    }

    subscript(name: String) -> JSONTree? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var array: [JSONTree]? { if case .array(let values) = self { values } else { nil } }
    var object: [String: JSONTree]? { if case .object(let members) = self { members } else { nil } }
}
