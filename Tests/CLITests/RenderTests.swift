import Foundation
import Testing

@Suite struct RenderTests {
    private func render(_ template: String, _ arguments: [String], input: String) throws -> Command {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(template.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try Command(["render", "--template", file.path] + arguments, input: input)
    }

    @Test func linesOfJSON() throws {
        let template = """
            {% if refuse %}
            {{ raise_exception('no') }}
            {% endif %}
            {{ messages[0].content }}|{{ tools }}|{{ enable_thinking }}|{{ strftime_now('%Y-%m-%d %H:%M') }}
            """
        let input = """
            {"messages": [{"role": "user", "content": "é\\n\\ud83d\\ude80"}], "enable_thinking": false}
            {

            []
            {"refuse": true}
            {"messages": [{"content": "last"}], "tools": [1.0]}
            """
        let result = try render(template, ["--jsonl", "--now", "2026-01-02T03:04:05"], input: input)
        let expected = """
            {"text":"é\\n🚀||False|2026-01-02 03:04"}
            {"error":"line 2: invalid JSON at byte 1: a key in double quotes was expected"}
            {"error":"line 4: a JSON object was expected, such as {\\"messages\\": [...]}"}
            {"error":"no (template line 2, column 19)"}
            {"text":"last|[1.0]||2026-01-02 03:04"}

            """
        #expect(result.text == expected)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    }

    @Test func oneConversation() throws {
        let result = try render("{{ x ~ '\n' }}", [], input: "{\"x\":\n1}")
        #expect(result.status == 0 && result.text == "1\n")
        #expect(try render("{{ strftime_now('%Y') | int > 2000 }}", [], input: "{}").text == "True")
        let refused = try render("{{ raise_exception('no') }}", [], input: "{}")
        #expect(
            refused.status == 1 && refused.text.isEmpty
                && refused.errors.contains("no (template line 1, column 19)"))
    }

    @Test func usage() throws {
        #expect(try Command(["render", "--jsonl"], input: "").status == 64)
        #expect(try render("x", ["--now", "soon"], input: "").status == 64)
        let broken = try render("{% if x %}", ["--jsonl"], input: "{}")
        #expect(broken.status == 1 && broken.errors.contains("template line 1, column 11"))
        #expect(try Command(["render", "--template", "/nowhere", "--jsonl"], input: "").status == 1)
    }
}
