/// Brings schemas into the form of ``SchemaFacts``: references followed, `allOf` merged, one list of facts
/// for every combination of alternatives.
struct SchemaExpansion {
    struct Pending {
        var schema: Int
        /// The schemas that led here without a value in between.
        var ancestors: [Int]
    }

    struct Alternatives {
        var pointer: String
        var branches: [Pending]
        /// Whether a value must satisfy just one.
        var isExclusive: Bool
    }

    struct Work {
        var facts: SchemaFacts
        var pending: [Pending] = []
        var alternatives: [Alternatives] = []
        var seen: Set<Int> = []
    }

    var store: SchemaStore
    private var known: [[Int]: [SchemaFacts]] = [:]
    private var automata: [String: ScalarAutomaton] = [:]

    /// Combinations of alternatives that one value may have.
    static let mostCombinations = 1000

    init(_ root: JSONValue) throws(GrammarError) { store = try SchemaStore(root) }

    /// The facts of each combination of alternatives of some schemas, all of which must hold.
    mutating func expand(_ schemas: [Int]) throws(GrammarError) -> [SchemaFacts] {
        if let facts = known[schemas] { return facts }
        let pointer = schemas.first.map { store.nodes[$0].pointer } ?? ""
        var work = Work(facts: SchemaFacts(pointer: pointer))
        work.pending = schemas.map { Pending(schema: $0, ancestors: []) }
        var result: [SchemaFacts] = []
        try expand(work, &result)
        known[schemas] = result
        return result
    }

    mutating func expand(_ start: Work, _ result: inout [SchemaFacts]) throws(GrammarError) {
        var work = start
        while !work.pending.isEmpty {
            let next = work.pending.removeFirst()
            let node = store.nodes[next.schema]
            if next.ancestors.contains(next.schema) {
                throw GrammarError(
                    .leftRecursion, "the schema refers to itself without a value in between",
                    at: .pointer(node.pointer))
            }
            guard work.seen.insert(next.schema).inserted else { continue }
            switch node.value {
            case .bool(true): continue
            case .bool(false): return
            case .object(let members):
                if try !read(members, next, node.pointer, &work) { return }
            default:
                throw GrammarError(
                    .syntax, "a schema must be an object, true or false, not \(node.value.kind)",
                    at: .pointer(node.pointer))
            }
        }
        guard !work.alternatives.isEmpty else {
            guard result.count < Self.mostCombinations else {
                throw GrammarError(
                    .limit, "more than \(Self.mostCombinations) combinations of alternatives",
                    at: .pointer(work.facts.pointer))
            }
            result.append(work.facts)
            return
        }
        let alternatives = work.alternatives.removeFirst()
        if alternatives.isExclusive { try checkExclusive(alternatives, work) }
        for branch in alternatives.branches {
            var copy = work
            copy.pending = [branch]
            try expand(copy, &result)
        }
    }

    // MARK: Automata

    /// The automaton of a pattern.
    mutating func automaton(_ pattern: SchemaFacts.Located) throws(GrammarError) -> ScalarAutomaton {
        if let known = automata[pattern.text] { return known }
        do {
            let automaton = try RegexCompiler.automaton(pattern.text)
            automata[pattern.text] = automaton
            return automaton
        } catch {
            throw GrammarError(error.kind, error.message, at: .pointer(pattern.pointer))
        }
    }

    mutating func automaton(format: SchemaFacts.Located) throws(GrammarError) -> ScalarAutomaton {
        try automaton(.init(text: StringFormat.patterns[format.text] ?? "", pointer: format.pointer))
    }

    /// The strings that satisfy some facts.
    mutating func strings(_ facts: SchemaFacts) throws(GrammarError) -> ScalarAutomaton {
        do {
            var result = ScalarAutomaton.any
            if let allowed = facts.allowed {
                result = ScalarAutomaton(texts: allowed.compactMap(\.text))
            }
            for pattern in facts.patterns { result = try result.intersection(automaton(pattern)) }
            for pattern in facts.excludedPatterns {
                result = try result.intersection(automaton(pattern).complement)
            }
            for format in facts.formats { result = try result.intersection(automaton(format: format)) }
            let excluded = facts.excluded.compactMap(\.value.text)
            if !excluded.isEmpty {
                result = try result.intersection(ScalarAutomaton(texts: excluded).complement)
            }
            if facts.leastLength > 0 || facts.mostLength != nil {
                result = try result.intersection(
                    ScalarAutomaton(least: facts.leastLength, most: facts.mostLength))
            }
            return result
        } catch {
            if case .pointer = error.place { throw error }
            throw GrammarError(error.kind, error.message, at: .pointer(facts.pointer))
        }
    }
}

extension JSONValue {
    /// The text of a string.
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
