import ChatTemplate

/// The tags of formats that call by `invoke` with a `parameter` for each argument.
struct InvokeTags: Sendable, Equatable {
    var start: String
    var end: String
    /// Between `<` or `</` and the name of a tag.
    var mark: String

    static let deepSeek32 = InvokeTags(
        start: "<｜DSML｜function_calls>", end: "</｜DSML｜function_calls>", mark: "｜DSML｜")
    static let deepSeek4 = InvokeTags(
        start: "<｜DSML｜tool_calls>", end: "</｜DSML｜tool_calls>", mark: "｜DSML｜")
    static let miniMax = InvokeTags(start: "<minimax:tool_call>", end: "</minimax:tool_call>", mark: "")
}

/// Arguments as they come one by one.
private struct Arguments {
    var entries: [TemplateObject.Entry] = []

    mutating func add(_ name: String, _ value: TemplateValue) {
        entries.append(TemplateObject.Entry(key: name, value: value))
    }

    func call(_ name: String) -> ToolCall {
        ToolCall(name: name, arguments: TemplateValue.object(TemplateObject(entries)).json)
    }
}

extension BlockReader {
    /// Qwen3-Coder; its models sometimes leave out the outer tag.
    mutating func functionTags() throws(BlockStop) {
        let isTagged = try optional("<tool_call>")
        skipSpace()
        var isFirst = true
        while true {
            let end = position
            skipSpace()
            if !isFirst, isAtEnd { return }
            if !isFirst, isTagged, try optional("</tool_call>") { return }
            guard isFirst || isTagged, try optional("<function=") else {
                if isFirst { throw .malformed }
                return back(to: end)
            }
            isFirst = false
            let name = try name()
            try literal(">")
            var arguments = Arguments()
            while true {
                skipSpace()
                if try optional("</function>") { break }
                try literal("<parameter=")
                let parameter = try self.name()
                try literal(">")
                let text = try text(until: "</parameter>").withoutOuterLineFeeds
                arguments.add(parameter, tools.value(of: text, function: name, parameter: parameter))
            }
            emit(arguments.call(name))
        }
    }

    /// GLM: a name, then keys and values.
    mutating func argumentTags() throws(BlockStop) {
        try literal("<tool_call>")
        skipSpace()
        let name = try name()
        var arguments = Arguments()
        while true {
            skipSpace()
            if try optional("</tool_call>") { break }
            try literal("<arg_key>")
            let parameter = try text(until: "</arg_key>").trimmed
            skipSpace()
            try literal("<arg_value>")
            let text = try text(until: "</arg_value>")
            arguments.add(parameter, tools.value(of: text, function: name, parameter: parameter))
        }
        emit(arguments.call(name))
    }

    /// `<invoke name="f"><parameter name="p">...</parameter></invoke>`. DeepSeek says of each parameter
    /// whether it is a string; for the others the schema does.
    mutating func invocations(_ tags: InvokeTags) throws(BlockStop) {
        try literal(tags.start)
        let (open, close) = ("<" + tags.mark, "</" + tags.mark)
        var isFirst = true
        while true {
            let end = position
            skipSpace()
            if !isFirst, isAtEnd { return }
            if !isFirst, try optional(tags.end) { return }
            guard try optional(open + "invoke name=\"") else {
                if isFirst { throw .malformed }
                return back(to: end)
            }
            isFirst = false
            let name = try name()
            try literal("\">")
            var arguments = Arguments()
            while true {
                skipSpace()
                if try optional(close + "invoke>") { break }
                try literal(open + "parameter name=\"")
                let parameter = try self.name()
                try literal("\"")
                var isString: Bool?
                if try optional(" string=\"true\"") {
                    isString = true
                } else if try optional(" string=\"false\"") {
                    isString = false
                }
                try literal(">")
                let text = try text(until: close + "parameter>")
                arguments.add(
                    parameter,
                    isString == true
                        ? .string(text) : tools.value(of: text, function: name, parameter: parameter))
            }
            emit(arguments.call(name))
        }
    }
}
