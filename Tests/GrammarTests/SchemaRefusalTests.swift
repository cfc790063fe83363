import Grammar
import Testing

/// Schemas that cannot be enforced are refused with their place, never taken for less than they say.
@Suite struct SchemaRefusalTests {
    struct Refused: CustomTestStringConvertible, Sendable {
        var schema: String
        var kind: GrammarError.Kind
        var pointer: String
        var testDescription: String { schema }

        init(_ schema: String, _ kind: GrammarError.Kind, _ pointer: String) {
            self.schema = schema
            self.kind = kind
            self.pointer = pointer
        }
    }

    @Test(arguments: [
        Refused(#"{"if": {}, "then": {}}"#, .unsupported, "/if"),
        Refused(#"{"properties": {"a/b": {"contains": {}}}}"#, .unsupported, "/properties/a~1b/contains"),
        Refused(#"{"type": "object", "dependentRequired": {}}"#, .unsupported, "/dependentRequired"),
        Refused(#"{"unevaluatedProperties": false}"#, .unsupported, "/unevaluatedProperties"),
        Refused(#"{"minLenght": 2}"#, .unsupported, "/minLenght"),
        Refused(#"{"$dynamicRef": "x"}"#, .unsupported, "/$dynamicRef"),
        Refused(
            #"{"type": "array", "items": {"type": "string"}, "uniqueItems": true}"#, .unsupported,
            "/uniqueItems"),
        Refused(#"{"type": "string", "format": "regex"}"#, .unsupported, "/format"),
        Refused(#"{"type": "string", "pattern": "(?=a)"}"#, .unsupported, "/pattern"),
        Refused(#"{"type": "string", "pattern": "\\bword"}"#, .unsupported, "/pattern"),
        Refused(#"{"type": "string", "pattern": "(a)\\1"}"#, .unsupported, "/pattern"),
        Refused(#"{"type": "string", "pattern": "\\p{L}"}"#, .unsupported, "/pattern"),
        Refused(#"{"type": "string", "pattern": "(a"}"#, .syntax, "/pattern"),
        Refused(#"{"type": "string", "pattern": "[b-a]"}"#, .syntax, "/pattern"),
        Refused(#"{"type": "string", "pattern": "a**"}"#, .syntax, "/pattern"),
        Refused(#"{"type": "string", "pattern": "(a?){9999}b.{9999}"}"#, .limit, "/pattern"),
        Refused(#"{"type": "integer", "not": {"const": 3}}"#, .unsupported, "/not/const"),
        Refused(#"{"not": {"required": ["a"]}}"#, .unsupported, "/not"),
        Refused(#"{"oneOf": [{"type": "integer"}, {"type": "number"}]}"#, .unsupported, "/oneOf"),
        Refused(
            #"{"oneOf": [{"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 3}]}"#,
            .unsupported, "/oneOf"),
        Refused(#"{"type": "object", "minProperties": 3}"#, .unsupported, "/minProperties"),
        Refused(##"{"$ref": "other.json#/a"}"##, .unsupported, "/$ref"),
        Refused(##"{"$ref": "#/$defs/none"}"##, .syntax, "/$ref"),
        Refused(##"{"$ref": "#none"}"##, .syntax, "/$ref"),
        Refused(##"{"$ref": "#"}"##, .leftRecursion, ""),
        Refused(
            ##"{"anyOf": [{"type": "null"}, {"$ref": "#/anyOf/2"}, {"allOf": [{"$ref": "#/anyOf/1"}]}]}"##,
            .leftRecursion, "/anyOf/1"),
        Refused(#"{"type": "text"}"#, .syntax, "/type"),
        Refused(#"{"type": "string", "minLength": -1}"#, .syntax, "/minLength"),
        Refused(#"{"type": "string", "minLength": 1.5}"#, .syntax, "/minLength"),
        Refused(#"{"type": "array", "items": 3}"#, .syntax, "/items"),
        Refused(#"{"required": true}"#, .syntax, "/required"),
        Refused(#"{"enum": "a"}"#, .syntax, "/enum"),
        Refused(#"{"anyOf": []}"#, .syntax, "/anyOf"),
        Refused(#"{"multipleOf": 0}"#, .syntax, "/multipleOf"),
        // Nothing is valid.
        Refused("false", .unsatisfiable, ""),
        Refused(#"{"enum": []}"#, .unsatisfiable, ""),
        Refused(#"{"enum": ["a"], "type": "integer"}"#, .unsatisfiable, ""),
        Refused(#"{"type": "integer", "minimum": 5, "maximum": 4}"#, .unsatisfiable, ""),
        Refused(#"{"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 6}"#, .unsatisfiable, ""),
        Refused(#"{"type": "string", "minLength": 5, "maxLength": 4}"#, .unsatisfiable, ""),
        Refused(#"{"type": "string", "pattern": "^a$", "minLength": 2}"#, .unsatisfiable, ""),
        Refused(#"{"type": "array", "minItems": 1, "items": false}"#, .unsatisfiable, ""),
        Refused(#"{"type": "object", "required": ["a"], "additionalProperties": false}"#, .unsatisfiable, ""),
        Refused(
            ##"{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}"##, .unsatisfiable,
            ""),
        // Too large.
        Refused(#"{"type": "string", "maxLength": 100000000}"#, .limit, ""),
        Refused(#"{"type": "string", "pattern": "a", "maxLength": 1000000}"#, .limit, ""),
        Refused(#"{"type": "array", "minItems": 100000000}"#, .limit, ""),
        Refused(#"{"type": "integer", "multipleOf": 1234567}"#, .limit, "/multipleOf"),
    ])
    func isRefusedWithItsPointer(_ test: Refused) throws {
        let error = try #require(refusal { _ = try GrammarProgram(schema: JSONSchema(parsing: test.schema)) })
        #expect(error.kind == test.kind, "\(error)")
        #expect(error.place == .pointer(test.pointer), "\(error)")
    }

    @Test(arguments: [
        ("", 1, 1), ("{", 1, 2), ("{\n \"a\": tru}", 2, 7), ("[1,]", 1, 4), ("{\"a\":1,\"a\":2}", 1, 8),
        ("\"\\x\"", 1, 2), ("01", 1, 2), ("1.", 1, 3), ("\"\\ud800\"", 1, 2), ("{} {}", 1, 4),
        ("{'a':1}", 1, 2),
    ])
    func textThatIsNoJSON(_ text: String, _ line: Int, _ column: Int) throws {
        let error = try #require(refusal { _ = try JSONSchema(parsing: text) })
        #expect(error.kind == .syntax && error.place == .text(line: line, column: column), "\(error)")
    }

    @Test func hostileSchemasEndQuickly() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(refusal { _ = try JSONSchema(parsing: deep) }?.kind == .limit)
        // 2^20 combinations.
        let choices = (0..<20).map { #"{"anyOf": [{"minLength": \#($0)}, {"maxLength": \#($0)}]}"# }
        let schema = try JSONSchema(
            parsing: #"{"type": "string", "allOf": [\#(choices.joined(separator: ","))]}"#)
        #expect(refusal { _ = try GrammarProgram(schema: schema) }?.kind == .limit)
    }
}
