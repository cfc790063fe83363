import ChatTemplate
import Foundation
import TestSupport
import Testing

/// Nothing that is called a template may trap. (A trap ends the test process.)
///
/// SWINFER_FUZZ_SEED tries other templates than usual.
@Suite struct FuzzTests {
    private static let pieces = [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "{%+", " if ", " else ", " elif ", " endif ",
        " for ", " in ",
        " endfor ", " recursive ", " set ", " endset ", " macro ", " endmacro ", " call ", " endcall ",
        " filter ",
        " endfilter ", " raw ", " endraw ", " generation ", " is ", " not ", " and ", " or ", "x", "loop",
        "m", "ns", "a.b",
        "[0]", "[::-1]", "[-9223372036854775808:9223372036854775807:-1]", "(", ")", "[", "]", "{", "}", ",",
        ":", "|", ".",
        "=", "==", "<", "+", "-", "*", "**", "/", "//", "%", "~", "'a'", "\"", "'", "\\", "\n", " ", "1",
        "2.5", "1e400",
        "9223372036854775807", "-9223372036854775808", "range(5)", "|upper", "|length", "|tojson",
        "|map('upper')",
        "|batch(2)", "|slice(-3)", "|round(9223372036854775807)", ".format(x)", ".split()", "%s", "{}", "é",
        "\u{1F680}",
        "namespace(x=1)", "loop.index", "loop.cycle(1)", "loop(x)", "caller()", "none", "true", "undefined",
        "defined",
    ]
    private static let statements = [
        "{% for x in y %}{{ loop.last }}{{ x }}{% endfor %}",
        "{% if y %}a{% elif z %}b{% else %}c{% endif %}",
        "{% set ns = namespace(a=1) %}{% set ns.a = ns.a + 1 %}", "{{ y | map('string') | join(',') }}",
        "{% macro m(a, b=1) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, 2) }}", "{{ y[1:] ~ z.k[::-1] }}",
        "{{ z | tojson(indent=2) }}", "{{ '%s %d' % ('a', 1) }}{{ '{:>5}'.format(z) }}",
    ]

    private static var random: SplitMix {
        SplitMix(state: ProcessInfo.processInfo.environment["SWINFER_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1)
    }

    @Test func randomPieces() throws {
        var random = FuzzTests.random
        let limits = TemplateLimits(steps: 20_000, outputLength: 50_000, valueLength: 50_000)
        let context: [String: TemplateValue] = [
            "x": "text", "y": [1, "a", nil, 2.5, ["k": "v"]], "z": ["k": [1, 2, 3], "é": true],
        ]
        for _ in 0..<6000 {
            var parts: [String] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let pieces = Bool.random(using: &random) ? FuzzTests.pieces : FuzzTests.statements
                parts.append(pieces.randomElement(using: &random) ?? "")
            }
            var scalars = Array(parts.joined().unicodeScalars)
            if Bool.random(using: &random), !scalars.isEmpty {
                let index = Int.random(in: 0..<scalars.count, using: &random)
                if Bool.random(using: &random) {
                    scalars.remove(at: index)
                } else {
                    scalars.insert("}", at: index)
                }
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            guard let template = try? ChatTemplate(String(view), limits: limits) else { continue }
            _ = try? template.renderSegments(context, now: referenceDate)
        }
    }

    @Test func randomJSON() {
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"", "a", "\\u", "d83d", "\\", "1", "-", ".", "e", "true", "nul",
            " ", "\n", "é",
        ]
        var random = FuzzTests.random
        for _ in 0..<5000 {
            let count = Int.random(in: 0...12, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            _ = try? TemplateValue(json: text)
        }
    }
}
