/// A JSON Schema (drafts 4 to 2020-12, the part that can be enforced while text is generated).
///
/// What cannot be enforced is refused, never ignored; `docs/constraints.md` lists both.
public struct JSONSchema: Sendable {
    let root: JSONValue

    /// Reads a schema's text.
    ///
    /// - Throws: ``GrammarError`` with line and column when it is not JSON.
    public init(parsing text: String) throws(GrammarError) { root = try JSONParser.parse(text) }

    private init(_ root: JSONValue) { self.root = root }

    /// The schema of a call's arguments, which are an object always.
    ///
    /// - Throws: ``GrammarError`` when the schema has a type that is none.
    package func ofArguments() throws(GrammarError) -> JSONSchema {
        guard case .object(var members) = root else { return .object }
        // What declares no parameters is called without any.
        let says = [
            "additionalProperties", "patternProperties", "required", "$ref", "anyOf", "oneOf", "allOf",
        ]
        let isEmpty = root["properties"].map { $0 == .object([]) } ?? true
        if isEmpty, says.allSatisfy({ root[$0] == nil }) {
            members.append(JSONMember(name: "additionalProperties", value: .bool(false)))
        }
        switch root["type"] {
        case nil: members.append(JSONMember(name: "type", value: .string("object")))
        case .string("object"): break
        default:
            throw GrammarError(
                .unsupported, "the arguments of a call are an object", at: .pointer("/type"))
        }
        return JSONSchema(.object(members))
    }

    /// Any JSON object.
    public static var object: JSONSchema {
        JSONSchema(.object([JSONMember(name: "type", value: .string("object"))]))
    }

    /// Any JSON value.
    public static var value: JSONSchema { JSONSchema(.bool(true)) }
}

extension GrammarProgram {
    /// Compiles a schema: what the program matches is JSON that satisfies it.
    ///
    /// - Throws: ``GrammarError`` with the JSON pointer of what is wrong, not supported, too large or
    ///   cannot be satisfied.
    public init(schema: JSONSchema) throws(GrammarError) {
        let (rules, root) = try SchemaCompiler.rules(schema.root, .json)
        try self.init(rules, root: root)
    }
}
