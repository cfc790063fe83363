/// Texts by their common beginnings, to find all that begin at a place of a text.
struct TextTrie: Sendable {
    /// Per node: its children are `firstChild[node]..<firstChild[node + 1]`, in order of their bytes.
    private var firstChild: [Int32] = []
    /// By which byte a node follows its parent.
    private var byte: [UInt8] = []
    /// Number of the text that ends at a node, -1 when none does.
    private var text: [Int32] = []
    /// By first byte, the node of that byte, -1 when no text begins with it.
    private var roots = [Int32](repeating: -1, count: 256)

    /// - Parameter texts: not empty and all different; the numbers that are found are their places.
    init(_ texts: [[UInt8]]) {
        let sorted = texts.indices.sorted { texts[$0].lexicographicallyPrecedes(texts[$1]) }
        // Breadth first: a node's children come to lie side by side.
        var ranges: [(members: Range<Int>, depth: Int)] = []
        func addNodes(_ members: Range<Int>, _ depth: Int) {
            var start = members.lowerBound
            while start < members.upperBound {
                let value = texts[sorted[start]][depth]
                var end = start + 1
                while end < members.upperBound, texts[sorted[end]][depth] == value { end += 1 }
                byte.append(value)
                // The text that ends here sorts before those that go on.
                let ends = texts[sorted[start]].count == depth + 1
                text.append(ends ? Int32(sorted[start]) : -1)
                ranges.append((start + (ends ? 1 : 0)..<end, depth + 1))
                start = end
            }
        }
        addNodes(0..<sorted.count, 0)
        for node in byte.indices { roots[Int(byte[node])] = Int32(node) }
        var node = 0
        while node < ranges.count {
            firstChild.append(Int32(byte.count))
            addNodes(ranges[node].members, ranges[node].depth)
            node += 1
        }
        firstChild.append(Int32(byte.count))
    }

    /// The node of a byte that begins a text, -1 when none does.
    @inline(__always)
    func root(_ value: UInt8) -> Int32 {
        roots[Int(value)]
    }

    /// The node that follows by a byte, -1 when there is none.
    @inline(__always)
    func child(_ node: Int32, _ value: UInt8) -> Int32 {
        var low = firstChild[Int(node)]
        var high = firstChild[Int(node) + 1]
        while low < high {
            let middle = (low + high) / 2
            let found = byte[Int(middle)]
            if found == value { return middle }
            if found < value { low = middle + 1 } else { high = middle }
        }
        return -1
    }

    /// The text that ends at a node, -1 when none does.
    func text(at node: Int32) -> Int32 {
        text[Int(node)]
    }
}
