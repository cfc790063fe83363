import Testing

/// A schema with values that are generated for it and values that must not be.
struct SchemaCase: CustomTestStringConvertible, Sendable {
    var schema: String
    var accepted: [String]
    var refused: [String]
    /// Tokens that a random text for it may have.
    var tokens: Int

    init(_ schema: String, _ accepted: [String], _ refused: [String], tokens: Int = 60) {
        self.schema = schema
        self.accepted = accepted
        self.refused = refused
        self.tokens = tokens
    }

    var testDescription: String { schema }

    static let all = types + values + numbers + strings + arrays + objects + combinations + references

    static let types: [SchemaCase] = [
        SchemaCase(
            "true",
            [
                "null", "true", "0", "-1.5e3", #""é\n""#, "[]", "[1, 2]", "{}", #"{"a": {"b":[]}}"#,
                "{\n  \"a\":1\n}",
            ],
            [
                "", " 1", "01", "+1", "1.", ".5", "tru", "'a'", "\"\n\"", #""\x""#, #""\ud800""#,
                #""\uDC00\uD800""#, "[1,]", "{a:1}", "{\"a\"}", "[1 2]", "nan",
            ]),
        SchemaCase("{}", ["1", "{}"], [""]),
        SchemaCase(#"{"type": "null"}"#, ["null"], ["0", "false", #""""#]),
        SchemaCase(#"{"type": "boolean"}"#, ["true", "false"], ["null", "1", "True"]),
        SchemaCase(
            #"{"type": "integer"}"#, ["0", "-7", "123456789012345"], ["1.0", "1e3", "01", "--1", "\"1\""]),
        SchemaCase(#"{"type": "number"}"#, ["0", "-7.25", "1e10", "2E-3"], ["\"1\"", "1e", "Infinity"]),
        SchemaCase(
            #"{"type": "string"}"#, [#""""#, #""aé日😀""#, #""\"\\\/\b\f\n\r\t""#, #""\u00e9\uD83D\uDE00""#],
            ["a", #"""#, #""\a""#, #""\u12""#, #""\uD83D""#]),
        SchemaCase(#"{"type": "object"}"#, ["{}", #"{"":1}"#, "{ }"], ["[]", "null"]),
        SchemaCase(#"{"type": "array"}"#, ["[]", "[ ]", "[null, []]"], ["{}", "[,]"]),
        SchemaCase(#"{"type": ["integer", "null"]}"#, ["1", "null"], ["1.5", "true"]),
        SchemaCase(#"{"type": "string", "nullable": true}"#, ["null", #""a""#], ["1"]),
    ]

    static let values: [SchemaCase] = [
        SchemaCase(
            #"{"enum": ["a", 1, null, true, {"x": [1, "y"]}]}"#,
            [#""a""#, "1", "null", "true", #"{"x": [1,"y"]}"#, #"{"x":[1, "y"]}"#],
            [#""b""#, "2", "false", "{}"]),
        SchemaCase(#"{"const": "a\"\\\n\u0001é/"}"#, [#""a\"\\\n\u0001é/""#], [#""a""#]),
        SchemaCase(#"{"const": 1.50}"#, ["1.50"], ["1", "2"]),
        SchemaCase(
            #"{"type": "string", "enum": ["a", 1, "bcd"], "minLength": 2}"#, [#""bcd""#], [#""a""#, "1"]),
        SchemaCase(#"{"enum": [1, 2, 3, 4], "minimum": 2, "multipleOf": 2}"#, ["2", "4"], ["1", "3"]),
        SchemaCase(
            #"{"enum": [{"a": 1}, {"a": "x"}], "properties": {"a": {"type": "string"}}}"#, [#"{"a":"x"}"#],
            [#"{"a":1}"#]),
        SchemaCase(
            #"{"type": "string", "not": {"enum": ["a", "b"]}}"#, [#""""#, #""ab""#, #""c""#],
            [#""a""#, #""b""#]),
        SchemaCase(
            #"{"not": {"type": ["object", "array", "number"]}}"#, ["null", #""x""#, "true"],
            ["1", "{}", "[]"]),
        SchemaCase(#"{"type": "boolean", "not": {"const": true}}"#, ["false"], ["true"]),
        SchemaCase(
            #"{"type": "string", "not": {"pattern": "^a", "type": "string"}, "maxLength": 3}"#,
            [#""ba""#, #""""#], [#""a""#, #""ab""#]),
    ]

    static let numbers: [SchemaCase] = [
        SchemaCase(
            #"{"type": "integer", "minimum": 5, "maximum": 123}"#, ["5", "9", "10", "99", "100", "123"],
            ["4", "0", "124", "200", "1000", "-5", "05"]),
        SchemaCase(
            #"{"type": "integer", "minimum": -12, "maximum": 7}"#, ["-12", "-1", "0", "7"],
            ["-13", "8", "-0", "-20"]),
        SchemaCase(
            #"{"type": "integer", "minimum": -30, "maximum": -12}"#, ["-12", "-30", "-29"],
            ["-11", "-31", "12", "0", "-3", "-1"]),
        SchemaCase(#"{"type": "integer", "exclusiveMinimum": 0}"#, ["1", "10", "999"], ["0", "-1"]),
        SchemaCase(#"{"type": "integer", "exclusiveMaximum": 0}"#, ["-1", "-100"], ["0", "1"]),
        SchemaCase(
            #"{"type": "integer", "minimum": 1, "exclusiveMinimum": true, "maximum": 3}"#, ["2", "3"],
            ["1", "4"]),
        SchemaCase(#"{"type": "integer", "minimum": 2.5, "maximum": 4.5}"#, ["3", "4"], ["2", "5", "2.5"]),
        SchemaCase(#"{"type": "integer", "minimum": 1e3}"#, ["1000", "1001"], ["999", "99"]),
        SchemaCase(
            #"{"type": "integer", "maximum": 9223372036854775807, "minimum": 9223372036854775800}"#,
            ["9223372036854775800", "9223372036854775807"], ["9223372036854775808", "1"]),
        SchemaCase(
            #"{"type": "number", "minimum": 0, "maximum": 1}"#, ["0", "1", "0.5", "1.0", "0.999999"],
            ["-0.1", "1.1", "2", "1.000001", "5e-1"]),
        SchemaCase(
            #"{"type": "number", "exclusiveMinimum": -0.5, "exclusiveMaximum": 1.25}"#,
            ["-0.49", "0", "1.24", "1"], ["-0.5", "1.25", "1.3", "-1"]),
        SchemaCase(
            #"{"type": "number", "exclusiveMinimum": 0, "maximum": 1e-7}"#, ["0.0000001", "0.00000001"],
            ["0", "0.1", "0.0"]),
        SchemaCase(
            #"{"type": "integer", "multipleOf": 7}"#, ["0", "7", "-14", "700"], ["1", "13", "77778"]),
        SchemaCase(
            #"{"type": "number", "multipleOf": 0.25, "minimum": 1, "maximum": 2}"#,
            ["1", "1.25", "1.5", "2", "1.75"], ["1.1", "1.26", "0.75", "2.25"]),
        SchemaCase(
            #"{"type": "integer", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "minimum": 1, "maximum": 40}"#,
            ["12", "24", "36"], ["4", "6", "8", "48"]),
        SchemaCase(
            #"{"type": "integer", "format": "int32"}"#, ["2147483647", "-2147483648"],
            ["2147483648", "-2147483649"]),
        SchemaCase(#"{"type": "number", "not": {"type": "integer"}}"#, ["0.5", "-1.25"], ["1", "2.0", "0"]),
        SchemaCase(#"{"minimum": 3}"#, ["3", "4.5"], ["2", "\"a\"", "null"]),
    ]

    static let strings: [SchemaCase] = [
        SchemaCase(
            #"{"type": "string", "minLength": 2, "maxLength": 3}"#,
            [#""ab""#, #""é日😀""#, #""\n\"a""#, #""\ud83d\ude00a""#], [#""a""#, #""abcd""#, #""\n""#]),
        SchemaCase(#"{"type": "string", "minLength": 3}"#, [#""abc""#, #""abcdef""#], [#""ab""#]),
        SchemaCase(#"{"type": "string", "maxLength": 0}"#, [#""""#], [#""a""#]),
        SchemaCase(
            #"{"type": "string", "pattern": "^[a-z]{2,4}[0-9]?$"}"#, [#""ab""#, #""abcd7""#],
            [#""a""#, #""abcde""#, #""ab77""#]),
        SchemaCase(
            #"{"type": "string", "pattern": "b+c"}"#, [#""bc""#, #""xxbbcyy""#], [#""b c""#, #""""#]),
        SchemaCase(
            #"{"type": "string", "pattern": "^a|b$"}"#, [#""axx""#, #""xxb""#], [#""xax""#, #""bx""#]),
        SchemaCase(
            #"{"type": "string", "pattern": "^\\S+\\s\\w+\\.\\d$"}"#, [#""a b.1""#, #""é\tx_1.9""#],
            [#""ab.1""#, #""a b1""#]),
        SchemaCase(
            #"{"type": "string", "pattern": "^(?:foo|ba[rz])*$", "maxLength": 7}"#, [#""foobar""#, #""""#],
            [#""foobarbaz""#, #""fo""#]),
        SchemaCase(
            #"{"type": "string", "pattern": "^[^\\x00-\\x1f\"]*\\\\$"}"#, [#""a\\""#], [#""a""#, #""\"\\""#]),
        SchemaCase(#"{"type": "string", "pattern": "^[\\u4e00-\\u9fff]+$"}"#, [#""日本""#], [#""a""#, #""""#]),
        SchemaCase(
            #"{"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "z$"}], "minLength": 3}"#,
            [#""abz""#, #""azz""#], [#""az""#, #""abc""#, #""zba""#]),
        SchemaCase(
            #"{"type": "string", "format": "date"}"#, [#""2024-02-29""#, #""2023-12-31""#, #""2000-02-29""#],
            [
                #""2023-02-29""#, #""1900-02-29""#, #""2024-04-31""#, #""2024-13-01""#, #""2024-00-10""#,
                #""24-01-01""#,
            ]),
        SchemaCase(
            #"{"type": "string", "format": "time"}"#, [#""23:59:59Z""#, #""00:00:00.125+05:30""#],
            [#""24:00:00Z""#, #""12:60:00Z""#, #""12:00""#]),
        SchemaCase(
            #"{"type": "string", "format": "date-time"}"#, [#""2024-02-29T12:00:00Z""#],
            [#""2024-02-29 12:00:00""#]),
        SchemaCase(
            #"{"type": "string", "format": "duration"}"#,
            [#""P1W""#, #""P1Y2M3D""#, #""PT5H""#, #""P2DT3M4S""#],
            [#""P""#, #""PT""#, #""P1S""#, #""P1Y2D""#]),
        SchemaCase(
            #"{"type": "string", "format": "uuid"}"#, [#""123e4567-e89b-12d3-a456-426614174000""#],
            [#""123e4567e89b12d3a456426614174000""#]),
        SchemaCase(
            #"{"type": "string", "format": "email"}"#, [#""a.b+c@example.org""#, #""x@y""#],
            [#""a""#, #""@b""#, #""a.@b.c""#, #""a@-b""#]),
        SchemaCase(
            #"{"type": "string", "format": "ipv4"}"#, [#""192.168.0.1""#, #""0.0.0.255""#],
            [#""256.1.1.1""#, #""1.2.3""#, #""01.2.3.4""#]),
        SchemaCase(
            #"{"type": "string", "format": "ipv6"}"#,
            [#""::""#, #""2001:db8::1""#, #""1:2:3:4:5:6:7:8""#, #""::1""#, #""1::""#],
            [#""1::2::3""#, #""1:2""#, #""12345::""#, #""1:2:3:4:5:6:7:8:9""#]),
        SchemaCase(
            #"{"type": "string", "format": "hostname"}"#, [#""a-b.example.org""#], [#""-a""#, #""a..b""#]),
        SchemaCase(
            #"{"type": "string", "format": "uri"}"#, [#""https://example.org/a?b=c#d""#, #""mailto:a@b.c""#],
            [#""example""#, #""http:a b""#]),
    ]

    static let arrays: [SchemaCase] = [
        SchemaCase(
            #"{"type": "array", "items": {"type": "boolean"}}"#, ["[]", "[true]", "[true, false,\n true]"],
            ["[1]", "[true,]"]),
        SchemaCase(
            #"{"items": {"enum": [1]}, "minItems": 2, "maxItems": 3}"#, ["[1,1]", "[1, 1, 1]"],
            ["[]", "[1]", "[1,1,1,1]", "null"]),
        SchemaCase(#"{"type": "array", "maxItems": 0}"#, ["[]"], ["[1]"]),
        SchemaCase(#"{"type": "array", "items": false}"#, ["[]"], ["[1]"]),
        SchemaCase(
            #"{"type": "array", "prefixItems": [{"type": "null"}, {"type": "boolean"}]}"#, ["[null,true]"],
            ["[]", "[null]", "[true,null]", "[null,true,1]"]),
        SchemaCase(
            #"{"prefixItems": [{"const": 1}, {"const": 2}], "minItems": 0, "items": {"const": 3}}"#,
            ["[]", "[1]", "[1,2]", "[1, 2, 3,3]"], ["[2]", "[1,3]", "[3]"]),
        SchemaCase(
            #"{"type": "array", "items": [{"const": 1}], "additionalItems": {"const": 2}, "maxItems": 3}"#,
            ["[1]", "[1,2,2]"], ["[]", "[1,1]", "[1,2,2,2]"]),
        SchemaCase(
            #"{"allOf": [{"prefixItems": [{"type": "integer"}], "items": true}, {"items": {"maximum": 5, "type": "number"}}], "maxItems": 2}"#,
            ["[1]", "[1,2.5]"], ["[1.5]", "[6]", "[1,6]"]),
        SchemaCase(
            #"{"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": true, "minItems": 1}"#,
            [#"["a"]"#, #"["c","a","b"]"#], ["[]", #"["a","a"]"#, #"["a","b","a"]"#]),
        SchemaCase(
            #"{"type": "array", "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1}, "minItems": 1}"#,
            ["[[1],[2,3]]"], ["[]", "[[]]", "[1]"]),
    ]

    static let objects: [SchemaCase] = [
        SchemaCase(
            #"{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {"type": "null"}}, "required": ["b"]}"#,
            [
                #"{"b":""}"#, #"{"a":1,"b":"x"}"#, #"{"a": 1, "b": "x", "c": null}"#,
                "{\n  \"b\": \"x\",\n  \"c\": null\n}",
            ],
            ["{}", #"{"a":1}"#, #"{"a":"x","b":"x"}"#, #"{"b":"x","d":1}"#, #"{,"b":"x"}"#, #"{"b":"x",}"#]),
        SchemaCase(#"{"properties": {"a": true, "b": false}}"#, ["{}", #"{"a":1}"#], [#"{"b":1}"#]),
        SchemaCase(
            #"{"type": "object", "properties": {"a": {"const": 1}}, "additionalProperties": {"type": "boolean"}}"#,
            ["{}", #"{"a":1,"ab":true,"":false}"#, #"{"b":true}"#],
            [#"{"a":true}"#, #"{"b":1}"#, #"{"\u0061":true}"#]),
        SchemaCase(#"{"type": "object", "additionalProperties": false}"#, ["{}"], [#"{"a":1}"#]),
        SchemaCase(
            #"{"type": "object", "required": ["x", "y"]}"#, [#"{"x":1,"y":[]}"#, #"{"x":1,"y":2,"z":3}"#],
            [#"{"x":1}"#, "{}"]),
        SchemaCase(
            #"{"type": "object", "patternProperties": {"^n_": {"type": "integer"}, "_s$": {"minimum": 5}}}"#,
            ["{}", #"{"n_a":1}"#, #"{"n_s":7}"#, #"{"x_s":5.5}"#],
            [#"{"n_s":1}"#, #"{"n_a":"x"}"#, #"{"b":1}"#]),
        SchemaCase(
            #"{"type": "object", "properties": {"n_1": {"maximum": 3}}, "patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": {"type": "null"}}"#,
            [#"{"n_1":2,"n_2":9,"x":null}"#], [#"{"n_1":4}"#, #"{"n_1":2.5}"#, #"{"x":1}"#]),
        SchemaCase(
            #"{"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"pattern": "^[a-z]{1,3}$"}}"#,
            [#"{"abc":1}"#], [#"{"A":1}"#, #"{"abcd":1}"#]),
        SchemaCase(
            #"{"type": "object", "propertyNames": {"enum": ["x", "y"]}, "additionalProperties": {"type": "integer"}}"#,
            [#"{"x":1}"#, #"{"y":1}"#], [#"{"z":1}"#]),
        SchemaCase(
            #"{"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}, "minProperties": 1, "maxProperties": 2}"#,
            [#"{"a":1}"#, #"{"a":1,"c":3}"#, #"{"b":2}"#], ["{}", #"{"a":1,"b":2,"c":3}"#]),
        SchemaCase(
            #"{"type": "object", "properties": {"a": {"const": 1}}, "additionalProperties": {"const": 0}, "minProperties": 2, "maxProperties": 3}"#,
            [#"{"a":1,"b":0}"#, #"{"a":1,"b":0,"c":0}"#],
            [#"{"a":1}"#, #"{"b":0,"c":0}"#, #"{"a":1,"b":0,"c":0,"d":0}"#]),
        SchemaCase(#"{"type": "object", "minProperties": 1}"#, [#"{"a":1}"#], ["{}"]),
        SchemaCase(
            #"{"type": "object", "properties": {"é\"\\": {"const": 1}}, "required": ["é\"\\"]}"#,
            [#"{"é\"\\":1}"#], ["{}"]),
        SchemaCase(
            #"{"type": "object", "properties": {"o": {"type": "object", "properties": {"l": {"type": "array", "items": {"type": "integer"}}}, "required": ["l"]}}, "required": ["o"], "title": "t", "description": "d", "x-note": 1, "$schema": "https://json-schema.org/draft/2020-12/schema"}"#,
            [#"{"o": {"l": [1, 2]}}"#], [#"{"o":{}}"#]),
    ]

    static let combinations: [SchemaCase] = [
        SchemaCase(
            #"{"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 1}]}"#, ["1", #""a""#],
            [#""ab""#, "null"]),
        SchemaCase(
            #"{"type": "object", "properties": {"a": {"const": 1}}, "anyOf": [{"required": ["a"]}, {"properties": {"b": {"const": 2}}, "required": ["b"]}]}"#,
            [#"{"a":1}"#, #"{"a":1,"b":2}"#, #"{"b":2}"#], ["{}"]),
        SchemaCase(
            #"{"oneOf": [{"type": "integer"}, {"type": "null"}, {"type": "string"}]}"#,
            ["1", "null", #""""#], ["true"]),
        SchemaCase(
            #"{"oneOf": [{"properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind", "x"]}, {"properties": {"kind": {"const": "b"}}, "required": ["kind"]}], "type": "object"}"#,
            [#"{"kind":"a","x":1}"#, #"{"kind":"b"}"#], [#"{"kind":"a"}"#, #"{"kind":"c"}"#]),
        SchemaCase(
            #"{"oneOf": [{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}, {"type": "object", "properties": {"b": {"const": 2}}, "required": ["b"]}]}"#,
            [#"{"a":1}"#, #"{"b":2}"#], [#"{"a":1,"b":2}"#, "{}"]),
        SchemaCase(
            #"{"oneOf": [{"type": "integer", "maximum": 0}, {"type": "integer", "exclusiveMinimum": 0, "maximum": 9}]}"#,
            ["0", "5", "-3"], ["10"]),
        SchemaCase(
            #"{"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"a": {"maximum": 9, "minimum": 0}, "b": {"const": 2}}}]}"#,
            [#"{"a":5}"#, #"{"a":5,"b":2}"#], [#"{"a":10}"#, #"{"b":2}"#, #"{"a":"x"}"#]),
        SchemaCase(
            #"{"allOf": [{"type": ["integer", "string"]}, {"type": ["string", "null"]}]}"#, [#""a""#],
            ["1", "null"]),
        SchemaCase(#"{"allOf": [{"enum": [1, 2, 3]}, {"enum": [3, 2, 5]}]}"#, ["2", "3"], ["1", "5"]),
        SchemaCase(
            #"{"allOf": [{"anyOf": [{"const": 1}, {"const": 2}]}, {"anyOf": [{"const": 2}, {"const": 3}]}]}"#,
            ["2"], ["1", "3"]),
        SchemaCase(
            #"{"type": "object", "allOf": [{"properties": {"a": {"const": 1}}, "additionalProperties": false}, {"properties": {"b": {"const": 2}}}]}"#,
            ["{}", #"{"a":1}"#], [#"{"b":2}"#]),
        SchemaCase(#"{"anyOf": [false, {"const": 1}]}"#, ["1"], ["2"]),
    ]

    static let references: [SchemaCase] = [
        SchemaCase(##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}"##, ["1"], ["null"]),
        SchemaCase(
            ##"{"$ref": "#/definitions/a~1b%25/0", "definitions": {"a/b%": [{"const": 1}]}}"##, ["1"], ["2"]),
        SchemaCase(
            ##"{"$ref": "#/$defs/n", "maximum": 3, "$defs": {"n": {"type": "integer", "minimum": 1}}}"##,
            ["1", "3"], ["0", "4"]),
        SchemaCase(
            ##"{"type": "object", "properties": {"next": {"$ref": "#"}, "v": {"const": 1}}, "required": ["v"]}"##,
            [#"{"v":1}"#, #"{"next":{"next":{"v":1},"v":1},"v":1}"#], ["{}", #"{"next":{},"v":1}"#]),
        SchemaCase(
            ##"{"$ref": "#/$defs/tree", "$defs": {"tree": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/tree"}, "maxItems": 2}]}}}"##,
            ["1", "[1,[2,[]]]"], ["[1,2,3]", "null"]),
        SchemaCase(
            ##"{"type": "array", "items": {"$ref": "#item"}, "$defs": {"x": {"$anchor": "item", "type": "null"}}}"##,
            ["[null]"], ["[1]"]),
    ]
}
