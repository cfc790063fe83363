import ChatTemplate
import Testing

@Suite struct ErrorTests {
    @Test func placeAndMessage() throws {
        let error = try #require(try failure("a\n  {{ 1 + x.y.z }}", #"{"x": {}}"#))
        #expect(error.kind == .runtime)
        #expect(error.message == "'dict object' has no attribute 'y'")
        #expect((error.line, error.column) == (2, 13))
        #expect(error.description == "'dict object' has no attribute 'y' (template line 2, column 13)")
    }

    @Test func refusal() throws {
        let error = try #require(
            try failure("{% if true %}\n{{ raise_exception('Roles must alternate') }}{% endif %}"))
        #expect(error.kind == .raised)
        #expect(error.message == "Roles must alternate")
        #expect(error.line == 2)
    }

    @Test(arguments: [
        ("{% if x %}", "Unexpected end of template. Jinja was looking for the following tags", 1, 11),
        ("\n{% endfor %}", "Encountered unknown tag 'endfor'.", 2, 4),
        ("{{ x | nope }}", "No filter named 'nope'.", 1, 8),
        ("{{ x is nope }}", "No test named 'nope'.", 1, 6),
        ("{{ (1] }}", "unexpected ']', expected ')'", 1, 6),
        ("ab\n{{ 'x }}", "unexpected char", 2, 4),
        ("{# x", "Missing end of comment tag", 1, 1),
        ("{{ 1 ! }}", "unexpected char '!'", 1, 6),
        ("é{{ }}", "Expected an expression, got 'end of print statement'", 1, 5),
    ])
    func syntax(template: String, message: String, line: Int, column: Int) throws {
        let error = try #require(try failure(template))
        #expect(error.kind == .syntax)
        #expect(error.message.hasPrefix(message), "\(error.message)")
        #expect((error.line, error.column) == (line, column))
    }

    @Test func integersThatDoNotFit() throws {
        for template in [
            "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 2 ** 64 }}",
            "{{ 4611686018427387904 * 2 }}",
            "{{ (-9223372036854775807 - 1) // -1 }}", "{{ (-9223372036854775807 - 1) | abs }}",
            "{{ 18446744073709551616 + 1 }}",
        ] {
            let error = try #require(try failure(template), "\(template)")
            #expect(error.message.hasPrefix("integer overflow"), "\(template): \(error)")
        }
        #expect(try render("{{ -9223372036854775808 }}") == "-9223372036854775808")
        #expect(try render("{{ (-9223372036854775807 - 1) % -1 }}") == "0")
    }

    @Test func clock() throws {
        let template = try ChatTemplate(
            "{{ strftime_now('%d %b %Y') if strftime_now is defined else 'no clock' }}")
        #expect(try template.render([:]) == "no clock")
        #expect(try template.render([:], now: referenceDate) == "02 Jan 2026")
    }
}
