/// The shortest way from each instruction to the end of its rule (Knuth 1977, a generalization of
/// Dijkstra's algorithm to grammars).
struct ShortestWays {
    private let instructions: [Instruction]
    private let starts: [Int32]
    private var lengths: [Int]
    private var nesting: [Int32]
    /// Instructions by the one they wait for, as ranges of `waiting`.
    private var firsts: [Int32]
    private var waiting: [Int32]
    private var heap: [(length: Int, index: Int32, nesting: Int32)] = []

    var result: (lengths: [Int], nesting: [Int32]) { (lengths, nesting) }

    init(_ instructions: [Instruction], _ starts: [Int32]) {
        self.instructions = instructions
        self.starts = starts
        lengths = Array(repeating: GrammarProgram.unreachable, count: instructions.count)
        nesting = Array(repeating: 0, count: instructions.count)
        firsts = Array(repeating: 0, count: instructions.count + 1)
        waiting = []
        indexWaiting()
        for (index, instruction) in instructions.enumerated() where instruction.kind == .end {
            push(0, Int32(index), 0)
        }
        while let (length, index, depth) = pop() {
            if lengths[Int(index)] < GrammarProgram.unreachable { continue }
            lengths[Int(index)] = length
            nesting[Int(index)] = depth
            for place in firsts[Int(index)]..<firsts[Int(index) + 1] { offer(waiting[Int(place)], index) }
        }
    }

    /// The instructions that one depends on.
    private func successors(_ instruction: Instruction) -> (Int32, Int32) {
        switch instruction.kind {
        case .byte, .token, .notToken: (instruction.next, -1)
        case .split: (instruction.next, instruction.other)
        case .call: (instruction.next, starts[Int(instruction.other)])
        case .tail: (starts[Int(instruction.other)], -1)
        case .end, .fail: (-1, -1)
        }
    }

    private mutating func indexWaiting() {
        for instruction in instructions {
            let (first, second) = successors(instruction)
            if first >= 0 { firsts[Int(first) + 1] += 1 }
            if second >= 0 { firsts[Int(second) + 1] += 1 }
        }
        for index in instructions.indices { firsts[index + 1] += firsts[index] }
        waiting = Array(repeating: 0, count: Int(firsts[instructions.count]))
        var places = firsts
        for (index, instruction) in instructions.enumerated() {
            let (first, second) = successors(instruction)
            for successor in [first, second] where successor >= 0 {
                waiting[Int(places[Int(successor)])] = Int32(index)
                places[Int(successor)] += 1
            }
        }
    }

    /// One of the instructions that `index` waits for is known.
    private mutating func offer(_ index: Int32, _ known: Int32) {
        let instruction = instructions[Int(index)]
        let length = lengths[Int(known)]
        let depth = nesting[Int(known)]
        switch instruction.kind {
        case .byte, .token, .notToken: push(length + 1, index, depth)
        case .split, .tail: push(length, index, depth)
        case .call:
            let rule = Int(starts[Int(instruction.other)])
            let next = Int(instruction.next)
            guard lengths[rule] < GrammarProgram.unreachable, lengths[next] < GrammarProgram.unreachable
            else { return }
            push(lengths[rule] + lengths[next], index, max(nesting[rule] + 1, nesting[next]))
        case .end, .fail: break
        }
    }

    private mutating func push(_ length: Int, _ index: Int32, _ depth: Int32) {
        heap.append((min(length, GrammarProgram.unreachable - 1), index, depth))
        var child = heap.count - 1
        while child > 0, heap[child].length < heap[(child - 1) / 2].length {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() -> (length: Int, index: Int32, nesting: Int32)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if heap.isEmpty { return first }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= heap.count { return first }
            if child + 1 < heap.count, heap[child + 1].length < heap[child].length { child += 1 }
            if heap[parent].length <= heap[child].length { return first }
            heap.swapAt(parent, child)
            parent = child
        }
    }
}
