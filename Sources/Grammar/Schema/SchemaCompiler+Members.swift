extension SchemaCompiler {
    /// The rules of an object's members, each by itself.
    static func members(
        _ schema: JSONValue, _ closer: String, _ isText: (String) -> Bool
    ) throws(GrammarError) -> (RuleSet, [MemberRule]) {
        var compiler = try SchemaCompiler(schema, .json(without: closer))
        let alternatives = try compiler.expansion.expand([0])
        guard alternatives.count == 1, let facts = alternatives.first, facts.kinds.contains(.object) else {
            throw GrammarError(
                .unsupported, "alternatives of all members together are not supported in this format",
                at: .pointer(""))
        }
        let names = compiler.expansion.names(facts)
        guard facts.allowed == nil, facts.names.isEmpty, facts.leastMembers <= facts.required.count,
            facts.mostMembers ?? names.count >= names.count
        else {
            throw GrammarError(
                .unsupported,
                "enum, const, propertyNames, minProperties and maxProperties of all members together are not supported in this format",
                at: .pointer(facts.pointer))
        }
        var members: [MemberRule] = []
        for name in names {
            let schemas = try compiler.expansion.member(facts, name)
            let isRequired = facts.required.contains { $0.isSame(as: name) }
            let rule =
                try isText(name) ? compiler.text(schemas, closer, facts.pointer) : compiler.rule(schemas)
            members.append(MemberRule(name: name, isRequired: isRequired, rule: rule))
        }
        return (compiler.result, members)
    }

    /// The strings that satisfy some schemas, without quotes.
    private mutating func text(
        _ schemas: [Int], _ closer: String, _ pointer: String
    ) throws(GrammarError) -> Int {
        var branches: [GrammarExpression] = []
        for facts in try expansion.expand(schemas) where facts.kinds.contains(.string) {
            if let allowed = facts.allowed {
                for value in allowed {
                    guard let text = value.text, !text.contains(closer),
                        try expansion.admits(value, facts)
                    else { continue }
                    branches.append(.text(text))
                }
            } else {
                let strings = try expansion.strings(facts)
                branches.append(
                    .automaton(try strings.intersection(ScalarAutomaton(without: closer)), .plain))
            }
        }
        return add(.choice(branches), pointer)
    }
}
