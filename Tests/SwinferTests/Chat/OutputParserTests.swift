import Foundation
import Swinfer
import Testing

/// What a template mentions is how its model answers.
private enum Template {
    static let hermes = "<think></think><tool_call>"
    static let coder = "<tool_call><function=<parameter=<think></think>"
    static let glm = "<think></think><tool_call><arg_key><arg_value>"
    static let llama3 = "<|python_tag|><|eot_id|>"
    static let llama4 = "<|python_start|>"
    static let lfm = "<|tool_list_start|>"
    static let deepSeek = "<think></think><｜tool▁call▁begin｜>"
    static let deepSeek4 = "<think></think>｜DSML｜tool_calls"
    static let miniMax = "<think></think><minimax:tool_call>"
    static let gemma4 = "<|tool_call><tool_call|><|channel>thought<channel|>"
    static let mistral = "[THINK][/THINK][TOOL_CALLS]"
    static let kimi = "<|tool_call_begin|><|tool_call_argument_begin|>"
    static let nemotron = "<TOOLCALL>"
    static let miniMax3 = "<mm:think></mm:think>]<]minimax[>[<tool_call>"
    static let solar = "<|think|><|end|><|tool_call:begin|><|tool_call:args|>"
    static let functionary = ">>>${recipient}"
    static let functionary31 = "<function=f>{}</function><|python_tag|><|eot_id|>"
    static let commandR = "Action:```json tool_name"
    static let commandA = "<|START_THINKING|><|END_THINKING|><|START_ACTION|>"
    static let harmony = "<|start|><|channel|><|message|>"
}

private let tools = [
    ToolDefinition(
        name: "weather",
        parameters: """
            {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, \
            "tags": {"type": "array"}, "flag": {"type": "boolean"}}}
            """),
    ToolDefinition(name: "now"), ToolDefinition(name: "python"),
]

private func call(_ name: String, _ arguments: String = "{}", id: String = "") -> ChatOutput {
    .toolCall(ToolCall(id: id, name: name, arguments: arguments))
}

/// An answer and what it is.
struct Answer: Sendable, CustomTestStringConvertible {
    let template: String
    var prompt = ""
    let text: String
    let outputs: [ChatOutput]
    var testDescription: String { text }

    init(_ template: String, _ text: String, _ outputs: [ChatOutput], prompt: String = "") {
        self.template = template
        self.prompt = prompt
        self.text = text
        self.outputs = outputs
    }

    func parsed(_ pieces: [some StringProtocol]) -> [ChatOutput] {
        var parser = ChatOutputParser(ChatOutputFormat(template: template), prompt: prompt, tools: tools)
        return (pieces.flatMap { parser.append(String($0)) } + parser.finish()).joined
    }
}

@Suite struct OutputParserTests {
    static let reasoning: [Answer] = [
        Answer(Template.hermes, "<think>\nhm\n\n</think>\n\nHi", [.reasoning("hm"), .text("Hi")]),
        Answer(Template.hermes, "\n<think></think>\n\nHi\n", [.text("Hi")]),
        Answer(
            Template.hermes, "a < b\n</think>\nx </think> y", [.reasoning("a < b"), .text("x </think> y")],
            prompt: "<|im_start|>assistant\n<think>\n"),
        Answer(
            Template.hermes, "plain", [.text("plain")],
            prompt: "<|im_start|>assistant\n<think>\n\n</think>\n\n"),
        Answer(Template.hermes, "<think>never ends ", [.reasoning("never ends")]),
        Answer(Template.hermes, "The tag <think> is text here.", [.text("The tag <think> is text here.")]),
        Answer(Template.hermes, " 1 <thin> 2 <thi", [.text(" 1 <thin> 2 <thi")]),
        Answer("", "<think>a</think>\n", [.text("<think>a</think>\n")]),
        Answer(Template.mistral, "[THINK]a[/THINK]b", [.reasoning("a"), .text("b")]),
        Answer(
            Template.gemma4, "<|channel>thought\nhm<channel|>Hi <|channel>thought\n<channel|>there",
            [.reasoning("hm"), .text("Hi there")]),
        Answer(Template.gemma4, "Hi", [.text("Hi")], prompt: "<|turn>model\n<|channel>thought\n<channel|>"),
        Answer(Template.deepSeek4, "Hi", [.text("Hi")], prompt: "<｜Assistant｜></think>"),
        Answer(
            Template.harmony,
            "<|channel|>analysis<|message|>Let me <think>.<|end|><|start|>assistant<|channel|>final<|message|>Hi <b>",
            [.reasoning("Let me <think>."), .text("Hi <b>")], prompt: "<|end|><|start|>assistant"),
        Answer(
            Template.harmony, "<|message|>Hi<|return|>", [.text("Hi")],
            prompt: "<|start|>assistant<|channel|>final"),
        Answer(Template.harmony, "no header at all", [.text("no header at all")], prompt: "<|start|>x"),
        Answer(Template.harmony, "assistants rule", [.text("assistants rule")]),
    ]

