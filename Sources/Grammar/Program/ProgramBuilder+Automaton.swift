extension ProgramBuilder {
    /// Writes an automaton; its accepting states go on at `next`.
    mutating func emit(
        _ automaton: ScalarAutomaton, _ encoding: AutomatonEncoding, _ next: Int32
    ) throws(GrammarError) -> Int32 {
        if automaton.states.isEmpty { return try append(Instruction(kind: .fail)) }
        var places: [Int32] = []
        for _ in automaton.states { places.append(try append(Instruction(kind: .split))) }
        for (index, state) in automaton.states.enumerated() {
            var sets: [Int: [ClosedRange<UInt32>]] = [:]
            for edge in state.edges { sets[edge.target, default: []].append(edge.scalars) }
            var branches: [Int32] = state.accepts ? [next] : []
            for (target, ranges) in sets.sorted(by: { $0.key < $1.key }) {
                let set = ScalarSet(ranges)
                switch encoding {
                case .plain: branches.append(try emit(set, places[target]))
                case .json: branches += try emitJSON(set, places[target])
                }
            }
            let start = try join(branches)
            redirect(places[index], start, start)
        }
        return places[0]
    }

    private mutating func emitJSON(_ set: ScalarSet, _ next: Int32) throws(GrammarError) -> [Int32] {
        var branches: [Int32] = []
        let plain = set.subtracting(JSONText.escaped)
        if !plain.isEmpty { branches.append(try emit(plain, next)) }
        for range in set.intersection(JSONText.escaped).ranges {
            for scalar in range {
                branches.append(try emit(.literal(JSONText.escape(scalar)), next))
            }
        }
        return branches
    }
}
