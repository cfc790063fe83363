extension SchemaExpansion {
    /// Refuses alternatives of which a value that is generated for one may satisfy another too.
    mutating func checkExclusive(_ alternatives: Alternatives, _ base: Work) throws(GrammarError) {
        var branches: [[SchemaFacts]] = []
        for branch in alternatives.branches {
            var work = base
            work.alternatives = []
            work.pending = [branch]
            var facts: [SchemaFacts] = []
            try expand(work, &facts)
            branches.append(facts)
        }
        for (index, branch) in branches.enumerated() {
            for (other, rival) in branches.enumerated() where other != index {
                for facts in branch {
                    for rivalFacts in rival where try !excludes(facts, rivalFacts, depth: 0) {
                        throw GrammarError(
                            .unsupported,
                            "oneOf: a value of alternative \(index) may satisfy alternative \(other) too; make them exclusive or use anyOf",
                            at: .pointer(alternatives.pointer))
                    }
                }
            }
        }
    }

    /// Whether no value that is generated for some facts satisfies others.
    private mutating func excludes(
        _ facts: SchemaFacts, _ rival: SchemaFacts, depth: Int
    ) throws(GrammarError) -> Bool {
        let common = facts.generatedKinds.intersection(rival.kinds)
        if common.isEmpty { return true }
        if let values = facts.allowed {
            for value in values where try admits(value, facts) {
                if try admits(value, rival) { return false }
            }
            return true
        }
        if let values = rival.allowed {
            for value in values where try admits(value, rival) {
                if try admits(value, facts) { return false }
            }
            return true
        }
        if !common.isDisjoint(with: [.null, .boolean]) { return false }
        if !common.isDisjoint(with: .number), !numbersExclude(facts, rival) { return false }
        if common.contains(.string), try !strings(facts).intersection(strings(rival)).isEmpty { return false }
        if common.contains(.array), try !arraysExclude(facts, rival, depth) { return false }
        if common.contains(.object), try !objectsExclude(facts, rival, depth) { return false }
        return true
    }

    private func numbersExclude(_ facts: SchemaFacts, _ rival: SchemaFacts) -> Bool {
        func isBelow(_ upper: SchemaFacts.Bound?, _ lower: SchemaFacts.Bound?) -> Bool {
            guard let upper, let lower else { return false }
            return upper.value < lower.value
                || (upper.value == lower.value && (upper.isExclusive || lower.isExclusive))
        }
        return isBelow(facts.upper, rival.lower) || isBelow(rival.upper, facts.lower)
    }

    private mutating func arraysExclude(
        _ facts: SchemaFacts, _ rival: SchemaFacts, _ depth: Int
    ) throws(GrammarError) -> Bool {
        if facts.mostItems ?? Int.max < rival.leastItems || rival.mostItems ?? Int.max < facts.leastItems {
            return true
        }
        return facts.leastItems > 0
            ? try valuesExclude(element(facts, at: 0), element(rival, at: 0), depth) : false
    }

    private mutating func objectsExclude(
        _ facts: SchemaFacts, _ rival: SchemaFacts, _ depth: Int
    ) throws(GrammarError) -> Bool {
        let names = names(facts)
        for name in rival.required {
            var isGenerated = isOpen(facts) || names.contains { $0.isSame(as: name) }
            for members in facts.members {
                for (pattern, _) in members.patterns where try automaton(pattern).matches(name) {
                    isGenerated = true
                }
            }
            if !isGenerated { return true }
        }
        for name in facts.required + rival.required {
            if try valuesExclude(member(facts, name), member(rival, name), depth) { return true }
        }
        return false
    }

    private mutating func valuesExclude(
        _ schemas: [Int], _ rivals: [Int], _ depth: Int
    ) throws(GrammarError) -> Bool {
        if depth > 5 { return false }
        for facts in try expand(schemas) {
            for rival in try expand(rivals) where try !excludes(facts, rival, depth: depth + 1) {
                return false
            }
        }
        return true
    }
}
