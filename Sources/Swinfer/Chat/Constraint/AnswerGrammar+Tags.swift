import Grammar

/// Calls whose arguments stand in tags: strings as they are, all else as JSON.
extension AnswerGrammar {
    mutating func tagMarks(
        _ syntax: ToolSyntax, _ tools: [ToolDefinition], _ rest: GrammarExpression, _ marks: inout CallMarks
    ) throws(SwinferError) {
        switch syntax {
        case .argumentTags:
            let calls = try calls(tools, until: "</arg_value>") { name, arguments in
                [.text(name), Self.space] + arguments + [.text("</tool_call>")]
            } argument: { member, _ in
                [.text("<arg_key>\(member.name)</arg_key>"), Self.space, .text("<arg_value>")]
            }
            marks.anywhere.append(("<tool_call>", rules.add(.sequence([calls, rest]), "call")))
        case .functionTags:
            let calls = try calls(tools, until: "</parameter>", feed: "\n") { name, arguments in
                [.text("\(name)>"), Self.space] + arguments + [.text("</function>")]
            } argument: { member, _ in
                [.text("<parameter=\(member.name)>")]
            }
            let next = GrammarExpression.sequence([Self.space, .text("<function="), calls])
            let tagged = GrammarExpression.sequence([
                next, .repeated(next, least: 0, most: nil), Self.space, .text("</tool_call>"), rest,
            ])
            marks.anywhere.append(("<tool_call>", rules.add(tagged, "calls")))
            marks.anywhere.append(("<function=", rules.add(.sequence([calls, rest]), "call")))
        case .invoke(let tags):
            let (open, close) = ("<" + tags.mark, "</" + tags.mark)
            let calls = try calls(tools, until: close + "parameter>") { name, arguments in
                [.text("\(open)invoke name=\"\(name)\">"), Self.space] + arguments + [
                    .text("\(close)invoke>")
                ]
            } argument: { member, isText in
                // DeepSeek says of each argument whether it is a string.
                let kind = tags.mark.isEmpty ? "" : " string=\"\(isText)\""
                return [.text("\(open)parameter name=\"\(member.name)\"\(kind)>")]
            }
            let next = GrammarExpression.sequence([Self.space, calls])
            let all = GrammarExpression.sequence([
                next, .repeated(next, least: 0, most: nil), Self.space, .text(tags.end), rest,
            ])
            marks.anywhere.append((tags.start, rules.add(all, "calls")))
        default: break
        }
    }

    /// One of the functions, with its arguments in the order of its schema.
    ///
    /// - Parameters:
    ///   - closer: what ends an argument.
    ///   - feed: what stands between an argument and its tags.
    ///   - argument: what begins an argument.
    private mutating func calls(
        _ tools: [ToolDefinition], until closer: String, feed: String = "",
        _ call: (String, [GrammarExpression]) -> [GrammarExpression],
        argument: (MemberRule, Bool) -> [GrammarExpression]
    ) throws(SwinferError) -> GrammarExpression {
        var calls: [GrammarExpression] = []
        for tool in tools {
            var arguments: [GrammarExpression] = []
            for (member, isText) in try members(of: tool, until: closer) {
                let item = GrammarExpression.sequence(
                    argument(member, isText) + [
                        .text(feed), .rule(member.rule), .text(feed + closer), Self.space,
                    ])
                arguments.append(member.isRequired ? item : .optional(item))
            }
            calls.append(.sequence(call(tool.name, arguments)))
        }
        return .rule(rules.add(.choice(calls), "call"))
    }
}
