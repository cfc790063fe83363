/// Finds rules that can begin with themselves, which a matcher could follow for ever.
struct LeftRecursion {
    private let instructions: [Instruction]
    private let starts: [Int32]
    private let namedRules: Int
    private var nullable: [Bool]

    init(_ builder: ProgramBuilder) {
        instructions = builder.instructions
        starts = builder.starts
        namedRules = builder.namedRules
        nullable = Array(repeating: false, count: builder.starts.count)
        findNullable()
    }

    func check(
        _ describe: (Int) -> (name: String, place: GrammarError.Place)
    ) throws(GrammarError) {
        // 0: not seen, 1: on the way, 2: done.
        var colours = [UInt8](repeating: 0, count: starts.count)
        for rule in starts.indices where colours[rule] == 0 {
            var path: [(rule: Int, calls: [Int])] = [(rule, firstCalls(rule).calls)]
            colours[rule] = 1
            while let last = path.last {
                guard let called = last.calls.last else {
                    colours[last.rule] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].calls.removeLast()
                if colours[called] == 1 {
                    let cycle = path.map(\.rule).drop { $0 != called } + [called]
                    try report(cycle.filter { $0 < namedRules }, describe)
                }
                if colours[called] == 0 {
                    colours[called] = 1
                    path.append((called, firstCalls(called).calls))
                }
            }
        }
    }

    private func report(
        _ cycle: [Int], _ describe: (Int) -> (name: String, place: GrammarError.Place)
    ) throws(GrammarError) {
        let first = cycle.first ?? 0
        let names = cycle.map { describe($0).name }
        throw GrammarError(
            .leftRecursion,
            names.count > 2
                ? "\(names[0]) begins with itself: \(names.joined(separator: " -> "))"
                : "\(names.first ?? "a rule") begins with itself; put what it begins with first",
            at: describe(first).place)
    }

    /// The rules that a rule may begin with, and whether it may be empty.
    private func firstCalls(_ rule: Int) -> (calls: [Int], isNullable: Bool) {
        var calls: Set<Int> = []
        var isNullable = false
        var seen: Set<Int32> = []
        var work = [starts[rule]]
        while let index = work.popLast() {
            guard seen.insert(index).inserted else { continue }
            let instruction = instructions[Int(index)]
            switch instruction.kind {
            case .split: work += [instruction.next, instruction.other]
            case .call:
                calls.insert(Int(instruction.other))
                if nullable[Int(instruction.other)] { work.append(instruction.next) }
            case .tail:
                calls.insert(Int(instruction.other))
                if nullable[Int(instruction.other)] { isNullable = true }
            case .end: isNullable = true
            case .byte, .token, .notToken, .fail: break
            }
        }
        return (calls.sorted(by: >), isNullable)
    }

    /// A rule's callers look again when it turns out that it may be empty.
    private mutating func findNullable() {
        var callers: [[Int]] = Array(repeating: [], count: starts.count)
        var work = Array(starts.indices)
        while let rule = work.popLast() {
            if nullable[rule] { continue }
            let (calls, isNullable) = firstCalls(rule)
            if isNullable {
                nullable[rule] = true
                work += callers[rule]
                callers[rule] = []
            } else {
                for called in calls where !nullable[called] { callers[called].append(rule) }
            }
        }
    }
}
