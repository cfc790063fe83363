/// The states that a grammar's matcher has been in, found as they are needed: a deterministic automaton
/// over bytes that grows.
///
/// A state is a list of (instruction that waits for input, set of stacks). Equal lists are one state, so
/// that what is found out about a state - what follows each byte, its token mask - is found out once.
struct StateTable {
    struct Thread: Hashable {
        var place: Int32
        var stacks: Int32
    }

    private struct Key: Hashable {
        var accepts: Bool
        var threads: [Thread]
    }

    /// What nothing can follow, and which is not the end either.
    static let dead: Int32 = 0
    private static let unknown: Int32 = -1

    /// States after which a table starts anew when it can, and never has more than.
    static let comfortable = 8192
    static let largest = 1 << 17
    /// Instructions that finding one state may take.
    private static let mostWork = 1 << 20

    let program: GrammarProgram
    private var stacks: StackSets
    private var keys: [Key] = []
    private var numbers: [Key: Int32] = [:]
    /// What follows each run of bytes that the program treats alike: as many for each state.
    private var rows: [Int32] = []
    /// Bytes of the shortest text that ends each state's matching.
    private(set) var shortest: [Int] = []
    /// The byte by which that text begins, or where a token must come -1 - its number; unknown: Int32.min.
    private var ways: [Int32] = []
    /// Groups of bytes (``TrieBytes``) that all lead from a state to its successor; in the upper half those
    /// of which it is known.
    private var uniform: [UInt64] = []
    /// Set for good once the grammar needed more than the limits allow.
    private(set) var overflowed = false

    private var marks: [Int32]
    private var reached: [Int32]
    private var mark: Int32 = 0

    init(_ program: GrammarProgram) {
        self.program = program
        stacks = StackSets(program)
        marks = Array(repeating: 0, count: program.instructions.count)
        reached = marks
        _ = number(Key(accepts: false, threads: []))
    }

    var count: Int { keys.count }

    mutating func start() -> Int32 {
        close([Thread(place: program.starts[program.root], stacks: StackSets.bottom)])
    }

    func accepts(_ state: Int32) -> Bool { keys[Int(state)].accepts }

    /// Whether nothing can follow.
    func isFinal(_ state: Int32) -> Bool { keys[Int(state)].threads.isEmpty }

    // MARK: Steps

    mutating func next(_ state: Int32, _ byte: UInt8) -> Int32 {
        let place = Int(state) * program.runCount + Int(program.runs[Int(byte)])
        let known = rows[place]
        return known == Self.unknown ? find(state, byte, place) : known
    }

    private mutating func find(_ state: Int32, _ byte: UInt8, _ place: Int) -> Int32 {
        var seeds: [Thread] = []
        for thread in keys[Int(state)].threads {
            let instruction = program.instructions[Int(thread.place)]
            if instruction.kind == .byte, instruction.low <= byte, byte <= instruction.high {
                seeds.append(Thread(place: instruction.next, stacks: thread.stacks))
            }
        }
        let result = seeds.isEmpty ? Self.dead : close(seeds)
        rows[place] = result
        return result
    }

    /// What follows a token as such, by the grammar's token references.
    mutating func next(_ state: Int32, token: Int32) -> Int32 {
        var seeds: [Thread] = []
        for thread in keys[Int(state)].threads {
            let instruction = program.instructions[Int(thread.place)]
            switch instruction.kind {
            case .token where instruction.other == token,
                .notToken where instruction.other != token && token != TokenTrie.textless:
                seeds.append(Thread(place: instruction.next, stacks: thread.stacks))
            default: break
            }
        }
        return seeds.isEmpty ? Self.dead : close(seeds)
    }

    /// The state of all that two states wait for.
    mutating func union(_ left: Int32, _ right: Int32) -> Int32 {
        if left == right || right == Self.dead { return left }
        if left == Self.dead { return right }
        return close(
            keys[Int(left)].threads + keys[Int(right)].threads, accepts: accepts(left) || accepts(right))
    }

    /// The tokens that a state refers to.
    func tokens(_ state: Int32) -> [(token: Int32, negated: Bool)] {
        keys[Int(state)].threads.compactMap { thread in
            let instruction = program.instructions[Int(thread.place)]
            return switch instruction.kind {
            case .token: (instruction.other, false)
            case .notToken: (instruction.other, true)
            default: nil
            }
        }
    }

    /// Follows all that needs no input.
    private mutating func close(_ seeds: [Thread], accepts: Bool = false) -> Int32 {
        if overflowed { return Self.dead }
        var accepts = accepts
        mark += 1
        var touched: [Int32] = []
        var work = seeds
        var steps = 0
        while let thread = work.popLast() {
            let place = Int(thread.place)
            if program.shortest[place] >= GrammarProgram.unreachable
                || Int(stacks.depths[Int(thread.stacks)]) + Int(program.nesting[place]) > program.deepest
            {
                continue
            }
            if marks[place] == mark {
                let both = stacks.union(reached[place], thread.stacks)
                if both == reached[place] { continue }
                reached[place] = both
            } else {
                marks[place] = mark
                reached[place] = thread.stacks
                if program.instructions[place].consumes { touched.append(thread.place) }
            }
            steps += 1
            let instruction = program.instructions[place]
            switch instruction.kind {
            case .byte, .token, .notToken, .fail: break
            case .split:
                work.append(Thread(place: instruction.other, stacks: thread.stacks))
                work.append(Thread(place: instruction.next, stacks: thread.stacks))
            case .tail:
                work.append(Thread(place: program.starts[Int(instruction.other)], stacks: thread.stacks))
            case .call:
                let pushed = stacks.push(instruction.next, on: thread.stacks)
                work.append(Thread(place: program.starts[Int(instruction.other)], stacks: pushed))
            case .end:
                if stacks.hasEmpty(thread.stacks) { accepts = true }
                for entry in stacks.entries(thread.stacks) {
                    work.append(Thread(place: entry.place, stacks: entry.below))
                }
            }
            if steps > Self.mostWork || stacks.count > Self.mostWork {
                overflowed = true
                return Self.dead
            }
        }
        touched.sort()
        return number(
            Key(accepts: accepts, threads: touched.map { Thread(place: $0, stacks: reached[Int($0)]) }))
    }

