/// A family of formats in which models write tool calls.
enum ToolSyntax: Sendable, Equatable {
    /// `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`: Qwen, Hermes, Granite and others; with
    /// an array of such objects in `<TOOLCALL>` (Nemotron).
    case tagged(TaggedCalls)
    /// `<tool_call><function=f><parameter=p>...</parameter></function></tool_call>`: Qwen3-Coder, Qwen3.5.
    case functionTags
    /// `<function=f>{...}</function>`: functionary 3.1, which hands code to its `python` behind `<|python_tag|>`.
    case functionObjects
    /// `<tool_call>f<arg_key>p</arg_key><arg_value>...</arg_value></tool_call>`: GLM.
    case argumentTags
    /// `{"name": ..., "parameters": {...}}` as the whole answer, maybe after `<|python_tag|>`: Llama 3.
    case bareObject
    /// `[f(p="..."), g()]`: Llama 4, and LFM2 between tokens of its own.
    case pythonic
    /// `<｜tool▁calls▁begin｜>...`: DeepSeek V3, R1, V3.1.
    case deepSeek
    /// `<｜DSML｜invoke name="f">`, `<invoke name="f">`: DeepSeek V3.2 and V4, MiniMax M2.
    case invoke(InvokeTags)
    /// `<|tool_call>call:f{p:<|"|>...<|"|>}<tool_call|>`: Gemma 4; FunctionGemma with other tokens.
    case gemma(GemmaTags)
    /// `[TOOL_CALLS]f[ARGS]{...}`, `[TOOL_CALLS][{"name": ...}]`: Mistral.
    case mistral
    /// `<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{...}<|tool_call_end|>`: Kimi K2.
    case kimi
    /// `<|tool_call:begin|>ID<|tool_call:name|>f<|tool_call:args|>{...}<|tool_call:end|>`: Solar.
    case solar
    /// `>>>f`, a line feed and `{...}`: functionary 3.2, whose text comes behind `>>>all`.
    case functionary
    /// `Action:` and a block of code with `[{"tool_name": ..., "parameters": {...}}]`: Command R.
    case commandR
    /// `<invoke name="f"><p>...</p></invoke>` with tags within tags, each behind a mark: MiniMax M3.
    case nested

    init?(template: String) {
        func mentions(_ texts: String...) -> Bool { texts.allSatisfy { template.contains($0) } }
        if mentions("<|tool_call>", "<tool_call|>") {
            self = .gemma(.gemma4)
        } else if mentions("<start_function_call>") {
            self = .gemma(.functionGemma)
        } else if mentions("｜DSML｜") {
            self = .invoke(mentions("function_calls") ? .deepSeek32 : .deepSeek4)
        } else if mentions(BlockReader.nestedMark, "<tool_call>") {
            self = .nested
        } else if mentions("<|tool_call:begin|>", "<|tool_call:args|>") {
            self = .solar
        } else if mentions(">>>${recipient}") {
            self = .functionary
        } else if mentions("Action:", "```json", "tool_name") {
            self = .commandR
        } else if mentions("<minimax:tool_call>") {
            self = .invoke(.miniMax)
        } else if mentions("<｜tool▁call▁begin｜>") {
            self = .deepSeek
        } else if mentions("<|tool_call_begin|>", "<|tool_call_argument_begin|>") {
            self = .kimi
        } else if mentions("[TOOL_CALLS]") {
            self = .mistral
        } else if mentions("<function=", "<parameter=") {
            self = .functionTags
        } else if mentions("<function=", "</function>") {
            self = .functionObjects
        } else if mentions("<arg_key>", "<arg_value>") {
            self = .argumentTags
        } else if let tags = TaggedCalls.known.first(where: { template.contains($0.start) }) {
            self = .tagged(tags)
        } else if mentions("<|tool_list_start|>") || mentions("<|python_start|>")
            || mentions("[func_name1(")
        {
            self = .pythonic
        } else if mentions("<|python_tag|>") || mentions("\"parameters\":") && mentions("<|eot_id|>") {
            self = .bareObject
        } else {
            return nil
        }
    }

    /// Texts that begin a block wherever they stand.
    var starts: [String] {
        switch self {
        case .tagged(let tags): [tags.start]
        case .functionTags: ["<tool_call>", "<function="]
        case .functionObjects: ["<function=", "<|python_tag|>"]
        case .argumentTags: ["<tool_call>"]
        case .bareObject: ["<|python_tag|>"]
        case .pythonic: ["<|tool_call_start|>", "<|python_start|>"]
        case .deepSeek: ["<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>"]
        case .invoke(let tags): [tags.start]
        case .gemma(let tags): [tags.start]
        case .mistral: ["[TOOL_CALLS]"]
        case .kimi: ["<|tool_calls_section_begin|>", "<|tool_call_begin|>"]
        case .solar: ["<|tool_call:begin|>", "<|end|>"]
        case .functionary: [">>>"]
        case .commandR: ["Action:"]
        case .nested: [BlockReader.nestedMark + "<tool_call>"]
        }
    }

    /// Bytes that begin a block where an answer begins.
    var bareStarts: [UInt8] {
        switch self {
        case .bareObject: [UInt8(ascii: "{")]
        case .pythonic: [UInt8(ascii: "[")]
        default: []
        }
    }

    /// Whether models of this family call without closing their thinking block.
    var endsReasoning: Bool {
        switch self {
        case .functionTags, .deepSeek, .invoke, .kimi, .nested: true
        default: false
        }
    }

    /// Control tokens whose text has to be seen.
    var markers: [String] {
        switch self {
        case .tagged(let tags): [tags.start, tags.end]
        case .functionTags, .argumentTags:
            ["<tool_call>", "</tool_call>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"]
        case .bareObject, .functionObjects: ["<|python_tag|>"]
        case .pythonic:
            ["<|tool_call_start|>", "<|tool_call_end|>", "<|python_start|>", "<|python_end|>"]
        case .deepSeek:
            [
                "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>",
                "<｜tool▁sep｜>",
            ]
        case .invoke(let tags): [tags.start, tags.end, "｜DSML｜"]
        case .gemma(let tags): [tags.start, tags.end, tags.quote]
        case .mistral: ["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"]
        case .solar:
            ["<|tool_call:begin|>", "<|tool_call:name|>", "<|tool_call:args|>", "<|tool_call:end|>"]
        case .functionary, .commandR: []
        case .nested: [BlockReader.nestedMark]
        case .kimi:
            [
                "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>",
                "<|tool_call_argument_begin|>", "<|tool_call_end|>",
            ]
        }
    }

    /// Reads a block from its start. Calls are noted with the reader as they come by.
    func read(_ reader: inout BlockReader) throws(BlockStop) {
        switch self {
        case .tagged(let tags): try reader.taggedCalls(tags)
        case .functionTags: try reader.functionTags()
        case .functionObjects: try reader.functionObject()
        case .argumentTags: try reader.argumentTags()
        case .bareObject: try reader.bareObjects()
        case .pythonic: try reader.pythonicCalls()
        case .deepSeek: try reader.deepSeekCalls()
        case .invoke(let tags): try reader.invocations(tags)
        case .gemma(let tags): try reader.gemmaCall(tags)
        case .mistral: try reader.mistralCalls()
        case .kimi: try reader.kimiCalls()
        case .solar: try reader.solarCall()
        case .functionary: try reader.functionaryCall()
        case .commandR: try reader.commandRCalls()
        case .nested: try reader.nestedCalls()
        }
    }
}
