/// A text in which anything may stand, up to a mark.
package struct FreeText {
    /// A text, and the rule that goes on behind it.
    package typealias Mark = (text: String, rule: Int)

    /// Marks wherever they stand.
    package var marks: [Mark]
    /// Marks before which there is nothing but space.
    package var startMarks: [Mark]
    /// Whether the text may end without any mark.
    package var mayEnd: Bool

    package init(marks: [Mark], startMarks: [Mark] = [], mayEnd: Bool = true) {
        self.marks = marks
        self.startMarks = startMarks
        self.mayEnd = mayEnd
    }
}

extension RuleSet {
    /// Makes a rule match a free text and what follows its mark.
    ///
    /// The rules are the states of Aho and Corasick's automaton: each stands for the longest beginning of a mark
    /// that the text ends in.
    package mutating func set(_ rule: Int, _ text: FreeText) {
        var scan = FreeTextScan(text, first: rule)
        var index = 0
        while index < scan.states.count {
            let state = scan.states[index]
            var ways: [GrammarExpression] = text.mayEnd ? [.empty] : []
            // Bytes that no mark has all do the same.
            let other = scan.next(state, scan.ordinary, &self)
            var targets = [Int](repeating: other, count: 256)
            for byte in scan.bytes { targets[Int(byte)] = scan.next(state, byte, &self) }
            var byte = 0
            while byte < 256 {
                let end = targets[byte...].firstIndex { $0 != targets[byte] } ?? 256
                ways.append(.sequence([.bytes(UInt8(byte)...UInt8(end - 1)), .rule(targets[byte])]))
                byte = end
            }
            ways.append(.sequence([.textless, .rule(scan.number(FreeTextScan.State(), &self))]))
            set(scan.numbers[state] ?? rule, .choice(ways))
            index += 1
        }
    }
}

private struct FreeTextScan {
    struct State: Hashable {
        /// Only space came before `begun`.
        var isAtStart = false
        var begun: [UInt8] = []
    }

    private let marks: [(text: [UInt8], rule: Int)]
    private let startMarks: [(text: [UInt8], rule: Int)]
    /// The bytes of all marks, and space.
    let bytes: Set<UInt8>
    /// Another byte.
    let ordinary: UInt8
    private(set) var states: [State]
    private(set) var numbers: [State: Int]

    init(_ text: FreeText, first: Int) {
        marks = text.marks.map { (Array($0.text.utf8), $0.rule) }
        startMarks = text.startMarks.map { (Array($0.text.utf8), $0.rule) }
        let bytes = Set((marks + startMarks).flatMap(\.text)).union([0x20]).union(0x09...0x0D)
        self.bytes = bytes
        ordinary = (0...255).first { !bytes.contains($0) } ?? 0xFF
        let start = State(isAtStart: true)
        states = [start]
        numbers = [start: first]
    }

    mutating func number(_ state: State, _ rules: inout RuleSet) -> Int {
        if let number = numbers[state] { return number }
        let number = rules.reserve("free text")
        numbers[state] = number
        states.append(state)
        return number
    }

    /// The rule that goes on behind a byte.
    mutating func next(_ state: State, _ byte: UInt8, _ rules: inout RuleSet) -> Int {
        let text = state.begun + [byte]
        var longest: State?
        for start in 0...text.count {
            let isAtStart = state.isAtStart && text[..<start].allSatisfy { $0 == 0x20 || 0x09...0x0D ~= $0 }
            let rest = text[start...]
            for mark in marks + (isAtStart ? startMarks : []) where mark.text.starts(with: rest) {
                if mark.text.count == rest.count { return mark.rule }
                longest = longest ?? State(isAtStart: isAtStart, begun: Array(rest))
            }
        }
        return number(longest ?? State(), &rules)
    }
}
