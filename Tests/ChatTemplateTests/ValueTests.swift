import ChatTemplate
import Testing

@Suite struct ValueTests {
    @Test func readsJSON() throws {
        let value = try TemplateValue(
            json:
                #" {"b": [1, -2, 2.0, 1e3, -0.0, 18446744073709551616], "a": {"t": true, "n": null}, "s": "\u00e9\ud83d\ude80\n\/\"\\"} "#
        )
        guard case .object(let object) = value else {
            Issue.record("not an object")
            return
        }
        #expect(object.entries.map(\.key) == ["b", "a", "s"])
        #expect(object["b"] == [1, -2, 2.0, 1000.0, -0.0, .bigInt("18446744073709551616")])
        #expect(object["a"] == ["t": true, "n": nil])
        #expect(object["s"] == "é🚀\n/\"\\")
        #expect(try TemplateValue(json: "-9223372036854775808") == .int(.min))
        #expect(try TemplateValue(json: "1e999") == .double(.infinity))
        #expect(try TemplateValue(json: "[NaN, -Infinity]").items.last == .double(-.infinity))
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "01", "1.", ".5", "-",
        "+1", "1e", "tru", "nulll",
        "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud83d\"", "\"\\udc00\"", "\"a\nb\"", "1 2", "[1]]", "'a'",
    ])
    func refusesJSON(text: String) {
        #expect(throws: JSONError.self, "\(text)") { try TemplateValue(json: text) }
    }

    @Test func refusesBytes() {
        #expect(throws: JSONError.self) { try TemplateValue(jsonBytes: [34, 0xFF, 34]) }
        #expect(throws: JSONError.self) { try TemplateValue(jsonBytes: [0xEF]) }
    }

    @Test func writesJSON() throws {
        let text = #"{"b":[1,2.5,1e+16,null,true],"a":"é\"\\\n\u0001"}"#
        #expect(try TemplateValue(json: text).json == text)
    }

    @Test func keys() throws {
        // The last of equal keys counts, at the first's place; bytes decide, not canonical equivalence.
        #expect(try render("{{ x | tojson }}", #"{"x": {"a": 1, "b": 2, "a": 3}}"#) == #"{"a": 3, "b": 2}"#)
        #expect(try render("{{ x | length }}", #"{"x": {"\u00e9": 1, "e\u0301": 2}}"#) == "2")
        #expect(try render("{{ 'é' == 'e\u{301}' }}{{ 'e\u{301}' | length }}") == "False2")
        var object = TemplateObject()
        object["k"] = 1
        object["k"] = 2
        #expect(object.entries.count == 1 && object["k"] == 2)
        object["k"] = nil
        #expect(object.entries.isEmpty)
    }

    @Test func manyKeys() throws {
        let entries = (0..<1000).map { TemplateObject.Entry(key: "k\($0)", value: .int($0)) }
        let text = try ChatTemplate(
            "{{ x | length }} {{ x.k999 }} {{ 'k500' in x }} {{ x.k1000 is defined }}"
        ).render([
            "x": .object(TemplateObject(entries))
        ])
        #expect(text == "1000 999 True False")
    }

    @Test func dates() throws {
        #expect(TemplateDate(iso: "2026-01-02T03:04:05") == referenceDate)
        #expect(TemplateDate(iso: "2026-01-02 03:04:05.25Z") == referenceDate)
        #expect(TemplateDate(iso: "2024-02-29") == TemplateDate(year: 2024, month: 2, day: 29))
        for text in [
            "", "2026", "2026-13-01", "2025-02-29", "2026-01-02T", "2026-01-02T25:00", "2026/01/02",
            "2026-01-02x",
        ] {
            #expect(TemplateDate(iso: text) == nil, "\(text)")
        }
    }

    @Test func isSendable() async throws {
        let template = try ChatTemplate("{% for m in messages %}{{ m }}{% endfor %}")
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<8 { group.addTask { try template.render(["messages": [.int(number)]]) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(texts.sorted() == (0..<8).map { String($0) })
    }
}