    static let calls: [Answer] = [
        Answer(
            Template.hermes,
            "<think>a</think>\n\nI look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Z}ü\\\"\", \"days\": 1.0}}\n</tool_call>\n<tool_call>\n{\"name\": \"now\"}\n</tool_call>",
            [
                .reasoning("a"), .text("I look."), call("weather", #"{"city":"Z}ü\"","days":1.0}"#),
                call("now"),
            ]),
        Answer(
            Template.hermes, "<tool_call>{\"name\": \"now\", \"arguments\": \"{\\\"a\\\":1}\"}",
            [call("now", #"{"a":1}"#)]),
        Answer(
            Template.hermes, "<tool_call>{\"name\": \"now\"} done <tool_call>x",
            [call("now"), .text("done <tool_call>x")]),
        Answer(
            Template.nemotron,
            "<TOOLCALL>[{\"name\":\"now\"},{\"name\":\"weather\",\"arguments\":{}}]</TOOLCALL>",
            [call("now"), call("weather")]),
        Answer(
            Template.coder,
            "Sure.\n<tool_call>\n<function=weather>\n<parameter=city>\nA\n<b>\n\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=tags>\n[1, \"x\"]\n</parameter>\n<parameter=flag>\nTrue\n</parameter>\n</function>\n</tool_call>",
            [.text("Sure."), call("weather", #"{"city":"A\n<b>\n","days":3,"tags":[1,"x"],"flag":true}"#)]),
        Answer(Template.coder, "<function=now>\n</function>", [call("now")]),
        Answer(
            Template.coder, "<think>a <tool_call>\n<function=now></function></tool_call>",
            [.reasoning("a"), call("now")]),
        Answer(
            Template.glm,
            "<think>a</think>\n<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>5</arg_value>\n<arg_key>days</arg_key>\n<arg_value>5</arg_value>\n</tool_call>\n<tool_call>now</tool_call>",
            [.reasoning("a"), call("weather", #"{"city":"5","days":5}"#), call("now")]),
        Answer(
            Template.llama3, "{\"name\": \"weather\", \"parameters\": {\"city\": \"Bern\"}}",
            [call("weather", #"{"city":"Bern"}"#)]),
        Answer(
            Template.llama3,
            "<|python_tag|>{\"type\": \"function\", \"name\": \"now\", \"parameters\": {}}; {\"name\": \"now\", \"parameters\": {}}",
            [call("now"), call("now")]),
        Answer(
            Template.llama3, "<|python_tag|>brave_search.call(query=\"a, b\", n=2)",
            [call("brave_search", #"{"query":"a, b","n":2}"#)]),
        Answer(
            Template.llama4, "[weather(city=\"Bern\", days=3, tags=['a', {\"k\": None}], flag=False), now()]",
            [call("weather", #"{"city":"Bern","days":3,"tags":["a",{"k":null}],"flag":false}"#), call("now")]
        ),
        Answer(
            Template.lfm, "<|tool_call_start|>[now()]<|tool_call_end|>Done.", [call("now"), .text("Done.")]),
        Answer(
            Template.deepSeek,
            "a</think>Ok<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"city\": \"Bern\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            [.reasoning("a"), .text("Ok"), call("weather", #"{"city":"Bern"}"#), call("now")],
            prompt: "<｜Assistant｜><think>\n"),
        Answer(
            Template.deepSeek,
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"Bern\"}<｜tool▁call▁end｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            [call("weather", #"{"city":"Bern"}"#), call("now")]),
        Answer(
            Template.deepSeek4,
            "\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">5</｜DSML｜parameter>\n<｜DSML｜parameter name=\"days\" string=\"false\">5</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
            [call("weather", #"{"city":"5","days":5}"#)]),
        Answer(
            Template.miniMax,
            "x\n</think>\n<minimax:tool_call>\n<invoke name=\"weather\">\n<parameter name=\"city\">Bern</parameter>\n</invoke>\n<invoke name=\"now\">\n</invoke>\n</minimax:tool_call>",
            [.reasoning("x"), call("weather", #"{"city":"Bern"}"#), call("now")], prompt: "ai\n<think>\n"),
        Answer(
            Template.miniMax3,
            "<mm:think>a</mm:think>Ok]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"weather\">]<]minimax[>[<city>5 <b>]<]minimax[>[</city>]<]minimax[>[<days>5]<]minimax[>[</days>]<]minimax[>[<tags>]<]minimax[>[<item>x]<]minimax[>[</item>]<]minimax[>[<item>]<]minimax[>[<k>1]<]minimax[>[</k>]<]minimax[>[</item>]<]minimax[>[</tags>]<]minimax[>[</invoke>\n]<]minimax[>[<invoke name=\"now\">]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>",
            [
                .reasoning("a"), .text("Ok"),
                call("weather", #"{"city":"5 <b>","days":5,"tags":["x",{"k":1}]}"#), call("now"),
            ]),
        Answer(
            Template.solar,
            "<|think|>a<|end|><|begin|>assistant<|tool_call:begin|>a1b2<|tool_call:name|>weather<|tool_call:args|>{\"city\": \"Bern\"}<|tool_call:end|><|tool_call:begin|>c3<|tool_call:name|>now<|tool_call:args|>{}<|tool_call:end|>",
            [
                .reasoning("a"), call("weather", #"{"city":"Bern"}"#, id: "a1b2"), call("now", id: "c3"),
            ], prompt: "<|begin|>assistant"),
        Answer(
            Template.solar, "<|think|>a<|end|><|begin|>assistantHi<|end|>", [.reasoning("a"), .text("Hi")],
            prompt: "<|begin|>assistant"),
        Answer(
            Template.functionary,
            "all\nI look.>>>weather\n{\"city\": \"Be>>>rn\"}>>>now\n{}",
            [.text("I look."), call("weather", #"{"city":"Be>>>rn"}"#), call("now")],
            prompt: "<|end_header_id|>\n\n>>>"),
        Answer(Template.functionary, "now\n{}", [call("now")], prompt: "\n\n>>>"),
        Answer(Template.functionary, "all\nHi >>> you", [.text("Hi >>> you")], prompt: "\n\n>>>"),
        Answer(Template.functionary, "Hi", [.text("Hi")], prompt: "\n\n>>>"),
        Answer(
            Template.functionary31,
            "I look. <function=weather>{\"city\": \"</function>\"}</function>\n<function=now>\n{}\n</function>",
            [.text("I look."), call("weather", #"{"city":"</function>"}"#), call("now")]),
        Answer(Template.functionary31, "<function=now>{} Hi", [call("now"), .text("Hi")]),
        Answer(
            Template.functionary31, "<|python_tag|>{\"code\": \"1\\n\"}", [call("python", #"{"code":"1\n"}"#)]
        ),
        Answer(
            Template.commandR,
            "Plan: I look.\nAction: ```json\n[\n    {\n        \"tool_name\": \"weather\",\n        \"parameters\": {\"city\": \"Bern\"}\n    },\n    {\"tool_name\": \"now\", \"parameters\": {}}\n]```",
            [.text("Plan: I look."), call("weather", #"{"city":"Bern"}"#), call("now")]),
        Answer(
            Template.commandR,
            "Action:```json\n[{\"tool_name\": \"directly-answer\", \"parameters\": {}}]\n```\nHi",
            [.text("Hi")]),
        Answer(
            Template.commandA,
            "<|START_THINKING|>a<|END_THINKING|><|START_ACTION|>[\n{\"tool_call_id\": \"0\", \"tool_name\": \"now\", \"parameters\": {}}\n]<|END_ACTION|>",
            [.reasoning("a"), call("now", id: "0")]),
        Answer(
            Template.gemma4,
            "<|tool_call>call:weather{city:<|\"|>a {b} \"c\"<|\"|>,days:3,tags:[<|\"|>x<|\"|>,{<|\"|>k<|\"|>:null}],flag:true}<tool_call|><|tool_call>call:now{}<tool_call|>",
            [
                call("weather", #"{"city":"a {b} \"c\"","days":3,"tags":["x",{"k":null}],"flag":true}"#),
                call("now"),
            ]),
        Answer(
            Template.mistral,
            "[TOOL_CALLS]weather[CALL_ID]abc[ARGS]{\"city\": \"Bern\"}[TOOL_CALLS]now[ARGS]{}",
            [call("weather", #"{"city":"Bern"}"#, id: "abc"), call("now")]),
        Answer(
            Template.mistral, "[TOOL_CALLS] [{\"name\": \"now\", \"arguments\": {}, \"id\": \"x\"}]",
            [call("now", id: "x")]),
        Answer(
            Template.kimi,
            "Hm <|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{\"city\":\"Bern\"}<|tool_call_end|><|tool_calls_section_end|>",
            [.text("Hm"), call("weather", #"{"city":"Bern"}"#, id: "functions.weather:0")]),
        Answer(
            Template.harmony,
            "<|channel|>analysis<|message|>I call.<|end|><|start|>assistant<|channel|>commentary<|message|>One moment.<|end|><|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{\"city\": \"<Bern>\"}<|call|>",
            [.reasoning("I call."), .text("One moment."), call("weather", #"{"city":"<Bern>"}"#)],
            prompt: "<|start|>assistant"),
        Answer(
            Template.harmony, " to=functions.now<|channel|>commentary json<|message|>{}", [call("now")],
            prompt: "<|start|>assistant"),
    ]

    /// What only looks like a call is text, all of it.
    static let malformed: [Answer] = [
        Template.hermes: [
            "Use <tool_call> and </tool_call>.", "<tool_call>\n{\"nam\": \"x\"}\n</tool_call>",
            "<tool_call>{\"name\": 1}", "<tool_call>{\"name\": \"now\", \"arguments\": [1]}</tool_call>",
            "<tool_call>{\"name\": \"now\"", "<tool_call", "a <tool_call>{'name': 'now'}</tool_call> b",
        ],
        Template.coder: [
            "<tool_call>\n<function=>\n</function>", "<function=weather>\n<parameter=city>\nBern",
            "<tool_call>\n{\"name\": \"now\"}\n</tool_call>",
        ],
        Template.glm: ["<tool_call>weather<arg_key>city</arg_key>Bern</tool_call>", "<tool_call>"],
        Template.llama3: [
            "{\"answer\": 1, \"name\": \"now\"}", "{\"name\": \"nobody\", \"parameters\": {}}", "{", "{ x",
            "text {\"name\": \"now\", \"parameters\": {}}", "<|python_tag|>print(1)",
        ],
        Template.llama4: [
            "[1, 2]", "[nobody()]", "[weather(city=)]", "[link](http://x)", "<|python_start|>[1]",
        ],
        Template.deepSeek: [
            "<｜tool▁calls▁begin｜>no", "<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{\n```",
        ],
        Template.gemma4: [
            "<|tool_call>call:{}", "<|tool_call>call:now{a:<|\"|>b", "<|tool_call>call:now{a:b}",
        ],
        Template.mistral: ["[TOOL_CALLS]", "[TOOL_CALLS]now", "[TOOL_CALLS][1]"],
        Template.miniMax3: [
            "]<]minimax[>[<tool_call>\nno", "]<]minimax[>[<tool_call>]<]minimax[>[<invoke name=\"now\">x",
            "]<]minimax[>[<tool_call>]<]minimax[>[<invoke name=\"now\">]<]minimax[>[<a>1",
        ],
        Template.solar: [
            "<|tool_call:begin|>x", "<|tool_call:begin|>x<|tool_call:name|>now<|tool_call:args|>1",
        ],
        Template.functionary: [">>>nobody\n{}", ">>>now\n1", ">>>now {}", "a > b >> c"],
        Template.functionary31: [
            "<function=now>[1]</function>", "<function=>{}</function>", "<function=now {}", "a <funct",
            "<|python_tag|>", "<|python_tag|>{k: 1}",
        ],
        Template.commandR: ["Action: none", "Action:\n```json\n[1]\n```", "Action:```json\n[]"],
        Template.kimi: ["<|tool_call_begin|>x<|tool_call_argument_begin|>[]"],
    ].flatMap { template, texts in texts.map { Answer(template, $0, [.text($0)]) } }

    @Test(arguments: reasoning + calls + malformed)
    func whole(answer: Answer) {
        #expect(answer.parsed([answer.text]) == answer.outputs)
    }

    /// Every split into two pieces, and every character by itself.
    @Test(arguments: reasoning + calls + malformed)
    func pieces(answer: Answer) {
        let scalars = answer.text.unicodeScalars
        var split = scalars.startIndex
        while split < scalars.endIndex {
            let pieces = [answer.text[..<split], answer.text[split...]]
            #expect(answer.parsed(pieces) == answer.outputs, "\(pieces)")
            scalars.formIndex(after: &split)
        }
        #expect(answer.parsed(scalars.map { String($0) }) == answer.outputs)
    }

    /// An answer that was cut off: what was told before the end stays, and characters come one by one.
    @Test(arguments: reasoning + calls)
    func cut(answer: Answer) {
        let characters = answer.text.unicodeScalars.map { String($0) }
        for count in 0...characters.count {
            let byOne = answer.parsed(Array(characters.prefix(count)))
            #expect(byOne == answer.parsed([characters.prefix(count).joined()]), "\(count)")
            for case .toolCall(let call) in byOne {
                #expect(answer.outputs.contains(.toolCall(call)), "\(count)")
            }
        }
    }

    @Test func callsAreToldAtOnce() {
        var parser = ChatOutputParser(ChatOutputFormat(template: Template.hermes), tools: tools)
        #expect(parser.append("<tool_call>{\"name\": \"now\"") == [])
        #expect(parser.append("}") == [call("now")])
        // What cannot be a call any more is not held back.
        #expect(parser.append("</tool_call>\nx <tool_call>y").joined == [.text("x <tool_call>y")])
        var llama = ChatOutputParser(ChatOutputFormat(template: Template.llama3), tools: tools)
        #expect(llama.append("{ \"x").joined == [.text("{ \"x")])
    }

    /// functionary 3.1 may hand bare code to its tool, which ends only with the answer.
    @Test(arguments: ["print(1 < 2)\n", "x = {}\nprint(x)"]) func bareCode(code: String) throws {
        let answer = Answer(Template.functionary31, "<|python_tag|>" + code, [])
        for pieces in [[answer.text], answer.text.map { String($0) }] {
            guard case .toolCall(let call)? = answer.parsed(pieces).first else {
                Issue.record("no call")
                return
            }
            let arguments = try JSONDecoder().decode([String: String].self, from: Data(call.arguments.utf8))
            #expect(call.name == "python" && arguments == ["code": code.trimmingCharacters(in: .newlines)])
        }
        var parser = ChatOutputParser(
            ChatOutputFormat(template: Template.functionary31), tools: [ToolDefinition(name: "now")])
        #expect((parser.append(answer.text) + parser.finish()).joined == [.text(answer.text)])
    }

    @Test func withoutToolsCallsAreText() {
        let text = "<tool_call>{\"name\": \"now\"}</tool_call>"
        var parser = ChatOutputParser(ChatOutputFormat(template: Template.hermes))
        #expect((parser.append(text) + parser.finish()).joined == [.text(text)])
    }

    @Test func reasoningCanBeKept() {
        let format = ChatOutputFormat(template: Template.hermes).keepingReasoning()
        var parser = ChatOutputParser(format, prompt: "<think>\n", tools: tools)
        let outputs = parser.append("a</think>\n<tool_call>{\"name\": \"now\"}</tool_call>") + parser.finish()
        #expect(outputs.joined == [.text("a</think>"), call("now")])
    }

    /// Long arguments in small pieces take time that grows with their length, not with its square.
    @Test func longArguments() {
        var parser = ChatOutputParser(ChatOutputFormat(template: Template.hermes), tools: tools)
        _ = parser.append("<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"")
        for _ in 0..<20_000 { #expect(parser.append("abc }{ \\\" ") == []) }
        let outputs = parser.append("\"}}</tool_call>")
        guard case .toolCall(let call)? = outputs.first else {
            Issue.record("no call")
            return
        }
        #expect(call.arguments.utf8.count > 200_000)
    }
}