    private mutating func number(_ key: Key) -> Int32 {
        if let known = numbers[key] { return known }
        guard keys.count < Self.largest else {
            overflowed = true
            return Self.dead
        }
        let result = Int32(keys.count)
        var length = key.accepts ? 0 : GrammarProgram.unreachable
        for thread in key.threads {
            length = min(length, program.shortest[Int(thread.place)] + stacks.shortest[Int(thread.stacks)])
        }
        keys.append(key)
        numbers[key] = result
        rows.append(
            contentsOf: repeatElement(keys.count == 1 ? Self.dead : Self.unknown, count: program.runCount))
        shortest.append(length)
        ways.append(Int32.min)
        uniform.append(0)
        return result
    }

    /// Forgets all states but one; returns its new number.
    mutating func renew(keeping state: Int32) -> Int32 {
        let old = self
        self = StateTable(old.program)
        var known: [Int32: Int32] = [:]
        let key = old.keys[Int(state)]
        let threads = key.threads.map { thread in
            Thread(place: thread.place, stacks: stacks.adopt(thread.stacks, of: old.stacks, &known))
        }
        return number(Key(accepts: key.accepts, threads: threads))
    }

    // MARK: Facts about a state

    /// The first step of the shortest text that ends the matching: a byte, or -1 - a token. What remains
    /// after it is that text without the step.
    mutating func way(_ state: Int32) -> Int32 {
        if ways[Int(state)] != Int32.min { return ways[Int(state)] }
        let target = shortest[Int(state)] - 1
        var byte = 0
        while byte < 256 {
            if shortest[Int(next(state, UInt8(byte)))] == target {
                ways[Int(state)] = Int32(byte)
                return Int32(byte)
            }
            byte = Int(program.runEnds[byte]) + 1
        }
        for (token, negated) in tokens(state) where token != TokenTrie.textless {
            // Any other token will do; the next one is another.
            let token = negated ? (token == 0 ? 1 : token - 1) : token
            if shortest[Int(next(state, token: token))] == target {
                ways[Int(state)] = -1 - token
                return -1 - token
            }
        }
        ways[Int(state)] = Int32.max
        return Int32.max
    }

    /// Where a state goes by an ordinary letter: what most characters do where any may stand.
    mutating func successor(_ state: Int32) -> Int32 { next(state, UInt8(ascii: "e")) }

    /// Whether all bytes and characters of some groups lead from a state to its successor.
    @inline(__always)
    mutating func isUniform(_ state: Int32, on groups: UInt32) -> Bool {
        let known = UInt32(truncatingIfNeeded: uniform[Int(state)] >> 32) & groups
        let holds = UInt32(truncatingIfNeeded: uniform[Int(state)]) & groups
        if known != holds { return false }
        return known == groups || findUniform(state, groups)
    }

    private mutating func findUniform(_ state: Int32, _ groups: UInt32) -> Bool {
        let target = successor(state)
        var left = groups
        while left != 0 {
            let group = left.trailingZeroBitCount
            left &= left - 1
            let bit = UInt64(1) << UInt64(group)
            if uniform[Int(state)] >> 32 & bit == 0 {
                let holds = target != Self.dead && leads(state, to: target, by: group)
                uniform[Int(state)] |= bit << 32 | (holds ? bit : 0)
            }
            if uniform[Int(state)] & bit == 0 { return false }
        }
        return true
    }

    private mutating func leads(_ state: Int32, to target: Int32, by group: Int) -> Bool {
        guard let leads = TrieBytes.leads(group) else {
            return group != TrieBytes.broken
                && TrieBytes.bytes(group).allSatisfy { next(state, $0) == target }
        }
        var lead = Int(leads.lowerBound)
        while lead <= Int(leads.upperBound) {
            let end = min(Int(program.runEnds[lead]), Int(leads.upperBound))
            // First bytes that are treated alike, of which some allow fewer second ones, are taken together.
            let second = lead == end ? TrieBytes.second(UInt8(lead)) : 0x80...0xBF
            let width = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            guard returns(next(state, UInt8(lead)), to: target, by: second, width - 1) else { return false }
            lead = end + 1
        }
        return true
    }

    /// Whether all that completes a character leads to a state.
    ///
    /// - Parameters:
    ///   - bytes: the next byte.
    ///   - left: how many are missing.
    private mutating func returns(
        _ state: Int32, to target: Int32, by bytes: ClosedRange<UInt8>, _ left: Int
    ) -> Bool {
        if state == Self.dead { return false }
        var byte = Int(bytes.lowerBound)
        while byte <= Int(bytes.upperBound) {
            let following = next(state, UInt8(byte))
            let isRight =
                left == 1 ? following == target : returns(following, to: target, by: 0x80...0xBF, left - 1)
            guard isRight else { return false }
            byte = Int(program.runEnds[byte]) + 1
        }
        return true
    }
}
