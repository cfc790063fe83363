/// Reads one keyword's value, with errors that name its place.
struct SchemaReader {
    let name: String
    let value: JSONValue
    let pointer: String

    func error(_ message: String, _ kind: GrammarError.Kind = .syntax) -> GrammarError {
        GrammarError(kind, "\(name) \(message)", at: .pointer(pointer))
    }

    private func expected(_ what: String) -> GrammarError { error("must be \(what), not \(value.kind)") }

    func bool() throws(GrammarError) -> Bool {
        guard case .bool(let flag) = value else { throw expected("true or false") }
        return flag
    }

    func string() throws(GrammarError) -> String {
        guard case .string(let text) = value else { throw expected("a string") }
        return text
    }

    func number() throws(GrammarError) -> ExactDecimal {
        guard case .number(let number, _) = value else { throw expected("a number") }
        return number
    }

    /// A length or count; larger ones than fit are as good as the largest.
    func count() throws(GrammarError) -> Int {
        let number = try number()
        guard number.isInteger, !number.isNegative else { throw error("must be an integer of 0 or more") }
        return number.scaled(0) ?? Int.max
    }

    func array() throws(GrammarError) -> [JSONValue] {
        guard case .array(let values) = value else { throw expected("an array") }
        return values
    }

    func strings() throws(GrammarError) -> [String] {
        var result: [String] = []
        for value in try array() {
            guard case .string(let text) = value else { throw error("must be an array of strings") }
            result.append(text)
        }
        return result
    }

    func object() throws(GrammarError) -> [JSONMember] {
        guard case .object(let members) = value else { throw expected("an object") }
        return members
    }

    /// The schemas of an array or, by name, of an object.
    func schemas(_ store: inout SchemaStore) throws(GrammarError) -> [(name: String, schema: Int)] {
        switch value {
        case .array(let values):
            return values.enumerated().map { index, value in
                ("\(index)", store.number("\(pointer)/\(index)", value))
            }
        case .object(let members):
            return members.map { member in
                (member.name, store.number(SchemaStore.append(member.name, to: pointer), member.value))
            }
        default: throw expected("schemas")
        }
    }

    func schema(_ store: inout SchemaStore) -> Int { store.number(pointer, value) }
}
