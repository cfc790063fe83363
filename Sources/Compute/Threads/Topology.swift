import CNuma
import Glibc

/// The CPUs that this process may use, reduced to one per physical core, and the memory near them.
///
/// Counts the affinity mask (`sched_getaffinity`), sibling hardware threads
/// (`/sys/devices/system/cpu/cpuN/topology/thread_siblings_list`), memory nodes
/// (`/sys/devices/system/node`) and the CPU quota of the control group (v2 `cpu.max`, v1
/// `cpu.cfs_quota_us`).
public struct Topology: Sendable, Equatable {
    /// Memory and the cores that are near to it.
    public struct Node: Sendable, Equatable {
        /// The kernel's number of the node.
        public let number: Int
        /// One CPU number per physical core in the affinity mask, ascending; never empty.
        public let cores: [Int]
        /// Bytes of all its memory; 0 where the kernel does not tell.
        public let memoryBytes: Int

        package init(number: Int, cores: [Int], memoryBytes: Int) {
            self.number = number
            self.cores = cores
            self.memoryBytes = memoryBytes
        }
    }

    /// The nodes that have cores in the affinity mask, ascending.
    public let nodes: [Node]
    /// One CPU number per physical core in the affinity mask, one node's after another's.
    public var cores: [Int] { nodes.flatMap(\.cores) }
    /// Whole CPUs that the control group's quota allows; nil when it sets none.
    public let quota: Int?

    /// Threads that compute-bound work should use: at least one.
    public var threadCount: Int { max(1, min(cores.count, quota ?? cores.count)) }

    package init(nodes: [Node], quota: Int? = nil) {
        self.nodes = nodes
        self.quota = quota
    }

    /// The CPU that each of `count` threads is pinned to: each node has threads by its share of the
    /// cores, one node's after another's. Empty where there are more threads than cores.
    package func cores(threads count: Int) -> [Int] {
        threadsOfNodes(count).enumerated().flatMap { nodes[$0].cores.prefix($1) }
    }

    /// How many of `count` threads each node has; empty where there are more threads than cores.
    package func threadsOfNodes(_ count: Int) -> [Int] {
        let total = cores.count
        guard count <= total else { return [] }
        var before = 0
        return nodes.map { node in
            let first = count * before / total
            before += node.cores.count
            return count * before / total - first
        }
    }

    /// The topology as the kernel tells it now.
    public static func detect() -> Topology { detect(root: "", affinity: currentAffinity()) }

    /// The topology told by the files below `root`, for the CPUs in `affinity`.
    package static func detect(root: String, affinity: [Int]) -> Topology {
        var seen = Set<Int>()
        var cores: [Int] = []
        for cpu in affinity {
            if seen.contains(cpu) { continue }
            cores.append(cpu)
            seen.insert(cpu)
            let path = "\(root)/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list"
            if let text = readSmallFile(path) { seen.formUnion(parseCPUList(text)) }
        }
        return Topology(nodes: nodes(root: root, cores: cores), quota: quota(root: root))
    }

    /// The nodes of some cores; those that no node claims are the first one's.
    private static func nodes(root: String, cores: [Int]) -> [Node] {
        let folder = "\(root)/sys/devices/system/node"
        var left = cores
        var result: [Node] = []
        for number in parseCPUList(readSmallFile("\(folder)/online") ?? "") {
            let near = Set(parseCPUList(readSmallFile("\(folder)/node\(number)/cpulist") ?? ""))
            let mine = left.filter { near.contains($0) }
            left.removeAll { near.contains($0) }
            if mine.isEmpty { continue }
            result.append(
                Node(
                    number: number, cores: mine,
                    memoryBytes: memoryBytes(readSmallFile("\(folder)/node\(number)/meminfo") ?? "")))
        }
        guard let first = result.first, !left.isEmpty else {
            return result.isEmpty ? [Node(number: 0, cores: cores, memoryBytes: 0)] : result
        }
        result[0] = Node(
            number: first.number, cores: (first.cores + left).sorted(), memoryBytes: first.memoryBytes)
        return result
    }

    /// Of lines as "Node 0 MemTotal:  24684092 kB".
    private static func memoryBytes(_ text: String) -> Int {
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count > 3, words[2] == "MemTotal:" { return (Int(words[3]) ?? 0) << 10 }
        }
        return 0
    }

    /// The quota of this process's control group or the tightest of its parents.
    private static func quota(root: String) -> Int? {
        var limits: [Double] = []
        for group in controlGroupPaths(root: root) {
            if let text = readSmallFile("\(group)/cpu.max") {
                let parts = text.split(whereSeparator: \.isWhitespace)
                if parts.count == 2, let limit = Double(parts[0]), let period = Double(parts[1]), period > 0 {
                    limits.append(limit / period)
                }
            }
            if let quota = readSmallFile("\(group)/cpu.cfs_quota_us").flatMap(trimmedDouble), quota > 0,
                let period = readSmallFile("\(group)/cpu.cfs_period_us").flatMap(trimmedDouble), period > 0
            {
                limits.append(quota / period)
            }
        }
        return limits.min().map { max(1, Int($0.rounded(.down))) }
    }

    private static func trimmedDouble(_ text: String) -> Double? {
        Double(text.split(whereSeparator: \.isWhitespace).first ?? "")
    }

    /// The CPUs in this thread's affinity mask.
    private static func currentAffinity() -> [Int] {
        if let mask = numa_allocate_cpumask() {
            defer { numa_bitmask_free(mask) }
            if numa_sched_getaffinity(0, mask) > 0 {
                return (0..<Int(mask.pointee.size)).filter { numa_bitmask_isbitset(mask, UInt32($0)) == 1 }
            }
        }
        return Array(0..<max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    }

    /// "0-3,8,10-11" to the numbers it names; nonsense yields what could be read.
    package static func parseCPUList(_ text: String) -> [Int] {
        text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let low = ends.first, let high = ends.last, low <= high, high < 1 << 16 else { return [] }
            return Array(low...high)
        }
    }
}

/// Folders that may hold this process's control-group limits, innermost first.
package func controlGroupPaths(root: String) -> [String] {
    var result: [String] = []
    for line in (readSmallFile("\(root)/proc/self/cgroup") ?? "").split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { continue }
        let bases =
            parts[1].isEmpty
            ? ["\(root)/sys/fs/cgroup"]
            : parts[1].split(separator: ",").map { "\(root)/sys/fs/cgroup/\($0)" }
        for base in bases {
            var path = parts[2] == "/" ? "" : String(parts[2])
            while true {
                result.append(base + path)
                guard let slash = path.lastIndex(of: "/") else { break }
                path = String(path[..<slash])
            }
        }
    }
    if result.isEmpty { result.append("\(root)/sys/fs/cgroup") }
    return result
}

/// The text of a file of at most 64 KiB, such as those of /proc and /sys; nil if unreadable.
package func readSmallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 65536)
    var length = 0
    while length < buffer.count {
        let got = buffer.withUnsafeMutableBytes { bytes in
            read(descriptor, bytes.baseAddress! + length, bytes.count - length)
        }
        if got <= 0 { break }
        length += got
    }
    return String(decoding: buffer[..<length], as: UTF8.self)
}
