extension SchemaExpansion {
    /// The schemas that an array's element must satisfy.
    func element(_ facts: SchemaFacts, at index: Int) -> [Int] {
        var schemas: Set<Int> = []
        for items in facts.items {
            if index < items.prefix.count {
                schemas.insert(items.prefix[index])
            } else if let rest = items.rest {
                schemas.insert(rest)
            }
        }
        return schemas.sorted()
    }

    /// The schemas that a member must satisfy.
    mutating func member(_ facts: SchemaFacts, _ name: String) throws(GrammarError) -> [Int] {
        var schemas: Set<Int> = []
        for members in facts.members {
            var isNamed = false
            for (other, schema) in members.named where other.isSame(as: name) {
                schemas.insert(schema)
                isNamed = true
            }
            for (pattern, schema) in members.patterns where try automaton(pattern).matches(name) {
                schemas.insert(schema)
                isNamed = true
            }
            if !isNamed, let additional = members.additional { schemas.insert(additional) }
        }
        return schemas.sorted()
    }

    /// Whether members are generated that no schema names: if a schema says so, or if none names any.
    func isOpen(_ facts: SchemaFacts) -> Bool {
        facts.members.contains { $0.additional != nil }
            || facts.members.allSatisfy { $0.named.isEmpty && $0.patterns.isEmpty }
    }

    /// The names that are given, in order: those of `properties`, then those only required.
    func names(_ facts: SchemaFacts) -> [String] {
        var names: [String] = []
        var seen: Set<[Unicode.Scalar]> = []
        for name in facts.members.flatMap({ $0.named.map(\.name) }) + facts.required
        where seen.insert(Array(name.unicodeScalars)).inserted {
            names.append(name)
        }
        return names
    }

    /// Whether a value satisfies some facts.
    mutating func admits(_ value: JSONValue, _ facts: SchemaFacts) throws(GrammarError) -> Bool {
        guard facts.kinds.contains(SchemaKinds(of: value)) else { return false }
        if let allowed = facts.allowed, !allowed.contains(value) { return false }
        if facts.excluded.contains(where: { $0.value == value }) { return false }
        switch value {
        case .null, .bool: return true
        case .number(let number, _):
            if let lower = facts.lower, number < lower.value { return false }
            if let lower = facts.lower, lower.isExclusive, number == lower.value { return false }
            if let upper = facts.upper, upper.value < number { return false }
            if let upper = facts.upper, upper.isExclusive, number == upper.value { return false }
            for (multiple, pointer) in facts.multiples {
                let places = multiple.fraction.count
                guard let divisor = multiple.scaled(places) else {
                    throw GrammarError(.limit, "multipleOf has too many digits", at: .pointer(pointer))
                }
                if number.remainder(divisor, places: places) != 0 { return false }
            }
            return true
        case .string(let text): return try strings(facts).matches(text)
        case .array(let values):
            if values.count < facts.leastItems || values.count > facts.mostItems ?? Int.max { return false }
            for (index, value) in values.enumerated() {
                if try !admits(value, element(facts, at: index)) { return false }
                if facts.unique != nil, values[..<index].contains(value) { return false }
            }
            return true
        case .object(let members):
            if members.count < facts.leastMembers || members.count > facts.mostMembers ?? Int.max {
                return false
            }
            for name in facts.required where value[name] == nil { return false }
            for member in members {
                if try !admits(member.value, self.member(facts, member.name)) { return false }
                for (names, _) in facts.names where try !admits(.string(member.name), [names]) {
                    return false
                }
            }
            return true
        }
    }

    /// Whether a value satisfies some schemas.
    mutating func admits(_ value: JSONValue, _ schemas: [Int]) throws(GrammarError) -> Bool {
        for facts in try expand(schemas) where try admits(value, facts) { return true }
        return false
    }
}

extension String {
    /// Equal scalar by scalar, as JSON compares; not by canonical equivalence.
    func isSame(as other: String) -> Bool { unicodeScalars.elementsEqual(other.unicodeScalars) }
}
