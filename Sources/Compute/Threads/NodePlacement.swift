import CNuma
import Glibc

/// Tells the kernel which memory nodes pages are to come from.
package protocol MemoryPlacer: Sendable {
    /// Pages of a range, none of them touched yet, come from a node while it has some.
    ///
    /// - Parameter range: whole pages.
    func place(_ range: UnsafeMutableRawBufferPointer, on node: Int)

    /// Pages that the calling thread makes the kernel take while `body` runs, for files too, come
    /// from these nodes in turn.
    func interleaving(_ nodes: [Int], _ body: () -> Void)
}

/// The kernel itself. Where it does not let us place memory (containers may forbid it), pages lie
/// where they would have lain.
package struct KernelPlacer: MemoryPlacer {
    package init() {}

    package func place(_ range: UnsafeMutableRawBufferPointer, on node: Int) {
        withMask([node]) { mask in
            mbind(
                range.baseAddress, UInt(range.count), MPOL_PREFERRED, mask.pointee.maskp,
                mask.pointee.size + 1, 0)
        }
    }

    package func interleaving(_ nodes: [Int], _ body: () -> Void) {
        // A policy that the user has set (numactl) is left alone.
        var mode: Int32 = -1
        guard get_mempolicy(&mode, nil, 0, nil, 0) == 0, mode == MPOL_DEFAULT else { return body() }
        withMask(nodes) { mask in
            set_mempolicy(MPOL_INTERLEAVE, mask.pointee.maskp, mask.pointee.size + 1)
        }
        body()
        set_mempolicy(MPOL_DEFAULT, nil, 0)
    }

    private func withMask(_ nodes: [Int], _ body: (UnsafeMutablePointer<bitmask>) -> Void) {
        guard numa_available() >= 0, let mask = numa_allocate_nodemask() else { return }
        defer { numa_bitmask_free(mask) }
        for node in nodes where node < Int(mask.pointee.size) { numa_bitmask_setbit(mask, UInt32(node)) }
        body(mask)
    }
}

/// How memory is shared out over the nodes of a machine on several of which threads run.
package struct NodePlacement: Sendable {
    /// The kernel's numbers of the nodes that have threads.
    private let numbers: [Int]
    /// Of each of them, the first thread; then the number of threads.
    private let firstThreads: [Int]
    private let placer: any MemoryPlacer

    /// - Returns: nil where threads run on one node, or are not pinned: nothing is placed then.
    package init?(_ topology: Topology, threads: Int, placer: any MemoryPlacer = KernelPlacer()) {
        var numbers: [Int] = []
        var firstThreads = [0]
        for (node, count) in zip(topology.nodes, topology.threadsOfNodes(threads)) where count > 0 {
            numbers.append(node.number)
            firstThreads.append(firstThreads[firstThreads.count - 1] + count)
        }
        if numbers.count < 2 { return nil }
        self.numbers = numbers
        self.firstThreads = firstThreads
        self.placer = placer
    }

    package var count: Int { numbers.count }

    /// Which of the nodes a thread runs on.
    package func node(ofThread thread: Int) -> Int {
        for node in 1..<count where thread < firstThreads[node] { return node - 1 }
        return count - 1
    }

    /// Memory that is one node's.
    func place(_ start: UnsafeMutableRawPointer, byteCount: Int, on node: Int) {
        if byteCount > 0 {
            placer.place(UnsafeMutableRawBufferPointer(start: start, count: byteCount), on: numbers[node])
        }
    }

    /// The pages of a tensor: its rows are shared out as `Worker.forEach` shares them, so that most
    /// threads read what lies near them.
    func placeRows(_ start: UnsafeMutableRawPointer, byteCount: Int) {
        let page = FileReader.page
        let lead = Int(bitPattern: start) % page
        let first = start - lead
        let pages = (lead + byteCount + page - 1) / page
        for node in 0..<count {
            let begin = pages * firstThreads[node] / firstThreads[count]
            let end = pages * firstThreads[node + 1] / firstThreads[count]
            place(first + begin * page, byteCount: (end - begin) * page, on: node)
        }
    }

    /// Pages that the calling thread makes the kernel take while `body` runs come from all nodes in
    /// turn: those of files that are mapped, which nobody can place.
    package func interleaving(_ body: () -> Void) { placer.interleaving(numbers, body) }
}
