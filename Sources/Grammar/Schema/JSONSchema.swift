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
        self = try SchemaCompiler.program(schema.root)
    }
}
