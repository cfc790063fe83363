import Grammar

/// A constraint, and a text that it allows.
struct Case {
    var name: String
    var schema: String?
    var grammar: String?
    var text: String

    func program() throws(GrammarError) -> GrammarProgram {
        if let grammar { return try GrammarProgram(gbnf: grammar) }
        return try GrammarProgram(schema: JSONSchema(parsing: schema ?? "true"))
    }
}

private let biography = """
    Augusta Ada King, Countess of Lovelace (née Byron; 10 December 1815 – 27 November 1852) was an English \
    mathematician and writer, chiefly known for her work on Charles Babbage's proposed mechanical \
    general-purpose computer, the Analytical Engine. 日本語のテキストも入ります。
    """

private let person = """
    {"name": "Ada Lovelace", "age": 36, "biography": "\(biography)", "tags": ["mathematics", "computing"], \
    "address": {"street": "12 St James's Square", "city": "London"}, "active": true, "score": 97.25}
    """

private let members = """
    "age":{"type":"integer"},"biography":STRING,"tags":{"type":"array","items":STRING},\
    "address":{"type":"object","properties":{"street":STRING,"city":STRING}},"active":{"type":"boolean"},\
    "score":{"type":"number"}
    """

private func personSchema(_ string: String) -> String {
    #"{"type":"object","properties":{"name":STRING,MEMBERS},"required":["name","age"]}"#
        .replacing("MEMBERS", with: members).replacing("STRING", with: string)
}

private func one(_ schema: String) -> String {
    #"{"type":"object","properties":{"x":SCHEMA},"required":["x"]}"#.replacing("SCHEMA", with: schema)
}

let cases: [Case] = [
    Case(name: "any object", schema: #"{"type":"object"}"#, text: person),
    Case(name: "named members, plain strings", schema: personSchema(#"{"type":"string"}"#), text: person),
    Case(
        name: "strings up to 2,000 long", schema: personSchema(#"{"type":"string","maxLength":2000}"#),
        text: person),
    Case(
        name: "strings of 3 to 400",
        schema: personSchema(#"{"type":"string","minLength":3,"maxLength":400}"#),
        text: person),
    Case(
        name: "strings of 200 and more", schema: one(#"{"type":"string","minLength":200}"#),
        text: #"{"x": ""# + biography + #""}"#),
    Case(
        name: "pattern, anchored",
        schema: one(#"{"type":"string","pattern":"^[A-Z][a-z]+( [A-Z][a-z]+)*$"}"#),
        text: #"{"x": "Ada Augusta King Countess Of Lovelace"}"#),
    Case(
        name: "pattern, found anywhere", schema: one(#"{"type":"string","pattern":"Engine"}"#),
        text: #"{"x": ""# + biography + #""}"#),
    Case(
        name: "pattern with a length",
        schema: one(#"{"type":"string","pattern":"^[^<>]+$","maxLength":300}"#),
        text: #"{"x": ""# + biography + #""}"#),
    Case(
        name: "date-time", schema: one(#"{"type":"string","format":"date-time"}"#),
        text: #"{"x": "2024-02-29T23:59:59.125+01:00"}"#),
    Case(
        name: "email", schema: one(#"{"type":"string","format":"email"}"#),
        text: #"{"x": "ada.lovelace@analytical-engine.example.org"}"#),
    Case(
        name: "uuid", schema: one(#"{"type":"string","format":"uuid"}"#),
        text: #"{"x": "123e4567-e89b-12d3-a456-426614174000"}"#),
    Case(
        name: "uri", schema: one(#"{"type":"string","format":"uri"}"#),
        text: #"{"x": "https://example.org/a/b?c=d#e"}"#),
    Case(
        name: "enums",
        schema: one(
            #"{"type":"array","items":{"enum":["red","green","blue","ultramarine","cadmium yellow"]}}"#),
        text: #"{"x": ["red", "green", "ultramarine", "cadmium yellow", "blue", "red", "green"]}"#),
    Case(
        name: "nested arrays",
        schema: one(
            #"{"type":"array","items":{"type":"array","items":{"type":"array","items":{"type":"number"}}}}"#),
        text: #"{"x": [[[1, 2.5], [3]], [[4, -5e10, 6]], [[7], [8, 9], [10]]]}"#),
    Case(
        name: "integers with bounds",
        schema: one(#"{"type":"array","items":{"type":"integer","minimum":-17,"maximum":123456}}"#),
        text: #"{"x": [1, 22, 333, 4444, 55555, 123456, -17, 0]}"#),
    Case(
        name: "multiples",
        schema: one(#"{"type":"array","items":{"type":"number","multipleOf":0.25,"exclusiveMinimum":0}}"#),
        text: #"{"x": [1.25, 22.5, 333, 4444.75]}"#),
    Case(
        name: "alternatives",
        schema: one(
            #"{"type":"array","items":{"anyOf":[{"type":"object","properties":{"kind":{"const":"circle"},"radius":{"type":"number"}},"required":["kind","radius"]},{"type":"object","properties":{"kind":{"const":"box"},"width":{"type":"number"},"height":{"type":"number"}},"required":["kind","width","height"]}]}}"#
        ),
        text: #"{"x": [{"kind": "circle", "radius": 2}, {"kind": "box", "width": 3.5, "height": 4}]}"#),
    Case(
        name: "GBNF, chess",
        grammar: """
            root    ::= "1. " move " " move "\\n" ([1-9] [0-9]? ". " move " " move "\\n")+
            move    ::= (pawn | nonpawn | castle) [+#]?
            nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
            pawn    ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
            castle  ::= "O-O" "-O"?
            """, text: "1. e4 e5\n2. Nf3 Nc6\n3. Bb5 a6\n4. Bxc6 dxc6\n5. O-O f6\n"),
    Case(
        name: "GBNF, list",
        grammar: #"""
            root ::= item+
            item ::= "- " [^\r\n\x0b\x0c\x85\u2028\u2029]+ "\n"
            """#, text: "- eggs and flour\n- milk (2 litres)\n- 日本語\n- " + biography + "\n"),
    Case(
        name: "GBNF, like C",
        grammar: #"""
            root ::= declaration*
            declaration ::= type name "(" (type name)? ")" "{" statement* "}"
            type ::= ("int" | "float" | "char") ws
            name ::= [a-zA-Z_] [a-zA-Z_0-9]*
            statement ::= type name ws "=" ws expression ";" | name ws "=" ws expression ";" | name ws "(" list? ")" ";" | "return" ws expression ";" | "while" "(" condition ")" "{" statement* "}" | comment
            condition ::= expression ("<=" | "<" | "==" | "!=" | ">=" | ">") expression
            expression ::= term (("+" | "-") term)*
            term ::= factor (("*" | "/") factor)*
            factor ::= name | number | "-" factor | name "(" list? ")" | "(" ws expression ws ")"
            list ::= expression ("," ws expression)*
            number ::= [0-9]+
            comment ::= "//" [^\n]* "\n" | "/*" ([^*] | "*" [^/])* "*/"
            ws ::= [ \t\n]+
            """#,
        text:
            "int main(int argc){int x = f(a+b*2, 3);while(x<10){x = x+1;// count up\n}/* done */return ( x );}"
    ),
    Case(name: "GBNF, any text", grammar: "root ::= .*", text: biography),
]
