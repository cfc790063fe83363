/// Makes a pattern's automaton: of all texts in which the pattern is found.
struct RegexCompiler {
    private enum Step {
        case set(ScalarSet, next: Int)
        case split(Int, Int)
        case start(next: Int)
        case end(next: Int)
        case match
    }

    private var steps: [Step] = [.match]

    private static let largest = 50_000
    /// Comparisons that making the automaton may take.
    private static let mostWork = 20_000_000

    static func automaton(_ pattern: String) throws(GrammarError) -> ScalarAutomaton {
        var compiler = RegexCompiler()
        do {
            let begin = try compiler.emit(try RegexParser.parse(pattern), 0)
            // The pattern may begin anywhere.
            let search = try compiler.append(.split(begin, -1))
            let skip = try compiler.append(.set(.all, next: search))
            compiler.steps[search] = .split(begin, skip)
            return try compiler.determinize(search)
        } catch  where error.kind == .limit {
            throw GrammarError(.limit, "pattern \(pattern): \(error.message)")
        }
    }

    private mutating func append(_ step: Step) throws(GrammarError) -> Int {
        guard steps.count < Self.largest else { throw GrammarError(.limit, "the pattern is too large") }
        steps.append(step)
        return steps.count - 1
    }

    private mutating func emit(_ node: RegexNode, _ next: Int) throws(GrammarError) -> Int {
        switch node {
        case .empty: return next
        case .set(let set): return try append(.set(set, next: next))
        case .start: return try append(.start(next: next))
        case .end: return try append(.end(next: next))
        case .sequence(let parts):
            var place = next
            for part in parts.reversed() { place = try emit(part, place) }
            return place
        case .choice(let parts):
            var place = try emit(parts[parts.count - 1], next)
            for part in parts.dropLast().reversed() {
                place = try append(.split(try emit(part, next), place))
            }
            return place
        case .repeated(let part, let least, let most):
            var place = next
            if let most {
                for _ in least..<most { place = try append(.split(try emit(part, place), next)) }
            } else {
                place = try append(.split(-1, next))
                steps[place] = .split(try emit(part, place), next)
            }
            for _ in 0..<least { place = try emit(part, place) }
            return place
        }
    }

    /// The steps that wait for a scalar or for the end; whether the pattern has matched already.
    private func close(_ begin: some Sequence<Int>, atStart: Bool) -> (waiting: [Int], matched: Bool) {
        var seen: Set<Int> = []
        var work = Array(begin)
        var waiting: [Int] = []
        var matched = false
        while let step = work.popLast() {
            guard seen.insert(step).inserted else { continue }
            switch steps[step] {
            case .set, .end: waiting.append(step)
            case .split(let first, let second): work += [first, second]
            case .start(let next): if atStart { work.append(next) }
            case .match: matched = true
            }
        }
        return (waiting.sorted(), matched)
    }

    /// Whether the pattern matches when the text ends here.
    private func matchesAtEnd(_ waiting: [Int], atStart: Bool) -> Bool {
        var seen: Set<Int> = []
        var work = waiting.filter { if case .end = steps[$0] { true } else { false } }
        while let step = work.popLast() {
            guard seen.insert(step).inserted else { continue }
            switch steps[step] {
            case .match: return true
            case .end(let next): work.append(next)
            case .start(let next): if atStart { work.append(next) }
            case .split(let first, let second): work += [first, second]
            case .set: break
            }
        }
        return false
    }

    private func determinize(_ begin: Int) throws(GrammarError) -> ScalarAutomaton {
        typealias State = ScalarAutomaton.State
        // Number 0 is the begin, 1 all that follows a match.
        var numbers: [[Int]: Int] = [:]
        var sets: [[Int]] = []
        let all = ScalarSet.all.ranges.map { ScalarAutomaton.Edge(scalars: $0, target: 1) }
        let first = close(CollectionOfOne(begin), atStart: true)
        if first.matched { return .any }
        sets = [first.waiting, []]
        var states: [State] = []
        var work = 0
        while states.count < sets.count {
            if states.count == 1 {
                states.append(State(edges: all, accepts: true))
                continue
            }
            let set = sets[states.count]
            var bounds: Set<UInt32> = []
            var parts: [(set: ScalarSet, next: Int)] = []
            for step in set {
                guard case .set(let scalars, let next) = steps[step] else { continue }
                parts.append((scalars, next))
                for range in scalars.ranges {
                    bounds.insert(range.lowerBound)
                    bounds.insert(range.upperBound + 1)
                }
            }
            let cuts = bounds.sorted()
            work += cuts.count * set.count
            guard work <= Self.mostWork else { throw GrammarError(.limit, "it is too complicated") }
            var edges: [ScalarAutomaton.Edge] = []
            for (index, low) in cuts.dropLast().enumerated() {
                let targets = parts.filter { $0.set.contains(low) }.map(\.next)
                if targets.isEmpty { continue }
                let closed = close(targets, atStart: false)
                var number = 1
                if !closed.matched {
                    number = numbers[closed.waiting] ?? sets.count
                    if number == sets.count {
                        numbers[closed.waiting] = number
                        sets.append(closed.waiting)
                    }
                }
                edges.append(.init(scalars: low...cuts[index + 1] - 1, target: number))
            }
            guard sets.count <= ScalarAutomaton.largest else {
                throw GrammarError(.limit, "it needs more than \(ScalarAutomaton.largest) states")
            }
            states.append(State(edges: edges, accepts: matchesAtEnd(set, atStart: states.isEmpty)))
        }
        return ScalarAutomaton(states: states)
    }
}
