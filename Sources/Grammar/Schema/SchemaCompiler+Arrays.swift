extension SchemaCompiler {
    /// An array's elements, by position.
    mutating func array(_ facts: SchemaFacts) throws(GrammarError) -> GrammarExpression {
        if let pointer = facts.unique, facts.mostItems ?? 2 > 1 { return try unique(facts, pointer) }
        let prefix = facts.items.map(\.prefix.count).max() ?? 0
        var most = facts.mostItems
        // As with members: what no schema speaks of is not generated beside what one does.
        if prefix > 0, !facts.items.contains(where: { $0.rest != nil && $0.prefix.count <= prefix }) {
            most = min(most ?? prefix, prefix)
        }
        // A tuple is whole unless a schema says how short it may be.
        let least = facts.hasLeastItems ? facts.leastItems : min(prefix, most ?? prefix)
        if let most, least > most { return .never }
        guard least <= GrammarProgram.largest else {
            throw GrammarError(
                .limit, "arrays of \(least) elements are too large", at: .pointer(facts.pointer))
        }
        let rest = GrammarExpression.rule(try rule(expansion.element(facts, at: prefix)))
        var more = most.map { max($0 - prefix, 0) }
        if let count = more, count > GrammarProgram.largest { more = nil }
        if more == nil, most != nil {
            throw GrammarError(
                .limit, "maxItems \(facts.mostItems ?? 0) is too large; leave it out",
                at: .pointer(facts.pointer))
        }
        // Elements from each position on, without the comma before the first.
        var tail: GrammarExpression = .empty
        if more != 0 {
            tail = .repeated(
                .sequence([.text(","), Common.space, rest]), least: max(least - prefix, 0), most: more)
        }
        if prefix == 0 {
            guard more != 0 else { return .sequence([.text("["), Common.space, .text("]")]) }
            let following = GrammarExpression.repeated(
                .sequence([.text(","), Common.space, rest]), least: max(least - 1, 0),
                most: more.map { $0 - 1 })
            let items = GrammarExpression.sequence([rest, following, Common.space])
            return .sequence([
                .text("["), Common.space, least == 0 ? .optional(items) : items, .text("]"),
            ])
        }
        for index in (0..<prefix).reversed() where index < most ?? prefix {
            let item = GrammarExpression.rule(try rule(expansion.element(facts, at: index)))
            let comma: [GrammarExpression] = index > 0 ? [.text(","), Common.space] : []
            let closing: [GrammarExpression] = index == 0 ? [Common.space] : []
            let whole = add(.sequence(comma + [item, tail] + closing), facts.pointer)
            tail = index < least ? .rule(whole) : .optional(.rule(whole))
        }
        return .sequence([.text("["), Common.space, tail, .text("]")])
    }

    /// Distinct elements out of a few values: a rule for every set of those that are left.
    private mutating func unique(
        _ facts: SchemaFacts, _ pointer: String
    ) throws(GrammarError) -> GrammarExpression {
        let refusal = GrammarError(
            .unsupported, "uniqueItems is supported only where items are an enum of at most 10 values",
            at: .pointer(pointer))
        guard facts.items.allSatisfy({ $0.prefix.isEmpty }) else { throw refusal }
        var values: [JSONValue] = []
        for element in try expansion.expand(expansion.element(facts, at: 0)) {
            if let allowed = element.allowed {
                for value in allowed where !values.contains(value) {
                    if try expansion.admits(value, element) { values.append(value) }
                }
            } else if element.kinds == .boolean {
                for value in [JSONValue.bool(true), .bool(false)] where !values.contains(value) {
                    if try expansion.admits(value, element) { values.append(value) }
                }
            } else {
                throw refusal
            }
        }
        guard values.count <= 10 else { throw refusal }
        let most = min(facts.mostItems ?? values.count, values.count)
        if facts.leastItems > most { return .never }
        // Rules of what may follow when the values of a set are used up.
        let first = rules.count
        for _ in 0..<1 << values.count { _ = add(.never, facts.pointer) }
        for used in 0..<1 << values.count {
            let count = used.nonzeroBitCount
            var branches: [GrammarExpression] = count >= facts.leastItems ? [.empty] : []
            if count < most {
                for (index, value) in values.enumerated() where used & 1 << index == 0 {
                    let comma: [GrammarExpression] = count > 0 ? [.text(","), Common.space] : []
                    let item = try written(value, facts.pointer)
                    branches.append(.sequence(comma + [item, .rule(first + used | 1 << index)]))
                }
            }
            set(first + used, .choice(branches))
        }
        return .sequence([.text("["), Common.space, .rule(first), Common.space, .text("]")])
    }
}
