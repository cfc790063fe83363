import ChatTemplate

/// The tags around calls that are JSON objects.
struct TaggedCalls: Sendable, Equatable {
    /// What models write between them.
    enum Form { case object, array, arrayByName, arrayWithNumbers }

    var start: String
    var end: String
    var form = Form.array
    /// Whether models write the end.
    var needsEnd = true

    static let known = [
        TaggedCalls(start: "<tool_call>", end: "</tool_call>", form: .object),
        TaggedCalls(start: "<TOOLCALL>", end: "</TOOLCALL>"),
        TaggedCalls(start: "<|tool_call|>", end: "<|/tool_call|>", needsEnd: false),
        TaggedCalls(start: "<|tools_prefix|>", end: "<|tools_suffix|>", form: .arrayByName),
        TaggedCalls(start: "<|START_ACTION|>", end: "<|END_ACTION|>", form: .arrayWithNumbers),
    ]
}

extension ToolCall {
    /// A call written as an object: the name under `name`, or under `function` or `tool_name`; the
    /// arguments under `arguments` or `parameters`, as an object or as JSON text. An object of one member
    /// is a name and its arguments (Apertus).
    init?(_ value: TemplateValue) {
        if case .object(let object) = value, object.entries.count == 1, object["name"] == nil,
            object["function"] == nil, case .object = object.entries[0].value
        {
            self.init(name: object.entries[0].key, arguments: object.entries[0].value.json)
            return
        }
        if let function = value.member("function"), case .object = function {
            guard let call = ToolCall(function) else { return nil }
            self = call
        } else {
            guard
                let name = (value.member("name") ?? value.member("function") ?? value.member("tool_name"))?
                    .text, !name.isEmpty
            else { return nil }
            var arguments = value.member("arguments") ?? value.member("parameters") ?? [:]
            if case .string(let text) = arguments {
                guard let parsed = try? TemplateValue(json: text) else { return nil }
                arguments = parsed
            }
            if arguments == .null { arguments = [:] }
            guard case .object = arguments else { return nil }
            self.init(name: name, arguments: arguments.json)
        }
        if let id = (value.member("id") ?? value.member("tool_call_id"))?.text { self.id = id }
    }
}

extension BlockReader {
    /// An object that is a call, or an array of such.
    mutating func jsonCalls(
        where isWanted: (ToolCall, ToolSchemas) -> Bool = { _, _ in true }
    ) throws(BlockStop) {
        let value = try json()
        let items: [TemplateValue] = if case .array(let items) = value { items } else { [value] }
        var calls: [ToolCall] = []
        for item in items {
            guard let call = ToolCall(item) else { throw .malformed }
            calls.append(call)
        }
        guard !calls.isEmpty else { throw .malformed }
        for call in calls where isWanted(call, tools) { emit(call) }
    }

    /// `<tool_call>` JSON `</tool_call>`.
    mutating func taggedCalls(_ tags: TaggedCalls) throws(BlockStop) {
        try literal(tags.start)
        skipSpace()
        try jsonCalls()
        let end = position
        skipSpace()
        if try !optional(tags.end) { back(to: end) }
    }

    /// Llama 3: objects, separated by line feeds or `;`.
    mutating func bareObjects() throws(BlockStop) {
        let isTagged = try optional("<|python_tag|>")
        skipSpace()
        if isTagged, try peek() != UInt8(ascii: "{") { return try builtInCall() }
        try bareObject(needsOffer: !isTagged)
        while true {
            let end = position
            skipSpace()
            if try optional(";") { skipSpace() }
            guard !isAtEnd, try peek() == UInt8(ascii: "{") else { return back(to: end) }
            do {
                try bareObject(needsOffer: !isTagged)
            } catch .malformed {
                return back(to: end)
            } catch {
                throw error
            }
        }
    }

    /// - Parameter needsOffer: without a marker before it, only an object that names a function that was
    ///   offered is a call; the answer may well be JSON.
    private mutating func bareObject(needsOffer: Bool) throws(BlockStop) {
        let start = position
        try firstKey()
        back(to: start)
        let value = try json()
        guard let call = ToolCall(value), value.member("name") != nil || value.member("function") != nil,
            !needsOffer || tools.contains(call.name)
        else { throw .malformed }
        emit(call)
    }

    /// Stops early when an object cannot be a call.
    private mutating func firstKey() throws(BlockStop) {
        skipByte()
        skipSpace()
        for key in [
            "\"name\"", "\"type\"", "\"function\"", "\"parameters\"", "\"arguments\"", "\"id\"",
        ] where try optional(key) { return }
        throw .malformed
    }

    /// Mistral: `[TOOL_CALLS]` and an array, or names with `[ARGS]`.
    mutating func mistralCalls() throws(BlockStop) {
        try literal("[TOOL_CALLS]")
        skipSpace()
        if try peek() == UInt8(ascii: "[") { return try jsonCalls() }
        while true {
            let name = try name()
            var id = ""
            if try optional("[CALL_ID]") { id = try self.name() }
            try literal("[ARGS]")
            skipSpace()
            let arguments = try jsonObject()
            emit(ToolCall(id: id, name: name, arguments: arguments.json))
            let end = position
            skipSpace()
            if isAtEnd { return }
            guard try optional("[TOOL_CALLS]") else { return back(to: end) }
        }
    }

    /// Kimi K2: a section of calls whose ids hold the names.
    mutating func kimiCalls() throws(BlockStop) {
        let isSection = try optional("<|tool_calls_section_begin|>")
        skipSpace()
        var isFirst = true
        while true {
            let end = position
            if !isFirst {
                skipSpace()
                if isAtEnd { return }
                if isSection, try optional("<|tool_calls_section_end|>") { return }
            }
            guard try optional("<|tool_call_begin|>") else {
                if isFirst { throw .malformed }
                return back(to: end)
            }
            isFirst = false
            skipSpace()
            let id = try name()
            skipSpace()
            try literal("<|tool_call_argument_begin|>")
            skipSpace()
            let arguments = try jsonObject()
            var parts = id.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            if parts.count > 1 { parts.removeLast() }
            var name = parts.joined(separator: ":")
            if name.hasPrefix("functions.") { name.removeFirst("functions.".count) }
            guard !name.isEmpty else { throw .malformed }
            emit(ToolCall(id: id, name: name, arguments: arguments.json))
            skipSpace()
            _ = try optional("<|tool_call_end|>")
        }
    }
}
