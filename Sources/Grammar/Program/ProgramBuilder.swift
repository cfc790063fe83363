/// Turns expressions into instructions. Each is written before what precedes it, so that the place to go
/// on at is known.
struct ProgramBuilder {
    private(set) var instructions: [Instruction] = []
    private(set) var starts: [Int32] = []
    /// How many rules were given; others stand for what is repeated.
    let namedRules: Int
    private var rules: [GrammarExpression]

    /// A repeated expression of more instructions becomes a rule of its own.
    private static let largestCopy = 4

    init(_ rules: [GrammarExpression]) {
        self.rules = rules
        namedRules = rules.count
    }

    mutating func build() throws(GrammarError) {
        // Rules are added while others are built.
        var index = 0
        while index < rules.count {
            let end = try append(Instruction(kind: .end))
            starts.append(try emit(rules[index], end))
            rules[index] = .empty
            index += 1
        }
    }

    mutating func append(_ instruction: Instruction) throws(GrammarError) -> Int32 {
        guard instructions.count < GrammarProgram.largest else {
            throw GrammarError(
                .limit,
                "the grammar is too large; use fewer or smaller repetitions, alternatives or lengths")
        }
        instructions.append(instruction)
        return Int32(instructions.count - 1)
    }

    mutating func redirect(_ index: Int32, _ next: Int32, _ other: Int32) {
        instructions[Int(index)].next = next
        instructions[Int(index)].other = other
    }

    /// Writes an expression that goes on at `next`; returns where it begins.
    mutating func emit(_ expression: GrammarExpression, _ next: Int32) throws(GrammarError) -> Int32 {
        switch expression {
        case .empty: return next
        case .never: return try append(Instruction(kind: .fail))
        case .literal(let bytes):
            var place = next
            for byte in bytes.reversed() {
                place = try append(Instruction(kind: .byte, low: byte, high: byte, next: place))
            }
            return place
        case .scalars(let set): return try emit(set, next)
        case .automaton(let automaton, let encoding): return try emit(automaton, encoding, next)
        case .sequence(let parts):
            var place = next
            for part in parts.reversed() { place = try emit(part, place) }
            return place
        case .choice(let parts):
            var branches: [Int32] = []
            for part in parts { branches.append(try emit(part, next)) }
            return try join(branches)
        case .repeated(let part, let least, let most): return try emit(part, least, most, next)
        case .rule(let rule): return try call(rule, next)
        case .token(let token, let negated):
            return try append(Instruction(kind: negated ? .notToken : .token, next: next, other: token))
        case .bytes(let range):
            return try append(
                Instruction(kind: .byte, low: range.lowerBound, high: range.upperBound, next: next))
        case .textless:
            return try append(Instruction(kind: .token, next: next, other: TokenTrie.textless))
        }
    }

    func isEnd(_ index: Int32) -> Bool { instructions[Int(index)].kind == .end }

    mutating func call(_ rule: Int, _ next: Int32) throws(GrammarError) -> Int32 {
        isEnd(next)
            ? try append(Instruction(kind: .tail, other: Int32(rule)))
            : try append(Instruction(kind: .call, next: next, other: Int32(rule)))
    }

    /// All of several ways.
    mutating func join(_ branches: [Int32]) throws(GrammarError) -> Int32 {
        guard var place = branches.last else { return try append(Instruction(kind: .fail)) }
        for branch in branches.dropLast().reversed() {
            place = try append(Instruction(kind: .split, next: branch, other: place))
        }
        return place
    }

    mutating func emit(_ set: ScalarSet, _ next: Int32) throws(GrammarError) -> Int32 {
        var branches: [Int32] = []
        for sequence in set.byteSequences {
            var place = next
            for range in sequence.reversed() {
                place = try append(
                    Instruction(kind: .byte, low: range.lowerBound, high: range.upperBound, next: place))
            }
            branches.append(place)
        }
        return try join(branches)
    }

    private mutating func emit(
        _ part: GrammarExpression, _ least: Int, _ most: Int?, _ next: Int32
    ) throws(GrammarError) -> Int32 {
        if let most, most < least { return try append(Instruction(kind: .fail)) }
        let copies = (most ?? least + 1)
        if copies == 0 { return next }
        // Counted before any is written: the least that each copy takes is an instruction.
        guard copies <= GrammarProgram.largest else {
            throw GrammarError(
                .limit, "\(copies) repetitions, more than \(GrammarProgram.largest)")
        }
        var part = part
        if copies > 1, !part.isSmall(Self.largestCopy) {
            rules.append(part)
            part = .rule(rules.count - 1)
        }
        var place = next
        if let most {
            for _ in least..<most {
                let body = try emit(part, place)
                place = try append(Instruction(kind: .split, next: body, other: next))
            }
        } else {
            place = try append(Instruction(kind: .split))
            let body = try emit(part, place)
            redirect(place, body, next)
        }
        for _ in 0..<least { place = try emit(part, place) }
        return place
    }
}

extension GrammarExpression {
    /// Whether it takes at most so many instructions.
    fileprivate func isSmall(_ limit: Int) -> Bool {
        switch self {
        case .empty, .never, .rule, .token: true
        case .literal(let bytes): bytes.count <= limit
        case .scalars(let set): set.ranges.count == 1 && set.ranges[0].upperBound < 0x80
        default: false
        }
    }
}
