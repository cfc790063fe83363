/// A compiled grammar: checked, bounded and ready to be matched.
///
/// It comes from a GBNF text or from a ``JSONSchema``. Any number of ``GrammarMatcher``s may run it at once.
public struct GrammarProgram: Sendable {
    /// Instructions that a program may have; each takes some 30 bytes.
    static let largest = 1 << 19

    let instructions: [Instruction]
    /// The first instruction of each rule.
    let starts: [Int32]
    let root: Int

    /// Bytes from each instruction to the end of its rule by the shortest way, tokens counted as one;
    /// ``unreachable`` where there is no way.
    let shortest: [Int]
    /// How many calls that way nests.
    let nesting: [Int32]

    /// Bytes that every instruction treats alike follow each other; the last one of each such run.
    let runEnds: [UInt8]
    /// The number of each byte's run, and how many there are.
    let runs: [UInt8]
    let runCount: Int

    /// Calls that may be open at once.
    let deepest: Int
    let matchesTokens: Bool

    static let unreachable = Int.max / 4

    /// Bytes of the shortest text that the grammar matches.
    public var shortestLength: Int { shortest[Int(starts[root])] }

    /// - Parameters:
    ///   - rules: what each rule matches.
    ///   - names: their names and places, for errors.
    init(
        rules: [GrammarExpression], root: Int, deepest: Int,
        describe: (Int) -> (name: String, place: GrammarError.Place)
    ) throws(GrammarError) {
        var builder = ProgramBuilder(rules)
        try builder.build()
        try LeftRecursion(builder).check(describe)
        instructions = builder.instructions
        starts = builder.starts
        self.root = root
        self.deepest = deepest
        (shortest, nesting) = ShortestWays(instructions, starts).result
        matchesTokens = instructions.contains { $0.kind == .token || $0.kind == .notToken }

        var begins = [Bool](repeating: false, count: 257)
        begins[256] = true
        for instruction in instructions where instruction.kind == .byte {
            begins[Int(instruction.low)] = true
            begins[Int(instruction.high) + 1] = true
        }
        var ends = [UInt8](repeating: 255, count: 256)
        for byte in (0..<255).reversed() { ends[byte] = begins[byte + 1] ? UInt8(byte) : ends[byte + 1] }
        runEnds = ends
        var runs = [UInt8](repeating: 0, count: 256)
        for byte in 1..<256 { runs[byte] = runs[byte - 1] + (begins[byte] ? 1 : 0) }
        self.runs = runs
        runCount = Int(runs[255]) + 1
        if shortest[Int(starts[root])] >= Self.unreachable {
            throw GrammarError(.unsatisfiable, "no text can satisfy it", at: describe(root).place)
        }
    }
}
