import Foundation
import GGUF
import Swinfer
import TestSupport
import Testing
import Tokenizer

/// Calls are held to their schemas whatever the model would rather say: tokens are drawn at random from what is
/// allowed, once a call has begun.
@Suite struct CallConstraintTests {
    static let tools = [
        ToolDefinition(
            name: "weather",
            parameters: """
                {"type": "object", "properties": {"city": {"type": "string", "minLength": 2, "maxLength": 12}, \
                "unit": {"enum": ["C", "F"]}, "days": {"type": "integer", "minimum": 1, "maximum": 14}, \
                "at": {"type": "object", "properties": {"lat": {"type": "number"}, "on": {"type": "boolean"}}, \
                "required": ["lat"]}, "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}, \
                "maxItems": 3}}, "required": ["city", "days", "at"]}
                """),
        ToolDefinition(name: "now"),
    ]

    private struct Weather: Decodable {
        struct Place: Decodable {
            var lat: Double
            var on: Bool?
        }
        var city: String
        var unit: String?
        var days: Int
        var at: Place
        var tags: [String]?

        var isValid: Bool {
            2...12 ~= city.unicodeScalars.count && (unit == nil || unit == "C" || unit == "F")
                && 1...14 ~= days && tags?.count ?? 0 <= 3
                && tags?.allSatisfy { $0.unicodeScalars.count <= 5 } != false
        }
    }

    private static func tokenizer() throws -> Tokenizer {
        try Tokenizer(metadata: GGUFFile(path: BuiltInModel.path()).metadata)
    }

    /// A format, and how an answer with a call begins in it.
    struct Opening: Sendable, CustomTestStringConvertible {
        var template: String
        var prompt = ""
        var text: String
        var testDescription: String { template + text }
    }

