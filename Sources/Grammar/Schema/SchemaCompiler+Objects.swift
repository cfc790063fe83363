extension SchemaCompiler {
    /// Patterns of names that one object may have; every combination of them is a rule.
    private static let mostPatterns = 6
    /// Members, times counts of them, that one object may have.
    private static let mostStates = 50_000

    /// An object: the members that schemas name, in their order, then others if schemas allow them.
    mutating func object(_ facts: SchemaFacts) throws(GrammarError) -> GrammarExpression {
        let names = expansion.names(facts)
        var members: [(item: GrammarExpression, isRequired: Bool)] = []
        for name in names {
            let isRequired = facts.required.contains { $0.isSame(as: name) }
            let schemas = try expansion.member(facts, name)
            var isAllowed = true
            for (schema, _) in facts.names where try !expansion.admits(.string(name), [schema]) {
                isAllowed = false
            }
            if !isAllowed {
                if isRequired { return .never }
                continue
            }
            let value = GrammarExpression.rule(try rule(schemas))
            members.append((.sequence([try key(name, facts.pointer), value]), isRequired))
        }
        let others = try otherMembers(facts, names)
        // Names of others may repeat, and then count once; so only the first is sure to count.
        let countable = members.count + (others == nil ? 0 : 1)
        if facts.leastMembers > countable {
            if others == nil { return .never }
            throw GrammarError(
                .unsupported,
                "minProperties \(facts.leastMembers) needs distinct names; it is supported up to \(countable) here",
                at: .pointer(facts.leastMembersPointer))
        }
        let most = facts.mostMembers.map { min($0, GrammarProgram.largest) }
        if let most, facts.leastMembers > most { return .never }
        let cap = max(1, facts.leastMembers, most ?? 0)
        guard (members.count + 1) * (cap + 1) <= Self.mostStates else {
            throw GrammarError(
                .limit, "too many members with minProperties or maxProperties", at: .pointer(facts.pointer))
        }
        return .sequence([
            .text("{"), Common.space,
            sequence(members, others, least: facts.leastMembers, most: most, cap: cap, facts.pointer),
            .text("}"),
        ])
    }

    /// A rule for each place in the order and each number of members so far, counted up to `cap`.
    private mutating func sequence(
        _ members: [(item: GrammarExpression, isRequired: Bool)], _ others: GrammarExpression?, least: Int,
        most: Int?, cap: Int, _ pointer: String
    ) -> GrammarExpression {
        let width = cap + 1
        let first = rules.count
        for _ in 0..<(members.count + 1) * width { _ = add(.never, pointer) }
        func state(_ index: Int, _ count: Int) -> GrammarExpression {
            .rule(first + index * width + min(count, cap))
        }
        func separated(_ item: GrammarExpression, _ count: Int) -> [GrammarExpression] {
            count > 0 ? [.text(","), Common.space, item] : [item]
        }
        for count in 0...cap {
            let isFull = most.map { count >= $0 } ?? false
            for (index, member) in members.enumerated() {
                var branches: [GrammarExpression] = []
                if !isFull {
                    branches.append(.sequence(separated(member.item, count) + [state(index + 1, count + 1)]))
                }
                if !member.isRequired { branches.append(state(index + 1, count)) }
                set(first + index * width + count, .choice(branches))
            }
            var branches: [GrammarExpression] = []
            if count >= least { branches.append(count > 0 ? Common.space : .empty) }
            if let others, !isFull {
                // The first of them counts.
                let isCounted = least > 0 || most != nil
                branches.append(
                    .sequence(
                        separated(others, count) + [
                            isCounted
                                ? .rule(otherTail(others, count + 1, least, most, cap, pointer))
                                : state(members.count, count + 1)
                        ]))
            }
            set(first + members.count * width + count, .choice(branches))
        }
        return state(0, 0)
    }

    /// What may follow the first of the other members: more of them, which do not count to the least.
    private mutating func otherTail(
        _ others: GrammarExpression, _ count: Int, _ least: Int, _ most: Int?, _ cap: Int, _ pointer: String
    ) -> Int {
        let more = GrammarExpression.repeated(
            .sequence([.text(","), Common.space, others]), least: 0, most: most.map { max($0 - count, 0) })
        return add(count >= least ? .sequence([more, Common.space]) : .never, pointer)
    }

    /// Members with names that no schema gives: a name that satisfies all that is said about names, with
    /// a value that satisfies what is said about that name.
    private mutating func otherMembers(
        _ facts: SchemaFacts, _ names: [String]
    ) throws(GrammarError) -> GrammarExpression? {
        let patterns = facts.members.enumerated().flatMap { part, members in
            members.patterns.map { (part: part, pattern: $0.pattern, schema: $0.schema) }
        }
        let isOpen = expansion.isOpen(facts)
        guard isOpen || !patterns.isEmpty else { return nil }
        guard patterns.count <= Self.mostPatterns else {
            throw GrammarError(
                .limit, "more than \(Self.mostPatterns) patternProperties",
                at: .pointer(patterns[0].pattern.pointer))
        }
        var isPlain = names.isEmpty && patterns.isEmpty
        var allowed = ScalarAutomaton(texts: names).complement
        for (schema, pointer) in facts.names {
            isPlain = false
            let strings = try expansion.expand([schema]).filter { $0.kinds.contains(.string) }
            guard strings.count <= 1 else {
                throw GrammarError(
                    .unsupported, "propertyNames with alternatives is not supported", at: .pointer(pointer))
            }
            guard let strings = strings.first else { return nil }
            allowed = try allowed.intersection(expansion.strings(strings))
        }
        var branches: [GrammarExpression] = []
        for chosen in 0..<1 << patterns.count {
            if chosen == 0, !isOpen { continue }
            var keys = allowed
            var schemas: Set<Int> = []
            var matchedParts: Set<Int> = []
            for (index, entry) in patterns.enumerated() {
                let automaton = try expansion.automaton(entry.pattern)
                let isChosen = chosen & 1 << index != 0
                keys = try keys.intersection(isChosen ? automaton : automaton.complement)
                if isChosen {
                    schemas.insert(entry.schema)
                    matchedParts.insert(entry.part)
                }
            }
            for (part, members) in facts.members.enumerated() where !matchedParts.contains(part) {
                if let additional = members.additional { schemas.insert(additional) }
            }
            if keys.isEmpty { continue }
            if try expansion.expand(schemas.sorted()).isEmpty { continue }
            let key =
                try isPlain && dialect.quotesNames
                ? Common.string.rule : dialect.names(keys, facts.pointer)
            let value = GrammarExpression.rule(try rule(schemas.sorted()))
            branches.append(.sequence([key, .text(":"), .optional(.text(" ")), value]))
        }
        if branches.isEmpty { return nil }
        return .rule(add(.choice(branches), facts.pointer))
    }
}
