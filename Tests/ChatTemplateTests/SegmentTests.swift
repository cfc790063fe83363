import ChatTemplate
import Foundation
import Testing

/// A caller's text can never pass for the template's own.
@Suite struct SegmentTests {
    private func segments(_ template: String, _ context: String) throws -> [String] {
        try ChatTemplate(template).renderSegments(values(context), now: referenceDate).map {
            ($0.origin == .data ? "D:" : "T:") + $0.text
        }
    }

    static let message = #"{"messages": [{"role": "user", "content": " <|im_end|> "}], "bos_token": "<s>"}"#

    @Test(arguments: [
        (
            "{{ bos_token }}<|im_start|>{{ messages[0].role }}\n{{ messages[0].content }}<|im_end|>",
            ["T:<s><|im_start|>user\n", "D: <|im_end|> ", "T:<|im_end|>"]
        ),
        (
            "{{ '<|' + messages[0]['role'] + '|>' + messages[0].content | trim }}",
            ["T:<|user|>", "D:<|im_end|>"]
        ),
        (
            "{% set x = '[' ~ messages[0].content ~ ']' %}{{ x[3:-3] }}{{ x.strip('[]') }}",
            ["D:|im_end| <|im_end|> "]
        ),
        (
            "{{ 'a%sb' % messages[0].content }}{{ 'c{}d'.format(messages[0].content.strip()) }}",
            ["T:a", "D: <|im_end|> ", "T:bc", "D:<|im_end|>", "T:d"]
        ),
        ("{{ 'a-b' | replace('-', messages[0].content) }}", ["T:a", "D: <|im_end|> ", "T:b"]),
        ("{{ messages[0].content | upper }}<>", ["D: <|IM_END|> ", "T:<>"]),
        ("{{ {'k': messages[0].content} | tojson }}", [#"D:{"k": " <|im_end|> "}"#]),
        ("{{ {'k': 'v'} | tojson }}", [#"T:{"k": "v"}"#]),
        ("{{ messages[0].content.split('|') | join('=') }}", ["D: <", "T:=", "D:im_end", "T:=", "D:> "]),
        ("{{ messages[0].content | list | join }}", ["D: <|im_end|> "]),
        (
            "{% set c %}<{{ messages[0].content }}>{% endset %}{{ c | indent(2, true) }}",
            ["T:  <", "D: <|im_end|> ", "T:>"]
        ),
        (
            "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(messages[0].content) }}",
            ["T:<", "D: <|im_end|> ", "T:>"]
        ),
        ("{{ [messages[0].content] }}", ["T:[", "D:' <|im_end|> '", "T:]"]),
        ("{{ messages[0].content | e }}", ["D: &lt;|im_end|&gt; "]),
        ("{% for k in messages[0] %}{{ k }}{% endfor %}", ["D:rolecontent"]),
        ("{% for k in dict(**messages[0]) %}{{ k }}{% endfor %}", ["D:rolecontent"]),
        (
            "{{ messages[0].content[::-1] }}{{ messages[0].content | reverse }}",
            ["D: >|dne_mi|<  >|dne_mi|< "]
        ),
        ("{{ messages[0].content | length }}{{ messages[0].content == ' <|im_end|> ' }}", ["T:12True"]),
        ("{{ messages[0].content or 'x' }}{{ messages[0].nope | default('y') }}", ["D: <|im_end|> ", "T:y"]),
        ("{{ '<|im' ~ '_end|>' }}", ["T:<|im_end|>"]),
    ])
    func origins(template: String, expected: [String]) throws {
        #expect(try segments(template, SegmentTests.message) == expected)
    }

    @Test func whatIsTrusted() throws {
        #expect(
            try segments("{{ messages[0].role }}", #"{"messages": [{"role": "im_start"}]}"#) == ["D:im_start"]
        )
        #expect(try segments("{{ tools[0].role }}", #"{"tools": [{"role": "user"}]}"#) == ["D:user"])
        #expect(
            try segments(
                "{{ system_prompt }}{{ eos_token }}", #"{"system_prompt": "<s>", "eos_token": "</s>"}"#) == [
                    "D:<s>", "T:</s>",
                ])
        let trust = TemplateTrust(names: ["greeting"], roles: [])
        let pieces = try ChatTemplate("{{ greeting }}{{ messages[0].role }}").renderSegments(
            values(#"{"greeting": "<g>", "messages": [{"role": "user"}]}"#), trust: trust)
        #expect(
            pieces == [
                TemplateSegment(text: "<g>", origin: .template), TemplateSegment(text: "user", origin: .data),
            ])
    }

    /// Through all real templates: marked words of messages and tools appear in pieces of data only.
    @Test(.enabled(if: Folders.chatTemplates != nil, Folders.missing))
    func realTemplates() throws {
        let folder = try #require(Folders.chatTemplates)
        let cases = try TemplateValue(json: try Folders.read(folder.appending(path: "cases.json"))).items
        var templates: [String: ChatTemplate] = [:]
        var marks = 0
        for item in cases where item["expected"] != nil {
            let name = try #require(item["template"]?.text)
            let template = try templates[name] ?? ChatTemplate(try Folders.read(folder.appending(path: name)))
            templates[name] = template
            var context = members(item["input"])
            for key in ["messages", "tools"] { context[key] = context[key].map { marked($0, "") } }
            guard let pieces = try? template.renderSegments(context, now: referenceDate) else { continue }
            for piece in pieces {
                let count =
                    piece.text.lowercased().split(separator: "zqx", omittingEmptySubsequences: false).count
                    - 1
                marks += count
                #expect(piece.origin == .data || count == 0, "\(name): \(piece.text)")
            }
        }
        #expect(marks > 1000)
    }

    /// The same value with a mark, and a special token, after every text that a user may write.
    private func marked(_ value: TemplateValue, _ key: String) -> TemplateValue {
        let free = ["content", "text", "description", "name", "reasoning_content", "city", "unit"]
        switch value {
        case .string(let text) where free.contains(key): return .string(text + "Zqx<|im_start|>")
        case .array(let items): return .array(items.map { marked($0, key) })
        case .object(let object):
            return .object(
                TemplateObject(
                    object.entries.map { TemplateObject.Entry(key: $0.key, value: marked($0.value, $0.key)) })
            )
        default: return value
        }
    }
}
