import Compute
import Experts
import GGUF
import Models
import Synchronization
import Testing

/// Placement on a machine with several memory nodes, told by a topology that this one need not have.
@Suite struct NodeTests {
    /// Notes what would be placed where.
    final class Recorder: MemoryPlacer {
        struct Call: Sendable {
            var start: UInt
            var end: UInt
            var node: Int
        }
        let calls = Mutex<[Call]>([])
        let policies = Mutex<[[Int]]>([])

        func place(_ range: UnsafeMutableRawBufferPointer, on node: Int) {
            let start = UInt(bitPattern: range.baseAddress)
            calls.withLock { $0.append(Call(start: start, end: start + UInt(range.count), node: node)) }
        }

        func interleaving(_ nodes: [Int], _ body: () -> Void) {
            policies.withLock { $0.append(nodes) }
            body()
        }
    }

    private func topology(_ nodes: [Int: [Int]]) -> Topology {
        Topology(
            nodes: nodes.sorted { $0.key < $1.key }.map {
                Topology.Node(number: $0.key, cores: $0.value, memoryBytes: 1 << 34)
            })
    }

    @Test func oneNodeIsLeftAlone() throws {
        let recorder = Recorder()
        let one = topology([0: [0, 1, 2, 3]])
        #expect(NodePlacement(one, threads: 4, placer: recorder) == nil)
        // Threads that are not pinned, or need one node only.
        let two = topology([0: [0, 1], 1: [2, 3]])
        #expect(NodePlacement(two, threads: 5, placer: recorder) == nil)
        #expect(NodePlacement(two, threads: 1, placer: recorder) == nil)
        let file = try GGUFFile(path: StreamedModel.path("qwen3moe"))
        let model = try StreamedModel(
            file, pool: 0, topology: one, nodes: NodePlacement(one, threads: 2, placer: recorder))
        _ = try StreamedModel.run(model.executor, vocabulary: 64)
        #expect(model.executor.threadCores == [0, 1])
        #expect(recorder.calls.withLock { $0.isEmpty } && recorder.policies.withLock { $0.isEmpty })
    }

    @Test func threadsKnowTheirNodes() throws {
        let uneven = topology([1: [0, 2, 4, 6], 3: [1, 3]])
        let placement = try #require(NodePlacement(uneven, threads: 3, placer: Recorder()))
        #expect(uneven.cores(threads: 3) == [0, 2, 1])
        #expect((0..<3).map(placement.node) == [0, 0, 1])
        let file = try GGUFFile(path: StreamedModel.path("qwen3moe"))
        let model = try StreamedModel(file, pool: 0, threads: 3, topology: uneven, nodes: placement)
        #expect(model.executor.threadCores == [0, 2, 1])
    }

    @Test(arguments: [2, 3]) func everySlotIsOnOneNode(count: Int) throws {
        let machine = topology(
            Dictionary(uniqueKeysWithValues: (0..<count).map { (2 * $0 + 1, [$0, $0 + count]) }))
        let recorder = Recorder()
        let nodes = try #require(NodePlacement(machine, threads: count, placer: recorder))
        let file = try GGUFFile(path: StreamedModel.path("qwen3moe"))
        let reader = try FileReader(file)
        let memory = try WeightMemory(reader, nodes: nodes)
        let program = try Registry.load(file, memory: memory).program
        let dense = recorder.calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
        // Every page of dense weights has a node, and none two.
        #expect(dense.reduce(0) { $0 + Int($1.end - $1.start) } >= memory.byteCount)
        for (a, b) in zip(dense, dense.dropFirst()) { #expect(a.end <= b.start) }
        #expect(dense.allSatisfy { $0.start % 4096 == 0 && $0.end % 4096 == 0 })
        #expect(Set(dense.map(\.node)) == Set(machine.nodes.map(\.number)))

        let scheduler = try ExpertScheduler(program, reader: reader, poolBytes: 1 << 19, nodes: nodes)
        let calls = recorder.calls.withLock { $0 }
        let slots = scheduler.store.slotMemory
        #expect(slots.count > 2 * count && calls.count == count)
        for (index, slot) in slots.enumerated() {
            let start = UInt(bitPattern: slot.baseAddress)
            let owners = calls.filter { $0.start < start + UInt(slot.count) && start < $0.end }
            #expect(owners.count == 1 && owners[0].start <= start)
            #expect(owners[0].end >= start + UInt(slot.count))
            // Neighbours in number are on different nodes: a pool that is half full is spread out.
            #expect(owners[0].node == machine.nodes[index % count].number)
        }
        let places = slots.sorted { $0.baseAddress! < $1.baseAddress! }
        for (a, b) in zip(places, places.dropFirst()) { #expect(a.baseAddress! + a.count <= b.baseAddress!) }
    }

    @Test(arguments: ["qwen3moe", "llama4", "gpt-oss"]) func resultsAreTheSameBitForBit(name: String) throws {
        let file = try GGUFFile(path: StreamedModel.path(name))
        let plain = try StreamedModel.resident(file)
        let vocabulary = plain.program.vocabularySize
        let expected = try StreamedModel.run(plain, vocabulary: vocabulary)
        for threads in [2, 3, 4] {
            let machine = topology([0: [0, 1], 1: [2, 3]])
            let nodes = try #require(NodePlacement(machine, threads: threads, placer: Recorder()))
            for pool in [0, 1 << 30] {
                let model = try StreamedModel(
                    file, pool: pool, threads: threads, topology: machine, nodes: nodes)
                let logits = try StreamedModel.run(model.executor, vocabulary: vocabulary)
                #expect(logits == expected, "\(name), \(threads) threads, pool \(pool)")
            }
        }
    }

    @Test func mappedFilesComeFromAllNodes() throws {
        let recorder = Recorder()
        let nodes = try #require(
            NodePlacement(topology([0: [0], 2: [1]]), threads: 2, placer: recorder))
        var hasRun = false
        nodes.interleaving { hasRun = true }
        #expect(hasRun && recorder.policies.withLock { $0 } == [[0, 2]])
    }
}