    static let openings = [
        Opening(
            template: "<think></think><tool_call>", text: "<think>a <tool_call> b</think>Ok <tool_call>\n{"),
        Opening(template: "<TOOLCALL>", text: "<TOOLCALL>["),
        Opening(template: "<|tools_prefix|>", text: "<|tools_prefix|>["),
        Opening(template: "<|START_ACTION|>", text: "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\","),
        Opening(template: "<|python_tag|><|eot_id|>", text: "{\"name\":"),
        Opening(template: "<|python_tag|><|eot_id|>", text: "Well.<|python_tag|>"),
        Opening(template: "<think></think><｜tool▁call▁begin｜>", text: "a</think>b<｜tool▁calls▁begin｜>"),
        Opening(template: "<｜tool▁call▁begin｜>", text: "<｜tool▁call▁begin｜>function<｜tool▁sep｜>"),
        Opening(template: "[TOOL_CALLS]", text: "[TOOL_CALLS]["),
        Opening(template: "[TOOL_CALLS]", text: "[TOOL_CALLS]weather[ARGS]"),
        Opening(template: "<|tool_call_begin|><|tool_call_argument_begin|>", text: "<|tool_call_begin|>"),
        Opening(template: "<|tool_call:begin|><|tool_call:args|>", text: "<|tool_call:begin|>"),
        Opening(template: ">>>${recipient}", prompt: "\n>>>", text: "all\nHi>>>w"),
        Opening(template: ">>>${recipient}", prompt: "\n>>>", text: "wea"),
        Opening(template: "<function=</function>", text: "Ok <function="),
        Opening(template: "<function=</function>", text: "<function=weather>{\"city\":"),
        Opening(template: "Action:```json tool_name", text: "I look.\nAction: ```json\n"),
        Opening(
            template: "<tool_call><function=<parameter=<think></think>", text: "<tool_call>\n<function="),
        Opening(template: "<function=<parameter=", text: "Ok <function="),
        Opening(template: "<tool_call><arg_key><arg_value>", text: "<tool_call>"),
        Opening(template: "｜DSML｜function_calls", text: "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"wea"),
        Opening(template: "<minimax:tool_call>", text: "x <minimax:tool_call>"),
        Opening(template: "<|tool_call><tool_call|>", text: "<|tool_call>"),
        Opening(
            template: "<|start|><|channel|><|message|>", prompt: "<|start|>assistant",
            text: "<|channel|>analysis<|message|>to=a<|end|><|start|>assistant<|channel|>commentary to=func"),
    ]

    @Test(arguments: openings)
    func argumentsSatisfyTheirSchemas(opening: Opening) throws {
        let model = try Model(path: BuiltInModel.path())
        let tokenizer = try Self.tokenizer()
        let format = ChatOutputFormat(template: opening.template)
        var names: Set<String> = []
        for seed in 0..<12 {
            var random = SplitMix(state: UInt64(seed))
            let constraint = try model.constraint(
                ofCallsIn: format, prompt: opening.prompt, tools: Self.tools)
            var parser = ChatOutputParser(format, prompt: opening.prompt, tools: Self.tools)
            var outputs: [ChatOutput] = []
            // Tokens may be parts of characters.
            var bytes: [UInt8] = []
            func take(_ token: Int32) {
                constraint.accept(token)
                bytes += tokenizer.piece(token, renderSpecial: true)
            }
            for token in try model.tokenize(opening.text, addSpecial: false) {
                guard constraint.allows(token, remaining: 500) else {
                    Issue.record("the opening is refused at \(String(decoding: bytes, as: UTF8.self))")
                    return
                }
                take(token)
            }
            var mask = TokenMask(count: model.information.vocabularySize)
            var remaining = 480
            while remaining > 0, !constraint.isComplete {
                mask.removeAll()
                constraint.insertAllowed(into: &mask, at: nil, remaining: remaining)
                var allowed: [Int32] = []
                mask.forEach { allowed.append($0) }
                let ends = allowed.filter { tokenizer.vocabulary.isEndOfGeneration($0) }
                // Behind the call the text is free again, and ends here.
                if !ends.isEmpty, bytes.count > opening.text.utf8.count { break }
                guard let token = allowed.randomElement(using: &random) else {
                    Issue.record("nothing is allowed after \(String(decoding: bytes, as: UTF8.self))")
                    return
                }
                take(token)
                remaining -= 1
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for scalar in text.unicodeScalars { outputs += parser.append(String(scalar)) }
            outputs += parser.finish()
            let calls = outputs.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
            #expect(!calls.isEmpty, "\(text)")
            for call in calls {
                names.insert(call.name)
                if call.name == "now" {
                    #expect(call.arguments == "{}", "\(text)")
                } else {
                    #expect(call.name == "weather")
                    let arguments = try? JSONDecoder().decode(Weather.self, from: Data(call.arguments.utf8))
                    #expect(arguments?.isValid == true, "\(text)\n\(call.arguments)")
                }
            }
            #expect(
                outputs.joined.allSatisfy { if case .text(let text) = $0 { text.count < 40 } else { true } })
        }
        #expect(names.contains("weather"))
    }

    /// What is no call is not touched: any token may follow, and the text may end.
    @Test func otherTextIsFree() throws {
        let model = try Model(path: BuiltInModel.path())
        let format = ChatOutputFormat(template: "<think></think><tool_call>")
        let constraint = try model.constraint(ofCallsIn: format, prompt: "<think>\n", tools: Self.tools)
        let text = "a < b <tool_cal l> </think> {\"x\": 1} <tool_call"
        for token in try model.tokenize(text, addSpecial: false) {
            var mask = TokenMask(count: model.information.vocabularySize)
            constraint.insertAllowed(into: &mask, at: nil, remaining: 9)
            var count = 0
            mask.forEach { _ in count += 1 }
            #expect(count >= model.information.vocabularySize - 20)
            #expect(constraint.allows(token, remaining: 9))
            constraint.accept(token)
        }
        let close = try model.tokenize(">", addSpecial: false)[0]
        #expect(!constraint.isComplete && constraint.allows(close, remaining: 100))
        // No call fits into what is left.
        #expect(!constraint.allows(close, remaining: 3))
    }

    @Test func whatCannotBeHeldIsRefused() throws {
        let model = try Model(path: BuiltInModel.path())
        func refusal(_ template: String, _ parameters: String) -> String? {
            let tool = ToolDefinition(name: "f", parameters: parameters)
            do {
                _ = try model.constraint(
                    ofCallsIn: ChatOutputFormat(template: template), prompt: "", tools: [tool])
                return nil
            } catch { return "\(error)" }
        }
        #expect(
            refusal("<tool_call>", #"{"properties":{"a":{"if":1}}}"#)?.contains("f: at #/properties/a/if")
                == true)
        #expect(refusal("<tool_call>", #"{"type":"array"}"#)?.contains("#/type") == true)
        #expect(refusal("", "{}")?.contains("format of calls") == true)
        #expect(refusal("<|python_start|>", "{}")?.contains("Python") == true)
        #expect(refusal("<tool_call>", "{}") == nil)
        #expect(
            refusal("<tool_call><arg_key><arg_value>", #"{"properties":{"a":{}},"maxProperties":0}"#) != nil)
    }

    // MARK: Answers

    /// A schema is about the answer; thinking before it is free, and ends in time.
    @Test(arguments: ["", "<|im_start|>assistant\n<think>\n"])
    func schemasAreAboutTheAnswer(prompt: String) throws {
        let model = try Model(path: BuiltInModel.path())
        let tokenizer = try Self.tokenizer()
        let format = ChatOutputFormat(template: "<think></think>")
        for seed in 0..<10 {
            var random = SplitMix(state: UInt64(seed))
            let constraint = try model.constraint(
                .jsonSchema(Self.tools[0].parameters), ofAnswersIn: format, prompt: prompt)
            var bytes: [UInt8] = []
            if prompt.isEmpty {
                for token in try model.tokenize("<think>", addSpecial: false) {
                    #expect(constraint.allows(token, remaining: 200))
                    constraint.accept(token)
                }
            }
            var mask = TokenMask(count: model.information.vocabularySize)
            for remaining in (1...120).reversed() where !constraint.isComplete {
                mask.removeAll()
                constraint.insertAllowed(into: &mask, at: nil, remaining: remaining)
                var allowed: [Int32] = []
                mask.forEach { allowed.append($0) }
                let token = try #require(allowed.randomElement(using: &random))
                if tokenizer.vocabulary.isEndOfGeneration(token) { break }
                constraint.accept(token)
                bytes += tokenizer.piece(token, renderSpecial: true)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let end = try #require(text.firstRange(of: "</think>"), "\(text)")
            let answer = try JSONDecoder().decode(Weather.self, from: Data(text[end.upperBound...].utf8))
            #expect(answer.isValid, "\(text)")
        }
    }

    @Test func schemasWithoutThinking() throws {
        let model = try Model(path: BuiltInModel.path())
        for (template, prompt, allowed, refused) in [
            ("<think></think>", "", "{\"", "Hello"), ("", "", "{\"", "Hello"),
            ("<|start|><|channel|><|message|>", "<|start|>assistant", "<|channel|>final<|message|>{", "{"),
            (
                "<|start|><|channel|><|message|>", "<|start|>assistant",
                "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>{",
                "<|channel|>commentary"
            ),
        ] {
            for (text, isAllowed) in [(allowed, true), (refused, false)] {
                let constraint = try model.constraint(
                    .json, ofAnswersIn: ChatOutputFormat(template: template), prompt: prompt)
                let passes = try model.tokenize(text, addSpecial: false).allSatisfy { token in
                    let isAllowed = constraint.allows(token, remaining: 200)
                    constraint.accept(token)
                    return isAllowed
                }
                #expect(passes == isAllowed, "\(text)")
            }
        }
    }

    /// With the built-in model, which knows of no tools and no JSON.
    @Test func sessions() async throws {
        let model = try Model(path: BuiltInModel.path())
        var chatOptions = ChatOptions()
        chatOptions.constrainsTools = true
        chatOptions.template = ">>>${recipient}{{ messages[-1].content }}\n>>>"
        var options = GenerationOptions()
        options.maxTokens = 100
        for seed in 0..<4 {
            options.seed = UInt64(seed)
            options.temperature = seed == 0 ? 0 : 1.5
            let chat = try ChatSession(model, tools: Self.tools, options: chatOptions)
            var calls: [ToolCall] = []
            var text = ""
            for try await event in try chat.respond(to: "weather", options: options) {
                if case .toolCall(let call) = event { calls.append(call) }
                if case .text(let piece) = event { text += piece }
            }
            #expect(!calls.isEmpty || !text.isEmpty)
            for call in calls where call.name == "weather" {
                let arguments = try JSONDecoder().decode(Weather.self, from: Data(call.arguments.utf8))
                #expect(arguments.isValid)
            }
        }
        options.constraint = .jsonSchema(Self.tools[0].parameters)
        let chat = try ChatSession(model)
        var answer = ""
        for try await event in try chat.respond(to: "Hello", options: options) {
            if case .text(let piece) = event { answer += piece }
        }
        #expect(try JSONDecoder().decode(Weather.self, from: Data(answer.utf8)).isValid, "\(answer)")
        options.maxTokens = 3
        #expect(throws: SwinferError.self) { _ = try chat.respond(to: "more", options: options) }
        #expect(chat.messages.count == 2)
    }
}
