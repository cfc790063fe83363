import CNuma
import Compute
import Foundation
import Testing

@Suite struct ThreadTests {
    /// Every unit of every loop runs exactly once, whatever the number of threads and units.
    @Test func eachUnitRunsOnce() {
        for threads in 1...5 {
            let pool = ThreadPool(count: threads, cores: [])
            for round in 0..<50 {
                let units = (round * 7) % 41
                let loops = 4
                let counts = UnsafeMutablePointer<Int32>.allocate(capacity: loops * 64)
                counts.initialize(repeating: 0, count: loops * 64)
                defer { counts.deallocate() }
                let address = Int(bitPattern: counts)
                pool.run(UnsafeRawPointer(counts)) { _, worker in
                    let counts = UnsafeMutablePointer<Int32>(bitPattern: address)!
                    for loop in 0..<loops {
                        worker.forEach(units: units) { counts[loop * 64 + $0] += 1 }
                        worker.barrier()
                    }
                }
                for loop in 0..<loops {
                    for unit in 0..<64 {
                        #expect(
                            counts[loop * 64 + unit] == (unit < units ? 1 : 0),
                            "\(threads) threads, \(units) units, loop \(loop), unit \(unit)")
                    }
                }
            }
        }
    }

    /// What one loop writes, the next one reads after the barrier.
    @Test func barriersOrderMemory() {
        let pool = ThreadPool(count: 3, cores: [])
        let count = 1000
        let values = UnsafeMutablePointer<Int>.allocate(capacity: 2 * count)
        values.initialize(repeating: 0, count: 2 * count)
        defer { values.deallocate() }
        let address = Int(bitPattern: values)
        pool.run(UnsafeRawPointer(values)) { _, worker in
            let values = UnsafeMutablePointer<Int>(bitPattern: address)!
            for step in 0..<20 {
                let from = values + (step % 2) * count
                let to = values + (1 - step % 2) * count
                worker.forEach(units: count) { to[$0] = from[count - 1 - $0] + 1 }
                worker.barrier()
            }
        }
        for index in 0..<count { #expect(values[index] == 20) }
    }
}

@Suite struct TopologyTests {
    private func make(_ files: [String: String]) throws -> String {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        for (path, text) in files {
            let url = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: true, encoding: .utf8)
        }
        return root.path
    }

    @Test func countsPhysicalCores() throws {
        var files: [String: String] = ["proc/self/cgroup": "0::/\n"]
        for cpu in 0..<8 {
            files["sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list"] =
                "\(cpu % 4),\(cpu % 4 + 4)\n"
        }
        let root = try make(files)
        #expect(Topology.detect(root: root, affinity: Array(0..<8)).cores == [0, 1, 2, 3])
        #expect(Topology.detect(root: root, affinity: [1, 5, 6]).cores == [1, 6])
        #expect(Topology.detect(root: root, affinity: [7]).threadCount == 1)
    }

    @Test func countsTheQuotaOfEveryParent() throws {
        let root = try make([
            "proc/self/cgroup": "0::/user/job\n",
            "sys/fs/cgroup/user/job/cpu.max": "max 100000\n",
            "sys/fs/cgroup/user/cpu.max": "250000 100000\n",
        ])
        let topology = Topology.detect(root: root, affinity: Array(0..<8))
        #expect(topology.quota == 2)
        #expect(topology.threadCount == 2)
    }

    @Test func countsTheQuotaOfVersionOne() throws {
        let root = try make([
            "proc/self/cgroup": "4:cpu,cpuacct:/box\n",
            "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000\n",
        ])
        #expect(Topology.detect(root: root, affinity: [0, 1]).threadCount == 1)
    }

    @Test func noLimitsMeansAllCores() throws {
        let root = try make(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"])
        #expect(Topology.detect(root: root, affinity: [3, 9]).threadCount == 2)
    }

    @Test func findsMemoryNodes() throws {
        var files: [String: String] = [
            "proc/self/cgroup": "0::/\n", "sys/devices/system/node/online": "0,2-3\n",
            "sys/devices/system/node/node0/cpulist": "0-3,8-11\n",
            "sys/devices/system/node/node0/meminfo":
                "Node 0 MemTotal:       1024 kB\nNode 0 MemFree:        512 kB\n",
            "sys/devices/system/node/node2/cpulist": "4-7,12-15\n",
            // Memory without cores.
            "sys/devices/system/node/node3/cpulist": "\n",
            "sys/devices/system/node/node3/meminfo": "Node 3 MemTotal:  4096 kB\n",
        ]
        for cpu in 0..<16 {
            files["sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list"] =
                "\(cpu % 8),\(cpu % 8 + 8)\n"
        }
        let root = try make(files)
        let whole = Topology.detect(root: root, affinity: Array(0..<16))
        #expect(
            whole.nodes == [
                Topology.Node(number: 0, cores: [0, 1, 2, 3], memoryBytes: 1 << 20),
                Topology.Node(number: 2, cores: [4, 5, 6, 7], memoryBytes: 0),
            ])
        #expect(whole.cores(threads: 8) == Array(0..<8))
        #expect(whole.cores(threads: 3) == [0, 4, 5] && whole.cores(threads: 2) == [0, 4])
        #expect(whole.cores(threads: 9) == [])
        #expect(Topology.detect(root: root, affinity: [5, 6]).nodes.map(\.cores) == [[5, 6]])
    }

    @Test func machinesThatTellNoNodesHaveOne() throws {
        let topology = Topology.detect(
            root: try make(["proc/self/cgroup": "0::/\n"]), affinity: [1, 4])
        #expect(topology.nodes == [Topology.Node(number: 0, cores: [1, 4], memoryBytes: 0)])
        #expect(topology.cores(threads: 1) == [1])
    }

    @Test func readsLists() {
        #expect(Topology.parseCPUList("0-3,8,10-11\n") == [0, 1, 2, 3, 8, 10, 11])
        #expect(Topology.parseCPUList("") == [])
        #expect(Topology.parseCPUList("5-2,x,7") == [7])
    }
}

/// The kernel's own placement, on whatever nodes this machine has.
@Suite struct PlacerTests {
    @Test(.enabled(if: numa_available() >= 0)) func theKernelKnowsWhatWasPlaced() throws {
        let node = try #require(Topology.detect().nodes.first)
        let size = 1 << 16
        let memory = try #require(
            mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(memory, size) }
        var mode: Int32 = -1
        func policy() -> Int32 {
            get_mempolicy(&mode, nil, 0, memory, UInt32(MPOL_F_ADDR)) == 0 ? mode : -1
        }
        let before = policy()
        // Containers may forbid to ask and to place.
        guard before >= 0 else { return }
        KernelPlacer().place(UnsafeMutableRawBufferPointer(start: memory, count: size), on: node.number)
        #expect(policy() == MPOL_PREFERRED)
        memset(memory, 1, size)
    }
}
