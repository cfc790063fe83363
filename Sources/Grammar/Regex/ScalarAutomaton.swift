/// A deterministic automaton over Unicode scalars. It begins in state 0; without states it matches nothing.
/// What has no edge is refused.
package struct ScalarAutomaton: Sendable {
    struct Edge: Sendable, Hashable {
        var scalars: ClosedRange<UInt32>
        var target: Int
    }

    struct State: Sendable {
        /// Sorted and disjoint.
        var edges: [Edge]
        var accepts: Bool
    }

    private(set) var states: [State]

    /// States that an automaton may have.
    static let largest = 20_000

    init(states: [State]) {
        self.states = states
        trim()
    }

    private struct Pair: Hashable {
        var left: Int
        var right: Int
    }

    private struct TextNode {
        var children: [UInt32: Int] = [:]
        var accepts = false
    }

    static let any = ScalarAutomaton(states: [
        State(edges: ScalarSet.all.ranges.map { Edge(scalars: $0, target: 0) }, accepts: true)
    ])

    /// Some texts.
    init(texts: some Sequence<String>) {
        var nodes = [TextNode()]
        for text in texts {
            var node = 0
            for scalar in text.unicodeScalars {
                if let child = nodes[node].children[scalar.value] {
                    node = child
                } else {
                    nodes[node].children[scalar.value] = nodes.count
                    node = nodes.count
                    nodes.append(TextNode())
                }
            }
            nodes[node].accepts = true
        }
        self.init(
            states: nodes.map { node in
                State(
                    edges: node.children.sorted { $0.key < $1.key }
                        .map { Edge(scalars: $0.key...$0.key, target: $0.value) },
                    accepts: node.accepts)
            })
    }

    /// Texts in which another does not occur (Knuth, Morris and Pratt's automaton).
    init(without text: String) {
        let pattern = text.unicodeScalars.map(\.value)
        func border(_ read: [UInt32]) -> Int {
            (0..<pattern.count).last { $0 <= read.count && read.suffix($0).elementsEqual(pattern[..<$0]) }
                ?? 0
        }
        self.init(
            states: pattern.indices.map { state in
                var edges: [Edge] = []
                let wanted = Set(pattern)
                for scalar in wanted.sorted() where scalar != pattern[state] || state + 1 < pattern.count {
                    let target =
                        scalar == pattern[state] ? state + 1 : border(pattern[..<state] + [scalar])
                    edges.append(Edge(scalars: scalar...scalar, target: target))
                }
                let others = ScalarSet(wanted.map { $0...$0 }).complement
                edges += others.ranges.map { Edge(scalars: $0, target: 0) }
                return State(
                    edges: edges.sorted { $0.scalars.lowerBound < $1.scalars.lowerBound }, accepts: true)
            })
    }

    /// Texts of so many scalars.
    init(least: Int, most: Int?) throws(GrammarError) {
        let count = most ?? least
        guard count < Self.largest else {
            throw GrammarError(.limit, "a length of \(count) together with a pattern is too large")
        }
        if count < least {
            self.init(states: [])
            return
        }
        self.init(
            states: (0...count).map { length in
                let target = length < count ? length + 1 : most == nil ? length : nil
                return State(
                    edges: target.map { target in
                        ScalarSet.all.ranges.map { Edge(scalars: $0, target: target) }
                    } ?? [], accepts: length >= least)
            })
    }

    var isEmpty: Bool { states.isEmpty }

    func matches(_ text: String) -> Bool {
        guard !states.isEmpty else { return false }
        var state = 0
        for scalar in text.unicodeScalars {
            guard let edge = states[state].edges.first(where: { $0.scalars.contains(scalar.value) }) else {
                return false
            }
            state = edge.target
        }
        return states[state].accepts
    }

    /// The texts that it refuses.
    var complement: ScalarAutomaton {
        let sink = states.count
        var result: [State] = []
        for state in states {
            var edges = state.edges
            let free = ScalarSet(state.edges.map(\.scalars)).complement
            edges += free.ranges.map { Edge(scalars: $0, target: sink) }
            edges.sort { $0.scalars.lowerBound < $1.scalars.lowerBound }
            result.append(State(edges: edges, accepts: !state.accepts))
        }
        result.append(
            State(edges: ScalarSet.all.ranges.map { Edge(scalars: $0, target: sink) }, accepts: true))
        return ScalarAutomaton(states: result)
    }

    /// The texts that both match.
    func intersection(_ other: ScalarAutomaton) throws(GrammarError) -> ScalarAutomaton {
        if isEmpty || other.isEmpty { return ScalarAutomaton(states: []) }
        var numbers = [Pair(left: 0, right: 0): 0]
        var pairs = [Pair(left: 0, right: 0)]
        var result: [State] = []
        while result.count < pairs.count {
            let pair = pairs[result.count]
            let left = states[pair.left]
            let right = other.states[pair.right]
            var edges: [Edge] = []
            var (i, j) = (0, 0)
            while i < left.edges.count, j < right.edges.count {
                let (a, b) = (left.edges[i], right.edges[j])
                let low = max(a.scalars.lowerBound, b.scalars.lowerBound)
                let high = min(a.scalars.upperBound, b.scalars.upperBound)
                if low <= high {
                    let target = Pair(left: a.target, right: b.target)
                    let number = numbers[target] ?? pairs.count
                    if number == pairs.count {
                        numbers[target] = number
                        pairs.append(target)
                    }
                    edges.append(Edge(scalars: low...high, target: number))
                }
                if a.scalars.upperBound < b.scalars.upperBound { i += 1 } else { j += 1 }
            }
            guard pairs.count <= Self.largest else {
                throw GrammarError(.limit, "the patterns and lengths together are too large")
            }
            result.append(State(edges: edges, accepts: left.accepts && right.accepts))
        }
        return ScalarAutomaton(states: result)
    }

    /// Drops the states that lead to no accepting one and joins what edges can be joined.
    private mutating func trim() {
        var sources: [[Int]] = Array(repeating: [], count: states.count)
        for (index, state) in states.enumerated() {
            for edge in state.edges { sources[edge.target].append(index) }
        }
        var live = states.map(\.accepts)
        var work = states.indices.filter { live[$0] }
        while let index = work.popLast() {
            for source in sources[index] where !live[source] {
                live[source] = true
                work.append(source)
            }
        }
        guard live.first == true else {
            states = []
            return
        }
        var numbers = [Int](repeating: -1, count: states.count)
        var count = 0
        for index in states.indices where live[index] {
            numbers[index] = count
            count += 1
        }
        states = states.indices.filter { live[$0] }.map { index in
            var edges: [Edge] = []
            for edge in states[index].edges where live[edge.target] {
                let target = numbers[edge.target]
                if let last = edges.last, last.target == target,
                    last.scalars.upperBound + 1 == edge.scalars.lowerBound
                {
                    edges[edges.count - 1].scalars = last.scalars.lowerBound...edge.scalars.upperBound
                } else {
                    edges.append(Edge(scalars: edge.scalars, target: target))
                }
            }
            return State(edges: edges, accepts: states[index].accepts)
        }
    }
}
