import ChatTemplate
import Testing

/// A template cannot hang, overflow the stack or fill the memory.
@Suite struct LimitTests {
    static let small = TemplateLimits(steps: 200_000, outputLength: 100_000, valueLength: 100_000)

    private func nested(_ open: String, _ inner: String, _ close: String, _ count: Int) -> String {
        String(repeating: open, count: count) + inner + String(repeating: close, count: count)
    }

    @Test func nesting() throws {
        let shapes: [(Int) -> String] = [
            { "{{ " + nested("(", "1", ")", $0) + " }}" }, { "{{ " + nested("[", "1", "]", $0) + " }}" },
            { "{{ " + nested("{1:", "1", "}", $0) + " }}" }, { "{{ " + nested("not ", "1", "", $0) + " }}" },
            { "{{ " + nested("- ", "1", "", $0) + " }}" }, { "{{ " + nested("1 + ", "1", "", $0) + " }}" },
            { "{{ x" + nested("[0]", "", "", $0) + " }}" },
            { "{{ x" + nested("|string", "", "", $0) + " }}" },
            { "{{ " + nested("1 if 0 else ", "1", "", $0) + " }}" },
            { "{{ " + nested("f(", "1", ")", $0) + " }}" },
            { nested("{% if 1 %}", "x", "{% endif %}", $0) },
            { nested("{% for x in [1] %}", "x", "{% endfor %}", $0) },
            { nested("{% macro m() %}", "x", "{% endmacro %}", $0) },
            { nested("{% set x %}", "x", "{% endset %}", $0) },
            { nested("{% filter upper %}", "x", "{% endfilter %}", $0) },
            { nested("{% call f() %}", "x", "{% endcall %}", $0) },
            { nested("{% generation %}", "x", "{% endgeneration %}", $0) },
        ]
        for shape in shapes {
            for count in [30, 120, 130, 1000, 50_000] {
                do {
                    let template = try ChatTemplate(shape(count))
                    #expect(count < 130)
                    _ = try? template.render([:])
                } catch {
                    #expect(error.kind == .limit && count > 30, "\(error)")
                }
            }
        }
    }

    @Test(arguments: [
        "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(0) }}",
        "{% macro m(n) %}{% call m(n) %}{{ caller() }}{% endcall %}{% endmacro %}{% call m(0) %}x{% endcall %}",
        "{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}",
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(1000) %}{% set ns.x = [ns.x] %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(1000) %}{% set ns.x = {1: (ns.x,)} %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(1000) %}{% set ns.x = ns.x | map('string') %}{% endfor %}",
        "{% set ns = namespace(x='') %}{% for i in range(1000) %}{% set ns.x = joiner(ns.x) %}{% endfor %}",
        "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}xxxxxxxxxxxxxxxx{% endfor %}", "{{ 'a' * 10000000000 }}",
        "{{ [1] * 10000000000 }}",
        "{{ 'a'.center(10000000000) }}", "{{ 'a'.zfill(9223372036854775807) }}", "{{ '%9999999d' % 1 }}",
        "{{ '{:9999999}'.format(1) }}", "{{ '%.9999999f' % 1.5 }}",
        "{{ ['a'] | batch(99999999, 'x') | list }}",
        "{{ [1] | tojson(indent=99999999) }}", "{{ ('a' * 90000).replace('a', 'b' * 90000) }}",
        "{{ ('a' * 90000).find('a' * 45000 ~ 'b') }}", "{{ ('a' * 1000).join(range(1000) | map('string')) }}",
        "{{ '\t\t\t' | indent(99999999) }}", "{{ '\\t\\t'.expandtabs(99999999) }}",
    ])
    func hostile(template: String) throws {
        let error = try #require(try failure(template, limits: LimitTests.small), "\(template)")
        #expect(error.kind == .limit, "\(template): \(error)")
        #expect(error.line == 1 && error.column >= 1, "\(error)")
    }

    /// What can refer to itself, or make chains of any length, is taken apart without recursion.
    @Test(arguments: [
        "{% set ns = namespace(x=[]) %}{% for i in range(30000) %}{% set ns.x = [namespace(y=ns.x)] %}{% endfor %}ok",
        "{% set ns = namespace(l=0) %}{% for i in range(30000) %}{% for x in [ns.l] %}{% set ns.l = loop %}{% endfor %}{% endfor %}ok",
        "{% macro outer(p) %}{% macro inner() %}{{ p }}{% endmacro %}{% set ns.f = inner %}{% endmacro %}{% set ns = namespace(f=0) %}{% for i in range(30000) %}{{ outer(ns.f) }}{% endfor %}ok",
    ])
    func chains(template: String) throws {
        #expect(try render(template) == "ok")
    }

    @Test func source() throws {
        let error = try #require(
            try failure(String(repeating: "x", count: 1001), limits: TemplateLimits(sourceLength: 1000)))
        #expect(error.kind == .limit)
    }

    @Test func deepInput() throws {
        var deep: TemplateValue = 1
        for _ in 0..<200 { deep = .array([deep]) }
        let template = try ChatTemplate("{{ x }}")
        #expect(throws: TemplateError.self) { try template.render(["x": deep]) }
        #expect(throws: TemplateError.self) { try template.render(["messages": deep]) }
        #expect(throws: JSONError.self) { try TemplateValue(json: nested("[", "1", "]", 100_000)) }
        #expect(throws: JSONError.self) { try TemplateValue(json: String(repeating: "[", count: 100_000)) }
    }
}
